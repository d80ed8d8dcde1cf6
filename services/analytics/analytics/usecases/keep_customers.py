"""Customers' names and e-mails, as they were told last: a deleted one's too, whose sales remain, but no erased one's."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import BigInteger, Boolean, Integer, String, Text, literal, null
from sqlalchemy.orm import Session

from analytics.domain.models import Customer
from analytics.usecases.upserts import keep_newest
from chassis.given_rows import Columns, InsertForRows
from chassis.messaging import Event

DELETED, ERASED = "CustomerDeleted", "CustomerErased"
_FIELDS: Columns = {"name": String(), "email": String(), "is_deleted": Boolean(), "version": Integer()}
# In key order: two workers with the same rows wait in line, never in a circle.
_KEEP = InsertForRows(
    Customer, {"customer_id": BigInteger(), **_FIELDS}, more={}, order_by=["customer_id"],
    conflict=lambda insert: keep_newest(insert, Customer, list(_FIELDS), version="version"),
)  # fmt: skip
_STATE: Columns = {"is_deleted": Boolean(), "version": Integer()}
_DELETE = InsertForRows(
    Customer, {"customer_id": BigInteger(), **_STATE}, more={"name": literal("", Text), "email": null()},
    order_by=["customer_id"], conflict=lambda insert: keep_newest(insert, Customer, list(_STATE), version="version"),
)  # fmt: skip


def keep_customers(session: Session, *, events: Iterable[Event]) -> None:
    """Two statements, whatever the number of events. Rows of deleted customers stay: nothing old makes them living again."""
    events = list(events)
    if named := _newest(event for event in events if event.type != DELETED):
        _KEEP(session, [_row(event) for event in named])
    if deleted := _newest(event for event in events if event.type == DELETED):
        _DELETE(session, [_state(event) for event in deleted])


def _newest(events: Iterable[Event]) -> list[Event]:
    """Of each customer the event with the highest version."""
    newest: dict[int, Event] = {}
    for event in events:
        id_ = event.data["customer_id"]
        if id_ not in newest or newest[id_].version < event.version:
            newest[id_] = event
    return list(newest.values())


def _row(event: Event) -> dict[str, Any]:
    erased = event.type == ERASED
    return {
        **_state(event),
        "name": "" if erased else event.data["full_name"],
        "email": None if erased else event.data["email"],
    }


def _state(event: Event) -> dict[str, Any]:
    return {
        "customer_id": event.data["customer_id"],
        "is_deleted": event.type in (DELETED, ERASED),
        "version": event.version,
    }
