"""What sales tells the others: the data of its events, from rows of `orders` and `order_lines`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

_ORDER = (
    "ticket_folio", "customer_id", "customer_name", "cashier_id", "cashier", "created_at", "subtotal", "total_tax",
    "final_amount", "money_saved_total",
)  # fmt: skip
_ITEM = (
    "product_id", "product_uid", "product_name", "sku", "quantity", "unit_price", "tax_rate", "tax_amount",
    "discount_amount", "amount",
)  # fmt: skip

Row = Mapping[Any, Any]


def order_created(order: Row, lines: Sequence[Row]) -> dict[str, Any]:
    """The data of OrderCreated; the other two facts add to it."""
    return {
        "order_id": order["id"],
        "order_uid": order["uid"],
        **{name: order[name] for name in _ORDER},
        "items": [{name: line[name] for name in _ITEM} for line in lines],
    }


def order_paid(order: Row, lines: Sequence[Row], *, points_earned: int) -> dict[str, Any]:
    """The data of OrderPaid."""
    return {
        **order_created(order, lines),
        "payment_method": order["payment_method"],
        "paid_at": order["paid_at"],
        "points_earned": points_earned,
    }


def order_cancelled(order: Row, lines: Sequence[Row]) -> dict[str, Any]:
    """The data of OrderCancelled."""
    return {
        **order_created(order, lines),
        "cancelled_at": order["cancelled_at"],
        "reason": order["cancel_reason"],
    }
