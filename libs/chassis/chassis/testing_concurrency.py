"""What tests of many at once need: calls that begin at the same moment, and a sign that one waits for another."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any, TypeVar

from sqlalchemy import Select, text
from sqlalchemy.orm import Session

from chassis.db import ALL_ACCOUNTS, Database

T = TypeVar("T")
CALLERS = 32
"""How many the service under test serves at once: so many threads and connections it has, as a deployed one has alike."""
_PATIENCE = 30.0


def together(number: int, call: Callable[[int], T]) -> list[T]:
    """What `call(0)` … `call(number - 1)` return: the first CALLERS begin at the same moment, each other as one is done.

    More at once would wait for a connection, which a deployed service's requests never do: they wait for a thread.
    """
    at_once = min(number, CALLERS)
    start = Barrier(at_once)

    def run(index: int) -> T:
        if index < at_once:
            start.wait(_PATIENCE)
        return call(index)

    with ThreadPoolExecutor(at_once) as pool:
        return list(pool.map(run, range(number)))


def lock_on(database: Database, take: Callable[[Session], Any], rows: Select[Any], account_id: int = 1) -> str:
    """How `take` locks the `rows` until its transaction ends (PostgreSQL).

    "alone" when nobody else may lock them, "against writers" when others may refer to them, "shared" when others may take
    the same lock, "" when they are not locked.
    """

    def free(*, read: bool = False, key_share: bool = False) -> bool:
        with database.transaction(account_id) as other:
            locked = other.execute(rows.with_for_update(skip_locked=True, read=read, key_share=key_share)).all()
        return len(locked) == number

    with database.read(account_id) as session:
        number = len(session.execute(rows).all())
    assert number, "no row to lock"
    with database.transaction(account_id) as session:
        take(session)
        if free():
            return ""
        if free(read=True):
            return "shared"
        return "against writers" if free(read=True, key_share=True) else "alone"


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
