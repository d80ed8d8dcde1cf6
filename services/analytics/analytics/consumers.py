"""Events in: paid orders are counted, in batches; accounts bring the time zone; erased customers lose their names."""

from __future__ import annotations

from sqlalchemy.orm import Session

from analytics.domain.orders import Order
from analytics.usecases.count_orders import count_orders
from analytics.usecases.erase_customer import erase_customer
from analytics.usecases.zones import change_zone
from chassis.messaging import Event, Subscriptions, batch


def on_orders_paid(session: Session, events: list[Event]) -> None:
    """`OrderPaid`: facts and rollups, each order once."""
    count_orders(session, orders=[Order.from_event(event.data) for event in events])


def on_account_changed(session: Session, event: Event) -> None:
    """`AccountRegistered`, `AccountUpdated`: the newest zone counts, and everything by it."""
    change_zone(session, event=event)


def on_customer_erased(session: Session, event: Event) -> None:
    """`CustomerErased`: the orders stay, the name goes."""
    erase_customer(session, customer_id=event.data["customer_id"])


SUBSCRIPTIONS: Subscriptions = {
    "OrderPaid": batch(on_orders_paid),
    "AccountRegistered": on_account_changed,
    "AccountUpdated": on_account_changed,
    "CustomerErased": on_customer_erased,
}
