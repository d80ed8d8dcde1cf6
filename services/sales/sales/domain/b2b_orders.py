"""The rules of B2B orders, pure: which status may follow which, who may still change what, what an item costs (004, Order)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from chassis.money import ZERO, round_half_up

PENDING, PROCESSING, SHIPPED, DELIVERED, CANCELLED = "pending", "processing", "shipped", "delivered", "cancelled"
STATUSES = (PENDING, PROCESSING, SHIPPED, DELIVERED, CANCELLED)
MAX_ITEMS = 1_000
"""Of one order: its event carries them all."""
MAX_ITEM_TOTAL = Decimal("9999999999.99")

_FOLLOWING: Mapping[str, tuple[str, ...]] = {
    PENDING: (PROCESSING, SHIPPED, DELIVERED, CANCELLED),
    PROCESSING: (SHIPPED, DELIVERED, CANCELLED),
    SHIPPED: (DELIVERED, CANCELLED),
    DELIVERED: (),
    CANCELLED: (),
}
"""An order goes forward, and may skip a step; it is cancelled until it was delivered. What is over stays as it is."""


@dataclass(frozen=True, slots=True)
class Product:
    """What catalog says of a living product: its uid, its list price for one, and whether it is for sale."""

    uid: str
    price: Decimal
    is_active: bool


@dataclass(frozen=True, slots=True)
class Terms:
    """Of a wholesale client: who it is, and the percentage off every price that was agreed with it."""

    uid: str
    discount_percent: Decimal


def status_refused(present: str, wanted: str, *, by_client: bool) -> str | None:
    """Why an order can't go from one status to the other; None when it can, or is there already."""
    if wanted == present:
        return None
    if wanted not in _FOLLOWING[present]:
        return f"A {present} order cannot become {wanted}."
    if by_client and (present, wanted) != (PENDING, CANCELLED):
        return "A client can only cancel an order, while it is pending."
    return None


def change_refused(present: str, *, by_client: bool) -> str | None:
    """Why an order's fields and items can't be changed; None when they can. A client's hands are off once it is in work."""
    if not _FOLLOWING[present]:
        return f"A {present} order cannot be changed."
    if by_client and present != PENDING:
        return "A client can only change an order while it is pending."
    return None


def priced(fields: Mapping[str, Any]) -> dict[str, Any]:
    """An item's `quantity`, `price` and `discount` with its total; price and discount are of one unit (004: 2 × (1000 − 100))."""
    total = (fields["price"] - fields["discount"]) * fields["quantity"]
    return {name: fields[name] for name in ("quantity", "price", "discount")} | {"total": total}


def client_price(product: Product, terms: Terms) -> dict[str, Decimal]:
    """What a client pays for one unit: the list price, less its own percentage; both rounded half-up to cents."""
    off = product.price * terms.discount_percent / 100
    return {"price": product.price, "discount": round_half_up(off) if off else ZERO}
