"""Events in, in batches: paid orders are counted; products, customers and accounts are kept as they were told last."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy.orm import Session

from analytics.domain.orders import Order
from analytics.usecases.count_orders import count_orders
from analytics.usecases.erase_customer import erase_customer
from analytics.usecases.freshness import note_change
from analytics.usecases.keep_customers import keep_customers
from analytics.usecases.keep_products import keep_products, keep_promotions
from analytics.usecases.zones import change_zone
from chassis.messaging import Event, Subscriptions, batch


def on_accounts_changed(session: Session, events: list[Event]) -> None:
    """`AccountRegistered`, `AccountUpdated`: the newest zone counts, and everything by it."""
    for event in events:
        change_zone(session, event=event)


def on_customers_changed(session: Session, events: list[Event]) -> None:
    """`CustomerCreated`, `…Updated`, `…Deleted`, `…Erased`: names; of erased ones the orders stay, the names go."""
    for event in sorted((e for e in events if e.type == "CustomerErased"), key=lambda e: e.data["customer_id"]):
        erase_customer(session, customer_id=event.data["customer_id"])
    keep_customers(session, events=events)


def on_orders_paid(session: Session, events: list[Event]) -> None:
    """`OrderPaid`: facts and rollups, each order once."""
    count_orders(session, orders=[Order.from_event(event.data) for event in events])


def on_products_changed(session: Session, events: list[Event]) -> None:
    """`Product…`, `Stock…`: products and their stock."""
    keep_products(session, events=events)


def on_promotions_changed(session: Session, events: list[Event]) -> None:
    """`PromotionChanged`: what discounts everyone gets."""
    keep_promotions(session, events=events)


# In this order in every transaction, so that all of them take their locks alike: the account's zone for oneself first.
STEPS: dict[Callable[[Session, list[Event]], None], tuple[str, ...]] = {
    on_accounts_changed: ("AccountRegistered", "AccountUpdated"),
    on_customers_changed: ("CustomerCreated", "CustomerUpdated", "CustomerDeleted", "CustomerErased"),
    on_orders_paid: ("OrderPaid",),
    on_products_changed: (
        "ProductCreated", "ProductUpdated", "ProductDeleted", "StockReserved", "StockReleased", "StockAdjusted",
    ),
    on_promotions_changed: ("PromotionChanged",),
}  # fmt: skip


def on_events(session: Session, events: list[Event]) -> None:
    """All events of a batch, each kind set-based; then how fresh the figures are."""
    for handler, types in STEPS.items():
        if its_own := [event for event in events if event.type in types]:
            handler(session, its_own)
    note_change(session, at=max(event.time for event in events))


_ALL = batch(on_events)
SUBSCRIPTIONS: Subscriptions = {type_: _ALL for types in STEPS.values() for type_ in types}
