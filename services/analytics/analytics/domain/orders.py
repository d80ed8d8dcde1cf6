"""A paid order as `OrderPaid` tells it: what of the event is counted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class Line:
    """A product in an order; `amount` is tax-exclusive."""

    product_id: int
    product_name: str
    quantity: int
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Order:
    """A paid order; `final_amount` is tax-inclusive, `paid_at` aware."""

    order_uid: str
    order_id: int
    ticket_folio: str
    customer_id: int | None
    customer_name: str
    payment_method: str
    final_amount: Decimal
    paid_at: datetime
    lines: tuple[Line, ...]

    @classmethod
    def from_event(cls, data: dict[str, Any]) -> Order:
        """From the data of `OrderPaid`; KeyError or ValueError when it is not what the contract says."""
        return cls(
            order_uid=data["order_uid"],
            order_id=data["order_id"],
            ticket_folio=data["ticket_folio"],
            customer_id=data["customer_id"],
            customer_name=data["customer_name"],
            payment_method=data["payment_method"],
            final_amount=Decimal(data["final_amount"]),
            paid_at=datetime.fromisoformat(data["paid_at"]),
            lines=tuple(
                Line(item["product_id"], item["product_name"], item["quantity"], Decimal(item["amount"]))
                for item in data["items"]
            ),
        )
