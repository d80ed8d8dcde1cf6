"""`ClientChanged`, as written down in `contracts/events/customers/`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy.orm import Session

from chassis.messaging.outbox import Fact, emit_many
from customers.domain.clients import Client

COLUMNS = (
    Client.id, Client.uid, Client.name, Client.email, Client.phone, Client.is_active, Client.deleted_at,
    Client.credentials_version, Client.version,
)  # fmt: skip
"""What the event is made of."""


def tell_changed(session: Session, rows: Iterable[Any]) -> None:
    """`ClientChanged` of each of the rows of COLUMNS, as they are now."""
    emit_many(session, "ClientChanged", [present_state(row)[1] for row in sorted(rows, key=lambda row: row.id)])


def present_state(row: Any) -> tuple[str, Fact]:
    """What tells a client's state, a row of COLUMNS: the event's type and the fact."""
    return "ClientChanged", Fact(row.uid, row.version, _facts(row))


def state(row: Any) -> dict[str, Any]:
    """The event's data and its version, for who can't wait for the event."""
    return {**_facts(row), "version": row.version}


def _facts(row: Any) -> dict[str, Any]:
    deleted = row.deleted_at is not None
    return {
        "client_id": row.id,
        "client_uid": row.uid,
        "name": None if deleted else row.name,
        "email": None if deleted else row.email,
        "phone": None if deleted else row.phone,
        "active": row.is_active and not deleted,
        "deleted": deleted,
        "credentials_version": row.credentials_version,
    }
