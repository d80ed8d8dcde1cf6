"""Outages of a database in tests: statements that fail with an SQLSTATE, and a server that is read-only after a failover."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from flask import Flask
from sqlalchemy import create_engine, event, text
from sqlalchemy.pool import NullPool

from chassis.db import Database

SQLSTATES = ("08006", "25006", "53100", "53300", "57P01", "57P02", "57P03", "58030")
"""What PostgreSQL reports in an outage: one of each kind."""


def database_of(app: Flask) -> Database:
    """The database of a service's app."""
    found: Database = app.extensions["mostrador"]["database"]
    return found


@contextmanager
def failing(database: Database, sqlstate: str) -> Iterator[None]:
    """In the block every statement fails with the SQLSTATE on PostgreSQL, for want of writing on SQLite."""
    raising = f"DO $$ BEGIN RAISE EXCEPTION 'injected' USING ERRCODE = '{sqlstate}'; END $$"
    if database.dialect == "sqlite":
        raising = "UPDATE alembic_version SET version_num = version_num"

    def replace(connection: Any, cursor: Any, _statement: str, *_: Any) -> tuple[str, tuple[()]]:
        if database.dialect == "sqlite":
            cursor.execute("PRAGMA query_only = ON")
        return raising, ()

    event.listen(database.engine, "before_cursor_execute", replace, retval=True)
    try:
        yield
    finally:
        event.remove(database.engine, "before_cursor_execute", replace)


@contextmanager
def read_only(database: Database) -> Iterator[None]:
    """In the block sessions begin read-only, and those that were open are cut off. They stay so: only new ones write."""
    if database.dialect == "sqlite":

        def begin(connection: Any, *_: Any) -> None:
            connection.execute("PRAGMA query_only = ON")

        database.dispose()
        event.listen(database.engine, "connect", begin)
        try:
            yield
        finally:
            event.remove(database.engine, "connect", begin)
        return
    name = database.url.database
    admin = create_engine(
        database.url.set(database="postgres"), isolation_level="AUTOCOMMIT", poolclass=NullPool
    )  # fmt: skip
    with admin.connect() as connection:
        connection.execute(text(f"ALTER DATABASE {name} SET default_transaction_read_only = on"))
        ended = text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name")
        connection.execute(ended, {"name": name})
        try:
            yield
        finally:
            connection.execute(text(f"ALTER DATABASE {name} RESET default_transaction_read_only"))
