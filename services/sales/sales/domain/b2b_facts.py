"""`B2BOrderChanged`, as written down in `contracts/events/sales/`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from chassis.messaging.outbox import Fact, emit_many
from chassis.money import text


def tell_orders(session: Session, orders: Iterable[Any], items: Mapping[int, Sequence[Mapping[Any, Any]]]) -> None:
    """One event for each of these rows of `b2b_orders`, with its `items` by the order's id; one statement."""
    facts = [order_fact(order, items.get(order.id, ())) for order in sorted(orders, key=lambda order: order.id)]
    emit_many(session, "B2BOrderChanged", facts)


def order_fact(order: Any, items: Iterable[Mapping[Any, Any]]) -> Fact:
    """What is told of an order: its row and its items."""
    return Fact(order.uid, order.version, _facts(order, items))


def _facts(order: Any, items: Iterable[Mapping[Any, Any]]) -> dict[str, Any]:
    return {
        "order_id": order.id,
        "order_uid": order.uid,
        "user_uid": order.user_uid,
        "status": order.status,
        "total": text(order.total),
        "shipping_address": order.shipping_address,
        "billing_address": order.billing_address,
        "created_at": order.created_at,
        "updated_at": order.updated_at,
        "deleted": order.deleted_at is not None,
        "items": [
            {
                "product_uid": item["product_uid"],
                "quantity": item["quantity"],
                "price": text(item["price"]),
                "discount": text(item["discount"]),
                "total": text(item["total"]),
            }
            for item in sorted(items, key=lambda item: str(item["product_uid"]))
        ],
    }
