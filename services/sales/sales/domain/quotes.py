"""What an order would cost, said without making it: the same money as an order's, each discount explained. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import Any

from sales.domain import pricing
from sales.domain.drafts import Buyer, Discount, HeldLine, price_lines, totals_of
from sales.domain.models import ANONYMOUS


def quote(
    wanted: Sequence[HeldLine], *, available: Mapping[int, int], buyer: Buyer | None, birthday_percent: int
) -> dict[str, Any]:
    """The answer of `POST /api/orders/quote/`; `available` are the units to be had, by product id. OrderTooLarge."""
    priced = price_lines(wanted, buyer=buyer, birthday_percent=birthday_percent)
    totals = totals_of(price for _, _, price in priced)
    items = [
        {
            "product_id": line.product_id,
            "product_name": line.name,
            "quantity": line.quantity,
            "list_price": line.list_price,
            "tax_rate": line.tax_rate,
            **asdict(price),
            "discount": None if discount is None else _explained(discount, price.discount_amount),
            "available": available[line.product_id],
            "is_available": available[line.product_id] >= line.quantity,
        }
        for line, discount, price in priced
    ]
    return {
        "customer": buyer.id if buyer else None,
        "customer_name": buyer.name if buyer else ANONYMOUS,
        **asdict(totals),
        "points_earned": pricing.points_for(totals.final_amount) if buyer else 0,
        "is_available": all(item["is_available"] for item in items),
        "items": items,
    }


def _explained(discount: Discount, saved: Decimal) -> dict[str, Any]:
    promotion = discount.promotion
    return {
        "kind": discount.kind,
        "promotion": None if promotion is None else promotion.id,
        "name": None if promotion is None else promotion.name,
        "percent": discount.percent,
        "amount_saved": saved,
    }
