from __future__ import annotations

import os

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.db import insert_for
from chassis.messaging import Event, batch
from shop.domain.models import Mended, Name, Total


def on_counted(session: Session, event: Event) -> None:
    statement = insert_for(session, Total).values(subject=event.subject, amount=event.data.get("amount", 1))
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["subject"], set_={"amount": Total.amount + statement.excluded.amount}
        )
    )


def on_counted_together(session: Session, events: list[Event]) -> None:
    for event in events:
        on_counted(session, event)


def on_renamed(session: Session, event: Event) -> None:
    statement = insert_for(session, Name).values(subject=event.subject, version=event.version, name=event.data["name"])
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["subject"],
            set_={"version": statement.excluded.version, "name": statement.excluded.name},
            where=statement.excluded.version > Name.version,
        )
    )


def on_broken(session: Session, event: Event) -> None:
    on_counted(session, event)
    if session.scalar(select(Mended.id)) is None:
        raise RuntimeError("not mended yet")


def on_deadly(_session: Session, _event: Event) -> None:
    os._exit(137)


SUBSCRIPTIONS = {
    "Counted": on_counted,
    "CountedTogether": batch(on_counted_together),
    "Renamed": on_renamed,
    "Broken": on_broken,
    "Deadly": on_deadly,
}
