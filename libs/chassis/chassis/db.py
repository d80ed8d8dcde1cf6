"""Engine, sessions and transactions; the edge (a view, the consumer, a sweep) opens them, use cases only take one.

SQLite and PostgreSQL behave alike here: a write transaction begins with the write lock in hand (BEGIN IMMEDIATE) or at
READ COMMITTED, and every write that depends on what is stored is one conditional statement.
"""

from __future__ import annotations

import select
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import Any, Literal

from sqlalchemy import Connection, Engine, MetaData, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import DeclarativeBase, Session

from chassis import logs, outages
from chassis.columns import Money, UtcDateTime, utcnow
from chassis.tenancy import ALL_ACCOUNTS, BigId, Tenant, TenantOwned, acting_for, scope_to_tenant, tenant

__all__ = [
    "ALL_ACCOUNTS", "Base", "BigId", "Database", "Money", "TenantOwned", "UtcDateTime", "acting_for", "insert_for",
    "tenant", "utcnow",
]  # fmt: skip


_log = logs.get(__name__)

PAUSE = 0.05
"""Seconds between two of many transactions in a row (SQLite): a waiting process looks at least that often at first."""
BUSY_SECONDS = 5.0
"""How long a transaction waits for its turn to write (SQLite)."""

RECYCLE_SECONDS = 300
"""Age at which a pooled connection is replaced (PostgreSQL): one that only reads never notices a failover."""

_REACHING = {
    "connect_timeout": 3,
    # A host that vanished sends no reset: seconds until a connection counts as lost, and milliseconds for what was sent.
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}


class Base(DeclarativeBase):
    """Base of all models; constraint names are fixed so that migrations can speak of them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Database:
    """One service's database.

    `url` is `sqlite:////absolute/path.db` or `postgresql+psycopg://…`; `service` names the service (it goes into
    the events' source). `statement_timeout` in seconds guards web requests; migrations pass None. `pooled` when `url` leads
    to a pooler of transactions, whose sessions must begin with the settings that ours would.
    """

    def __init__(
        self,
        url: str,
        *,
        service: str,
        pool_size: int = 8,
        statement_timeout: float | None = 5.0,
        pooled: bool = False,
    ) -> None:
        self.url = make_url(url)
        self.service = service
        self.dialect: Literal["sqlite", "postgresql"] = (
            "sqlite" if self.url.get_backend_name() == "sqlite" else "postgresql"
        )
        self.engine = (
            self._sqlite(pool_size)
            if self.dialect == "sqlite"
            else self._postgresql(pool_size, _session_settings(statement_timeout), pooled)
        )
        outages.replace_connections(self.engine)
        self._writing = threading.Lock()
        # Reads take no transaction: every statement is a round trip of its own and holds nothing.
        self._reads: Engine = (
            self.engine.execution_options(mostrador_read=True)
            if self.dialect == "sqlite"
            else self.engine.execution_options(isolation_level="AUTOCOMMIT")
        )
        self._snapshots: Engine = (
            self.engine.execution_options(mostrador_snapshot=True)
            if self.dialect == "sqlite"
            else self.engine.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        )

    @contextmanager
    def transaction(self, account: Tenant | None = None) -> Iterator[Session]:
        """A write transaction: commits at the end of the block, rolls back on any error.

        `account` puts an account in force for the block; without it the present one (the request's) stays.
        """
        with self._acting(account), self._turn(), _Session(self.engine, self.service) as session, session.begin():
            yield session

    @contextmanager
    def read(self, account: Tenant | None = None) -> Iterator[Session]:
        """A session for reads, each statement on its own."""
        with self._acting(account), _Session(self._reads, self.service) as session:
            yield session

    @contextmanager
    def snapshot(self, account: Tenant | None = None) -> Iterator[Session]:
        """A session for reads that all see the database of one moment, however long they take; nobody waits for it."""
        with self._acting(account), _Session(self._snapshots, self.service) as session, session.begin():
            yield session

    def give_way(self) -> None:
        """Let others write between two of many transactions in a row.

        SQLite's lock goes to whoever asks first, and other processes only ask now and then. On PostgreSQL nobody waits.
        """
        if self.dialect == "sqlite":
            time.sleep(PAUSE)  # nothing tells whether another process waits

    def dispose(self) -> None:
        """Close all pooled connections."""
        self.engine.dispose()

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """SQLite has one writer at a time. Its own waiting polls with growing pauses; the threads of this process queue."""
        if self.dialect == "postgresql":
            yield
            return
        if not self._writing.acquire(timeout=BUSY_SECONDS):
            raise PoolTimeout("another thread kept the database's write lock")
        try:
            yield
        finally:
            self._writing.release()

    @staticmethod
    def _acting(account: Tenant | None) -> Any:
        return nullcontext() if account is None else acting_for(account)

    def _sqlite(self, pool_size: int) -> Engine:
        engine = create_engine(
            self.url, pool_size=pool_size, max_overflow=0, pool_timeout=5,
            connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False},
        )  # fmt: skip

        @event.listens_for(engine, "connect")
        def _connected(connection: Any, _record: Any) -> None:
            connection.isolation_level = None  # the driver begins nothing of its own accord
            for pragma in (
                "journal_mode=WAL",
                f"busy_timeout={BUSY_SECONDS * 1000:.0f}",
                "foreign_keys=ON",
                "synchronous=FULL",
            ):
                connection.execute(f"PRAGMA {pragma}")

        @event.listens_for(engine, "begin")
        def _begin(connection: Connection) -> None:
            options = connection.get_execution_options()
            if options.get("mostrador_snapshot"):
                connection.exec_driver_sql("BEGIN")
            elif not options.get("mostrador_read"):
                # IMMEDIATE: a transaction that reads first and writes later can't fail half-way with SQLITE_BUSY.
                connection.exec_driver_sql("BEGIN IMMEDIATE")

        return engine

    def _postgresql(self, pool_size: int, settings: Mapping[str, str], pooled: bool) -> Engine:
        arguments: dict[str, Any] = {**_REACHING, "application_name": self.service}
        if pooled:
            # The next transaction may run in another session, which knows no statement prepared in this one.
            arguments["prepare_threshold"] = None
        else:
            arguments["options"] = " ".join(f"-c {name}={value}" for name, value in settings.items())
        engine = create_engine(
            self.url, pool_size=pool_size, max_overflow=0, pool_timeout=2, pool_recycle=RECYCLE_SECONDS,
            connect_args=arguments,
        )  # fmt: skip
        if pooled:
            _check_sessions(engine, settings)

        @event.listens_for(engine, "checkout")
        def _still_open(connection: Any, record: Any, _proxy: Any) -> None:
            if not record.info.get("used"):
                # SQLAlchemy gives up after two closed connections, with an error that is not the driver's: let the first
                # statement say what is wrong with a new one.
                record.info["used"] = True
                return
            if connection.closed:
                raise DisconnectionError("this connection is closed")
            # An idle connection with something to read was closed by the server, or the server has become read-only:
            # cheaper than a ping's round trip.
            poll = select.poll()
            poll.register(connection.fileno(), select.POLLIN | select.POLLHUP)
            if poll.poll(0):
                raise DisconnectionError("the server closed this connection")

        return engine


def _session_settings(statement_timeout: float | None) -> dict[str, str]:
    """What every session on PostgreSQL begins with, times in ms. Named also where they are the server's own defaults: a role
    may have others, for the sessions of a pooler.
    """
    return {
        "TimeZone": "UTC",
        "lock_timeout": "2000",
        "idle_in_transaction_session_timeout": "30000",
        "statement_timeout": str(int((statement_timeout or 0) * 1000)),
    }


def _check_sessions(engine: Engine, wanted: Mapping[str, str]) -> None:
    """A pooler passes no settings on. Where the sessions behind it lack ours, say so; don't wait for a lock for ever."""

    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _record: Any) -> None:
        rows = connection.execute("SELECT name, setting FROM pg_settings WHERE name = ANY(%s)", [list(wanted)])
        found = dict(rows.fetchall())
        connection.rollback()
        if lacking := {name: value for name, value in wanted.items() if found[name] != value}:
            _log.error("pooler_without_settings", wanted=lacking)
            raise engine.dialect.loaded_dbapi.OperationalError(f"the pooler's sessions must begin with {lacking}")


class _Session(Session):
    def __init__(self, engine: Engine, service: str) -> None:
        super().__init__(engine, autoflush=False, expire_on_commit=False, info={"service": service})


event.listen(_Session, "do_orm_execute", scope_to_tenant)


def insert_for(session: Session, model: type[Base]) -> Any:
    """The dialect's INSERT for `model`, with `on_conflict_do_nothing` and `on_conflict_do_update`."""
    dialect = postgresql if session.get_bind().dialect.name == "postgresql" else sqlite
    return dialect.insert(model)
