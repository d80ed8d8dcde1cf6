"""Customers' rows are taken in the order of their ids, after any hold's row: nobody waits in a circle."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Row, bindparam, select
from sqlalchemy.orm import Session

from chassis.prepared import prepared
from customers.domain.models import Customer

# The lock is PostgreSQL's; on SQLite a write transaction is the only one there is.
_LOCK = prepared(
    select(Customer.id, Customer.is_frequent, Customer.frequent_month, Customer.credit_limit, Customer.deleted_at)
    .where(Customer.id.in_(bindparam("ids", expanding=True)))
    .order_by(Customer.id)
    .with_for_update()
)


def lock_customers(session: Session, customer_ids: Iterable[int]) -> dict[int, Row[Any]]:
    """The customers that there are, deleted ones included, locked until the transaction ends."""
    ids = set(customer_ids)
    return {row.id: row for row in _LOCK(session, ids=sorted(ids))} if ids else {}
