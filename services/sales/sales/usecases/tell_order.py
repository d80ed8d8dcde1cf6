"""An order's present state as the fact that told it, with its version: for those who hear of it again, or for the first time."""

from __future__ import annotations

from collections.abc import Sequence

from chassis.messaging.outbox import Fact
from sales.domain import facts
from sales.domain.facts import Row
from sales.domain.models import CANCELLED, PAID
from sales.domain.pricing import points_for


def fact_of(order: Row, lines: Sequence[Row]) -> tuple[str, Fact]:
    """The event's type and fact; its time is when that happened."""
    if order["status"] == PAID:
        points = points_for(order["final_amount"]) if order["customer_id"] is not None else 0
        type_, time, data = "OrderPaid", order["paid_at"], facts.order_paid(order, lines, points_earned=points)
    elif order["status"] == CANCELLED:
        type_, time, data = "OrderCancelled", order["cancelled_at"], facts.order_cancelled(order, lines)
    else:
        type_, time, data = "OrderCreated", order["created_at"], facts.order_created(order, lines)
    return type_, Fact(order["uid"], order["version"], data, time=time)
