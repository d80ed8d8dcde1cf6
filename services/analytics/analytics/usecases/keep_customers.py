"""Customers' names and e-mails, as they were told last; a deleted one's are forgotten."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy.orm import Session

from analytics.domain.models import Customer
from analytics.usecases.upserts import keep_newest
from chassis.db import insert_for
from chassis.messaging import Event

GONE = {"CustomerDeleted", "CustomerErased"}


def keep_customers(session: Session, *, events: Iterable[Event]) -> None:
    """One statement, whatever the number of events. Rows of those who are gone stay, so that nothing old brings them back."""
    newest: dict[int, Event] = {}
    for event in events:
        id_ = event.data["customer_id"]
        if id_ not in newest or newest[id_].version < event.version:
            newest[id_] = event
    rows = [_row(newest[id_]) for id_ in sorted(newest)]
    columns = ("name", "email", "is_deleted", "version")
    statement = keep_newest(insert_for(session, Customer), Customer, columns, version="version")
    session.execute(statement.execution_options(render_nulls=True), rows)  # one statement, with and without an e-mail


def _row(event: Event) -> dict[str, Any]:
    gone = event.type in GONE
    return {
        "customer_id": event.data["customer_id"],
        "name": "" if gone else event.data["full_name"],
        "email": None if gone else event.data["email"],
        "is_deleted": gone,
        "version": event.version,
    }
