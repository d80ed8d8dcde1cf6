"""Keep the projection of customers: the newest state that customers told, in whatever order it is heard."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import func, update
from sqlalchemy.orm import Session

from chassis.db import insert_for
from chassis.idempotency_keys import forget_answers
from chassis.search import search_text
from sales.domain.models import ANONYMOUS, Customer, Order


def remember_customer(session: Session, *, data: Mapping[str, Any], version: int) -> None:
    """`data` is that of CustomerUpdated."""
    birth_date = data.get("birth_date")
    _upsert(
        session,
        id=data["customer_id"],
        uid=data["customer_uid"],
        full_name=data["full_name"],
        birth_date=date.fromisoformat(birth_date) if birth_date else None,
        is_frequent=data["is_frequent"],
        is_deleted=False,
        version=version,
    )


def forget_customer(session: Session, *, data: Mapping[str, Any], version: int) -> None:
    """`data` is that of CustomerDeleted. The row stays, empty, so that an older event can't bring the customer back."""
    _upsert(
        session,
        id=data["customer_id"],
        uid=data["customer_uid"],
        full_name="",
        birth_date=None,
        is_frequent=False,
        is_deleted=True,
        version=version,
    )


def erase_customer(session: Session, *, data: Mapping[str, Any], version: int) -> None:
    """`data` is that of CustomerErased: the name goes from the customer's orders and from kept answers, too."""
    forget_customer(session, data=data, version=version)
    # A folio is eight hex digits: in lower case it is its own search text.
    words = func.lower(Order.ticket_folio) + f" {search_text(ANONYMOUS)}"
    session.execute(
        update(Order)
        .where(Order.customer_id == data["customer_id"])
        .values(customer_name=ANONYMOUS, search_text=words)
        .execution_options(synchronize_session=False)
    )
    forget_answers(session, f"customer:{data['customer_id']}")


def _upsert(session: Session, **values: Any) -> None:
    row = insert_for(session, Customer).values(values)
    newer = {name: row.excluded[name] for name in values if name != "id"}
    session.execute(
        row.on_conflict_do_update(
            index_elements=[Customer.id], set_=newer, where=Customer.version < row.excluded.version
        )
    )
