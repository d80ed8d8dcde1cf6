"""The read side of B2B orders: selects and the dictionaries that are answered."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from sales.domain.b2b_models import B2BOrder, B2BOrderItem

ORDER: tuple[Any, ...] = (
    B2BOrder.id, B2BOrder.uid, B2BOrder.user_uid, B2BOrder.status, B2BOrder.total, B2BOrder.shipping_address,
    B2BOrder.billing_address, B2BOrder.version, B2BOrder.created_at, B2BOrder.updated_at, B2BOrder.deleted_at,
)  # fmt: skip
_ITEM: tuple[Any, ...] = (
    B2BOrderItem.product_uid,
    B2BOrderItem.quantity,
    B2BOrderItem.price,
    B2BOrderItem.discount,
    B2BOrderItem.total,
)


def orders(own_uid: str | None, **wanted: str) -> Select[Any]:
    """The living orders by age that have these fields; with `own_uid` that owner's only."""
    statement = select(*ORDER).where(B2BOrder.deleted_at.is_(None)).order_by(B2BOrder.id).filter_by(**wanted)
    return statement if own_uid is None else statement.where(B2BOrder.user_uid == own_uid)


def find_order(session: Session, uid: str, own_uid: str | None) -> Any | None:
    """The row of one order, if it is there for the asker."""
    return session.execute(orders(own_uid, uid=uid)).first()


def order_out(row: Any) -> dict[str, Any]:
    """An order as it is answered."""
    return {
        "uid": row.uid,
        "user_uid": row.user_uid,
        "status": row.status,
        "total": row.total,
        "shipping_address": row.shipping_address,
        "billing_address": row.billing_address,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
    }


def items(order_id: int) -> Select[Any]:
    """An order's items as they are answered, by their products."""
    named = select(B2BOrder.uid.label("order_uid"), *_ITEM).join(B2BOrder, B2BOrder.id == B2BOrderItem.order_id)
    return named.where(B2BOrderItem.order_id == order_id).order_by(B2BOrderItem.product_uid)


def item_out(row: Any) -> dict[str, Any]:
    """An item as it is answered: its columns."""
    return dict(row._mapping)


def items_of(session: Session, order_ids: Collection[int]) -> dict[int, dict[str, dict[str, Any]]]:
    """The items of many orders, by order id and product uid; one statement."""
    found: dict[int, dict[str, dict[str, Any]]] = {order_id: {} for order_id in order_ids}
    if not found:
        return found
    statement = select(B2BOrderItem.order_id, *_ITEM).where(B2BOrderItem.order_id.in_(order_ids))
    for row in session.execute(statement.order_by(B2BOrderItem.order_id, B2BOrderItem.product_uid)):
        item = row._asdict()
        found[item.pop("order_id")][item["product_uid"]] = item
    return found
