"""The inbox: one row for each event that this service has handled, written in the transaction of its effect.

An event that comes again finds its row and has no effect again.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Index, String, bindparam, delete, select, true
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Mapped, Session, mapped_column

from chassis.db import ALL_ACCOUNTS, Base, Database, UtcDateTime, utcnow
from chassis.given_rows import as_given, given_table
from chassis.messaging.envelope import Event
from chassis.sweeps import Sweep

KEEP = timedelta(days=14)
_STEP = 1_000


class InboxRow(Base):
    """An event that was handled."""

    __tablename__ = "inbox"

    event_id: Mapped[str] = mapped_column(String(36), primary_key=True)
    type: Mapped[str] = mapped_column(String(100))
    handled_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (Index(None, "handled_at"),)


def claim(session: Session, events: Iterable[Event]) -> list[Event]:
    """The events that were never handled before, each once, in their order; they count as handled on commit.

    One statement and no savepoint: a rollback takes the claims back together with the effects.
    """
    first: dict[str, Event] = {}
    for event in events:
        first.setdefault(event.id, event)
    if not first:
        return []
    rows = as_given({"event_id": id_, "type": event.type} for id_, event in first.items())
    statement = _claim(session.get_bind().dialect.name)
    new = set(session.connection().scalars(statement, {"given_rows": rows, "now": utcnow()}))
    return [event for event in first.values() if event.id in new]


@cache
def _claim(dialect: str) -> Any:
    given = given_table(dialect, {"event_id": String(36), "type": String(100)})
    # In the order of ids, so that two workers that claim the same events wait for, and never on, each other.
    rows = select(given.c.event_id, given.c.type, bindparam("now", type_=UtcDateTime)).order_by(given.c.event_id)
    insert = (postgresql if dialect == "postgresql" else sqlite).insert(InboxRow.__table__)
    # SQLite can't tell ON CONFLICT from a join's ON without a WHERE before it.
    insert = insert.from_select(["event_id", "type", "handled_at"], rows.where(true()))
    return insert.on_conflict_do_nothing().returning(InboxRow.event_id)


def prune(database: Database, _settings: Any = None) -> int:
    """Forget what was handled more than 14 days ago, in small transactions; how many."""
    until = utcnow() - KEEP
    deleted, total = _STEP, 0
    while deleted == _STEP:
        with database.transaction(ALL_ACCOUNTS) as session:
            oldest = select(InboxRow.event_id).where(InboxRow.handled_at < until).limit(_STEP)
            gone = session.execute(delete(InboxRow).where(InboxRow.event_id.in_(oldest)).returning(InboxRow.event_id))
            deleted = len(gone.all())
        total += deleted
    return total


PRUNING = Sweep("inbox.prune", every_seconds=3_600, run=prune)
