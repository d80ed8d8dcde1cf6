"""Patience for the contention tests: they ask whether the result is right, not whether a busy machine is quick."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event

from chassis.db import Database


@pytest.fixture(autouse=True)
def patient(app: Flask, database: Database) -> Iterator[None]:
    """Wait a minute for a lock instead of seconds. A deadlock is still found and reported after one."""

    def wait_longer(connection: Any, _record: Any, _proxy: Any) -> None:
        if database.dialect == "sqlite":
            connection.execute("PRAGMA busy_timeout=60000")
        else:
            connection.execute("SET lock_timeout = '60s'")
            connection.execute("SET statement_timeout = '60s'")
            connection.commit()

    engines = [database.engine, app.extensions["mostrador"]["database"].engine]
    for engine in engines:
        event.listen(engine, "checkout", wait_longer)
    yield
    for engine in engines:
        event.remove(engine, "checkout", wait_longer)
        engine.dispose()
