"""What tests of many at once need: calls that begin at the same moment, and a sign that one waits for another."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from sqlalchemy import text

from chassis.db import ALL_ACCOUNTS, Database

T = TypeVar("T")
_PATIENCE = 30.0


def together(number: int, call: Callable[[int], T]) -> list[T]:
    """What `call(0)` … `call(number - 1)` return, all begun at the same moment."""
    start = Barrier(number)

    def run(index: int) -> T:
        start.wait(_PATIENCE)
        return call(index)

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(run, range(number)))


def wait_for_a_lock(database: Database) -> None:
    """Until some transaction of this database waits for another (PostgreSQL)."""
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    deadline = time.monotonic() + _PATIENCE
    while time.monotonic() < deadline:
        with database.read(ALL_ACCOUNTS) as session:
            if session.scalar(waiting):
                return
        time.sleep(0.01)
    raise AssertionError("nobody waits")
