"""One relay a service: with two, the events of one aggregate would overtake each other."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, text

from chassis.db import ALL_ACCOUNTS, Database

_LOCK = 0x4D4F5354  # any constant: advisory locks are per database, and a service has its own


@contextmanager
def relay_lease(database: Database) -> Iterator[Connection | None]:
    """The autocommitting connection of the one relay that may run now, or None while another one does.

    On PostgreSQL the lock belongs to this very connection: a relay that loses it can neither read nor delete rows.
    On SQLite it is a lock on a file next to the database, which the kernel gives back when the process ends.
    """
    with database.read(ALL_ACCOUNTS) as session:
        connection = session.connection()
        if database.dialect == "postgresql":
            yield from _advisory(connection)
        else:
            yield from _side_file(connection, database.url.database)


def _advisory(connection: Connection) -> Iterator[Connection | None]:
    if not connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": _LOCK}):
        yield None
        return
    try:
        yield connection
    finally:
        # The pool keeps the connection, and with it would keep the lock.
        connection.invalidate()


def _side_file(connection: Connection, path: str | None) -> Iterator[Connection | None]:
    if not path or path == ":memory:":
        yield connection
        return
    file = os.open(f"{path}.relay-lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        yield None
    else:
        yield connection
    finally:
        os.close(file)
