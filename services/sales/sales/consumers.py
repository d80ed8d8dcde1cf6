"""Events in: the accounts' time zones and names, and the customers, as orders need to know them."""

from __future__ import annotations

from sqlalchemy.orm import Session

from chassis import tenants
from chassis.messaging.envelope import Event
from chassis.messaging.handlers import Subscriptions
from sales.usecases.remember_company import remember_company
from sales.usecases.remember_customer import erase_customer, forget_customer, remember_customer


def on_account_changed(session: Session, event: Event) -> None:
    tenants.on_account_changed(session, event)
    name = event.data["company_name"]
    remember_company(session, account_id=event.account_id, name=name, version=event.version)


def on_customer_changed(session: Session, event: Event) -> None:
    remember_customer(session, data=event.data, version=event.version)


def on_customer_deleted(session: Session, event: Event) -> None:
    forget_customer(session, data=event.data, version=event.version)


def on_customer_erased(session: Session, event: Event) -> None:
    erase_customer(session, data=event.data, version=event.version)


SUBSCRIPTIONS: Subscriptions = {
    "AccountRegistered": on_account_changed,
    "AccountUpdated": on_account_changed,
    "CustomerCreated": on_customer_changed,
    "CustomerUpdated": on_customer_changed,
    "CustomerDeleted": on_customer_deleted,
    "CustomerErased": on_customer_erased,
}
