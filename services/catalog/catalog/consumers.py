"""Events in: what happens to an order decides over the hold on its stock. Set-based, so that rows are taken in order."""

from __future__ import annotations

from sqlalchemy.orm import Session

from catalog.usecases.holds import confirm_holds
from catalog.usecases.releases import release_holds
from chassis import tenants
from chassis.messaging.envelope import Event
from chassis.messaging.handlers import Subscriptions, batch


def on_orders_created(session: Session, events: list[Event]) -> None:
    """`OrderCreated`: the stock that was held for these orders is theirs."""
    confirm_holds(session, [event.data["order_uid"] for event in events])


def on_orders_cancelled(session: Session, events: list[Event]) -> None:
    """`OrderCancelled`: their stock goes back."""
    release_holds(session, [event.data["order_uid"] for event in events])


SUBSCRIPTIONS: Subscriptions = {
    "OrderCreated": batch(on_orders_created),
    "OrderCancelled": batch(on_orders_cancelled),
    **tenants.SUBSCRIPTIONS,
}
