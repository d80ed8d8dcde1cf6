"""Rows of B2B orders, taken and changed: who changes orders or their items takes the orders' rows first, in order of uids."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from chassis.db import utcnow
from chassis.money import ZERO
from chassis.upserts import upsert
from sales.b2b_queries import ORDER
from sales.domain.b2b_models import B2BOrder, B2BOrderItem
from sales.domain.b2b_orders import PENDING

_BLANK: dict[str, Any] = {
    "user_uid": "",
    "status": PENDING,
    "total": ZERO,
    "shipping_address": "",
    "billing_address": "",
}
"""For NOT NULL's sake in the insert that becomes a change of an existing row."""


def take_orders(session: Session, uids: Collection[str]) -> dict[str, Any]:
    """The orders of these uids, deleted ones too, by uid, ours until the transaction ends.

    The row lock is PostgreSQL's; on SQLite this transaction has been the only writer since it began.
    """
    if not uids:
        return {}
    statement = select(*ORDER).where(B2BOrder.uid.in_(uids)).order_by(B2BOrder.uid).with_for_update()
    return {row.uid: row for row in session.execute(statement)}


def take_living(session: Session, uids: Collection[str], own_uid: str | None) -> dict[str, Any]:
    """Those of them that are there for the asker: not deleted, and with `own_uid` that owner's."""
    return {
        uid: row
        for uid, row in take_orders(session, uids).items()
        if row.deleted_at is None and own_uid in (None, row.user_uid)
    }


def change_orders(session: Session, changes: Sequence[Mapping[str, Any]]) -> list[Any]:
    """Write fields of orders that are taken, each mapping with its uid; the rows as they are now. One statement."""
    now = utcnow()
    return upsert(
        session, B2BOrder, changes, key=["uid"], returning=ORDER,
        new={**_BLANK, "version": 1, "created_at": now, "updated_at": now},
        changed={"version": B2BOrder.version + 1, "updated_at": now},
    )  # fmt: skip


def retotal(session: Session, order_ids: Collection[int]) -> Sequence[Any]:
    """Give orders that are taken the sum of their items, now that these have changed; the rows as they are now."""
    of_items = select(func.coalesce(func.sum(B2BOrderItem.total), 0)).where(
        B2BOrderItem.account_id == B2BOrder.account_id, B2BOrderItem.order_id == B2BOrder.id
    )
    statement = (
        update(B2BOrder)
        .where(B2BOrder.id.in_(order_ids))
        .values(total=of_items.scalar_subquery(), version=B2BOrder.version + 1, updated_at=utcnow())
        .returning(*ORDER)
        .execution_options(synchronize_session=False)
    )
    return session.execute(statement).all() if order_ids else []
