"""The outbox: `emit` writes an event in the transaction of the change that it tells of, the relay publishes it later.

Take the aggregate's row (the conditional UPDATE) before `emit`: then the rows of one aggregate stand in the order of
its versions. A row is deleted once the broker has confirmed it, so the table holds only what is still to be told.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Connection, Integer, LargeBinary, String, delete, false, func, select
from sqlalchemy.orm import Mapped, Session, mapped_column
from uuid6 import uuid7

from chassis import tracing
from chassis.db import ALL_ACCOUNTS, Base, BigId, Database, UtcDateTime, tenant, utcnow
from chassis.messaging.envelope import Event
from chassis.prepared import prepared_insert

MAX_BYTES = 1_000_000


class OutboxRow(Base):
    """An event that is not confirmed yet. `next_attempt_at` is set after a refusal by the broker."""

    __tablename__ = "outbox"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    event_id: Mapped[str] = mapped_column(String(36), unique=True)
    routing_key: Mapped[str] = mapped_column(String(255))
    account_id: Mapped[int] = mapped_column(BigInteger)
    payload: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    attempts: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    next_attempt_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


@dataclass(frozen=True, slots=True)
class Fact:
    """What one event tells: the aggregate's uid, its version after the change, and the data.

    `cause` is the subject of the event that brought it about, where a batch handler tells of several and it is not the
    fact's own subject: so each fact goes back to the request that its cause goes back to.
    """

    subject: str
    version: int
    data: dict[str, Any]
    event_id: str | None = None
    time: datetime | None = None
    cause: str | None = None


def emit(
    session: Session,
    type_: str,
    *,
    subject: str,
    version: int,
    data: dict[str, Any],
    account_id: int | None = None,
    event_id: str | None = None,
    time: datetime | None = None,
    cause: str | None = None,
) -> None:
    """Tell a fact: it is published if, and only if, the caller's transaction commits.

    `subject` is the aggregate's uid, `version` its version after this change. The account is the one in force unless
    given. An event with an `event_id` that still waits in the outbox is not added twice (republishing keeps ids).
    ValueError or TypeError when the event could not be read by its consumers: it must fail here, not in the relay.
    """
    emit_many(session, type_, [Fact(subject, version, data, event_id, time, cause)], account_id=account_id)


def emit_many(session: Session, type_: str, facts: Iterable[Fact], *, account_id: int | None = None) -> None:
    """Tell many facts of one type and account by one statement; they are published in this order."""
    account = tenant() if account_id is None else account_id
    if not isinstance(account, int):
        raise ValueError(f"{type_}: no single account is in force, give account_id")
    now = utcnow()
    source = f"/{session.info['service']}"
    rows = [_row(source, type_, fact, account, now) for fact in facts]
    if not rows:
        return
    session.flush()  # changes made through objects take their row locks before the outbox row is numbered
    _INSERT(session, rows)


def _row(source: str, type_: str, fact: Fact, account: int, now: datetime) -> dict[str, Any]:
    trace = tracing.origin(fact.cause or fact.subject)
    event = Event(
        id=fact.event_id or str(uuid7()),
        source=source,
        type=type_,
        subject=fact.subject,
        time=fact.time or now,
        account_id=account,
        version=fact.version,
        data=fact.data,
        traceparent=None if trace is None else trace.traceparent,
        request_id=None if trace is None else trace.request_id,
    )
    event.check()
    payload = event.to_bytes()
    if len(payload) > MAX_BYTES:
        raise ValueError(f"{type_}: an event of {len(payload)} bytes, more than {MAX_BYTES}")
    return {
        "event_id": event.id,
        "routing_key": event.routing_key,
        "account_id": account,
        "payload": payload,
        "created_at": now,
    }


_INSERT = prepared_insert(OutboxRow, or_ignore=True)
_DELETE_NOTHING = delete(OutboxRow).where(false())


def require_writable(connection: Connection) -> None:
    """Raise the database's own error if it takes no writes: a connection may outlive a failover, on the old primary."""
    connection.execute(_DELETE_NOTHING)


def outbox_backlog(database: Database) -> tuple[int, float]:
    """How many events wait, and for how many seconds the oldest of them."""
    with database.read(ALL_ACCOUNTS) as session:
        count, oldest = session.execute(select(func.count(OutboxRow.id), func.min(OutboxRow.created_at))).one()
    return count, (utcnow() - oldest).total_seconds() if oldest else 0.0
