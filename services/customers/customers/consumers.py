"""Events in: paid orders earn points; accounts bring their time zone."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from chassis import tenants
from chassis.messaging import Event, Subscriptions, batch
from customers.usecases.points import Earning, earn_points


def on_orders_paid(session: Session, events: list[Event]) -> None:
    """`OrderPaid`: the customer gets the points that the order's answer promised; an order that earns none leaves no row."""
    earnings = [_earning(event) for event in events if event.data["customer_id"] and event.data["points_earned"] > 0]
    earn_points(session, earnings=earnings)


def _earning(event: Event) -> Earning:
    order = event.data
    return Earning(
        order_uid=order["order_uid"],
        ticket_folio=order["ticket_folio"],
        customer_id=order["customer_id"],
        points=order["points_earned"],
        paid_at=datetime.fromisoformat(order["paid_at"]),
    )


SUBSCRIPTIONS: Subscriptions = {**tenants.SUBSCRIPTIONS, "OrderPaid": batch(on_orders_paid)}
