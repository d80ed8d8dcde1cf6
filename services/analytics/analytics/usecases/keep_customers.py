"""Customers' names and e-mails, as they were told last; a deleted one's are forgotten."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import BigInteger, Boolean, Integer, String
from sqlalchemy.orm import Session

from analytics.domain.models import Customer
from analytics.usecases.upserts import keep_newest
from chassis.given_rows import Columns, InsertForRows
from chassis.messaging import Event

GONE = {"CustomerDeleted", "CustomerErased"}
_FIELDS: Columns = {"name": String(), "email": String(), "is_deleted": Boolean(), "version": Integer()}
# In key order: two workers with the same rows wait in line, never in a circle.
_KEEP = InsertForRows(
    Customer, {"customer_id": BigInteger(), **_FIELDS}, more={}, order_by=["customer_id"],
    conflict=lambda insert: keep_newest(insert, Customer, list(_FIELDS), version="version"),
)  # fmt: skip


def keep_customers(session: Session, *, events: Iterable[Event]) -> None:
    """One statement, whatever the number of events. Rows of those who are gone stay, so that nothing old brings them back."""
    newest: dict[int, Event] = {}
    for event in events:
        id_ = event.data["customer_id"]
        if id_ not in newest or newest[id_].version < event.version:
            newest[id_] = event
    _KEEP(session, [_row(event) for event in newest.values()])


def _row(event: Event) -> dict[str, Any]:
    gone = event.type in GONE
    return {
        "customer_id": event.data["customer_id"],
        "name": "" if gone else event.data["full_name"],
        "email": None if gone else event.data["email"],
        "is_deleted": gone,
        "version": event.version,
    }
