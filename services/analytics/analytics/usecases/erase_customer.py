"""Erased customers: their orders stay facts, without a name."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from analytics.domain.models import ErasedCustomer, PaidOrder
from analytics.usecases.zones import hold_zone
from chassis.db import insert_for

NOBODY = "Anonymous"  # as sales calls who buys without a name


def erase_customer(session: Session, *, customer_id: int) -> None:
    """Take the name off the customer's orders, and keep it off those that are told later."""
    hold_zone(session, to_change=True)  # nobody is just counting an order that this would not see
    session.execute(insert_for(session, ErasedCustomer).values(customer_id=customer_id).on_conflict_do_nothing())
    theirs = update(PaidOrder).where(PaidOrder.customer_id == customer_id).values(customer_name=NOBODY)
    session.execute(theirs.execution_options(synchronize_session=False))


def erased_among(session: Session, customer_ids: Iterable[int | None]) -> set[int]:
    """Those of the customers who are erased."""
    ids = sorted({id_ for id_ in customer_ids if id_ is not None})
    if not ids:
        return set()
    return set(session.scalars(select(ErasedCustomer.customer_id).where(ErasedCustomer.customer_id.in_(ids))))
