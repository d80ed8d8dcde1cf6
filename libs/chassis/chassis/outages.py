"""Which failures mean that the database is unavailable: a failover, a restart, a full disk, no connection left.

Webs answer them with 503, workers wait for their end. All other errors of a statement are the fault of its request or event.
"""

from __future__ import annotations

import sqlite3

from sqlalchemy import Engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, TimeoutError

# https://www.postgresql.org/docs/current/errcodes-appendix.html
_READ_ONLY = "25006"
_CLASSES = ("08", "53", "57P", "58")
# A statement's own work can bring these about, though the driver calls them operational: a timeout, a deadlock, a
# serialization failure, a lock that is not available.
_CONTENTION = {"57014", "40P01", "40001", "55P03"}
_SQLITE_LOST = {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN}


def replace_connections(engine: Engine) -> None:
    """Replace the pool's connections once one of them reports an outage: the server behind them may not be the primary now."""

    @event.listens_for(engine, "handle_error")
    def _on_error(context: ExceptionContext) -> None:
        if _connection_useless(context.original_exception):
            context.is_disconnect = True


def _connection_useless(error: BaseException) -> bool:
    state: str | None = getattr(error, "sqlstate", None)
    if state is not None:
        return state == _READ_ONLY or state.startswith(_CLASSES)
    return _sqlite_code(error) in _SQLITE_LOST


def database_away(error: BaseException) -> bool:
    """Whether the failure is the database's (unreachable, read-only, shutting down, full, locked) and so no event's."""
    if isinstance(error, TimeoutError):
        return True
    if not isinstance(error, DBAPIError) or error.orig is None:
        return False
    if error.connection_invalidated or _connection_useless(error.orig):
        return True
    if isinstance(error, InterfaceError):
        return not isinstance(error.orig, sqlite3.Error)  # SQLite's: a value of a type that it does not take
    if not isinstance(error, OperationalError):
        return False
    # SQLITE_ERROR: "no such table" and the like.
    return not _contention(error.orig) and _sqlite_code(error.orig) != sqlite3.SQLITE_ERROR


def worth_retrying(error: BaseException) -> bool:
    """Whether the same request may succeed later: the database is unavailable, or others held what it needed."""
    return database_away(error) or (isinstance(error, DBAPIError) and _contention(error.orig))


def _contention(error: BaseException | None) -> bool:
    return getattr(error, "sqlstate", None) in _CONTENTION


def _sqlite_code(error: BaseException) -> int | None:
    code = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF  # without what extended codes add
