"""Events in: what becomes of orders settles payment holds and brings points and loyalty; accounts bring their time zone."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from chassis import tenants
from chassis.messaging import Event, Subscriptions, batch
from customers.config import Config
from customers.domain.phones import country_of
from customers.usecases.phone_keys import forget_keys
from customers.usecases.settle_orders import PaidOrder, settle_orders


def SUBSCRIPTIONS(settings: Config) -> Subscriptions:  # noqa: N802 - the name that every service has
    """What customers listens to. One handler for both fates of an order, so that rows are taken in order."""

    def on_orders_settled(session: Session, events: list[Event]) -> None:
        """`OrderPaid`, `OrderCancelled`."""
        settle_orders(
            session,
            paid=[_paid(event) for event in events if event.type == "OrderPaid"],
            cancelled=[event.data["order_uid"] for event in events if event.type == "OrderCancelled"],
            default_credit_limit=settings.credit_for_frequent,
        )

    settled = batch(on_orders_settled)
    accounts = dict.fromkeys(tenants.SUBSCRIPTIONS, on_account_changed)
    return {**accounts, "OrderPaid": settled, "OrderCancelled": settled}


def on_account_changed(session: Session, event: Event) -> None:
    """`AccountRegistered`, `AccountUpdated`: the time zone, and with it the country that phone numbers belong to."""
    before = tenants.zone_of(session).key
    tenants.on_account_changed(session, event)
    if country_of(before) != country_of(tenants.zone_of(session).key):
        forget_keys(session)


def _paid(event: Event) -> PaidOrder:
    order = event.data
    return PaidOrder(
        uid=order["order_uid"],
        ticket_folio=order["ticket_folio"],
        customer_id=order["customer_id"],
        payment_method=order["payment_method"],
        points=order["points_earned"],
        paid_at=datetime.fromisoformat(order["paid_at"]),
    )
