"""One customer's orders of a period, from the facts: as many rows as that customer's orders, whatever others bought."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, case, exists, func, select
from sqlalchemy.orm import Session

from analytics.domain.calendar import local_time_of_slot
from analytics.domain.models import Customer, ErasedCustomer, PaidOrder, PaidOrderLine
from analytics.domain.periods import Period
from analytics.domain.sales_summary import ProductTotal, Tickets
from analytics.queries.sales import named, totals
from chassis.tenants import midnight


def find_customer(session: Session, customer_id: int) -> Row[int, str, str | None] | None:
    """`customer_id, name, email` of a customer, also of a deleted one, until it is erased.

    A deleted one whose name was not kept has the name of its last order.
    """
    erased = exists().where(ErasedCustomer.account_id == Customer.account_id, ErasedCustomer.customer_id == customer_id)
    last = (
        select(PaidOrder.customer_name)
        .where(PaidOrder.account_id == Customer.account_id, PaidOrder.customer_id == customer_id)
        .order_by(PaidOrder.paid_at.desc())
        .limit(1)
        .scalar_subquery()
    )
    name = case((Customer.name != "", Customer.name), else_=last)
    columns = select(Customer.customer_id, name.label("name"), Customer.email)
    return session.execute(columns.where(Customer.customer_id == customer_id, name.is_not(None), ~erased)).one_or_none()


def customer_tickets(session: Session, customer_id: int, period: Period, zone: ZoneInfo) -> list[Tickets]:
    """The customer's paid orders by quarter of an hour and payment method, under the hour that the account's clock showed."""
    row = PaidOrder
    statement = (
        select(
            row.paid_slot, row.payment_method, func.count(), func.sum(row.final_amount), func.min(row.final_amount),
            func.max(row.final_amount),
        )
        .where(*_theirs(customer_id, period, zone))
        .group_by(row.paid_slot, row.payment_method)
    )  # fmt: skip
    return [
        Tickets(local_time_of_slot(zone, slot)[1], method, int(count), *amounts)
        for slot, method, count, *amounts in session.execute(statement)
    ]


def customer_products(session: Session, customer_id: int, period: Period, zone: ZoneInfo) -> list[ProductTotal]:
    """What the customer bought of each product."""
    line = PaidOrderLine
    sums = (
        select(line.product_id, func.sum(line.quantity).label("units"), func.sum(line.amount).label("revenue"))
        .join(PaidOrder, (PaidOrder.account_id == line.account_id) & (PaidOrder.order_uid == line.order_uid))
        .where(*_theirs(customer_id, period, zone))
        .group_by(line.product_id)
    ).subquery()
    return totals(session.execute(named(sums)))


def _theirs(customer_id: int, period: Period, zone: ZoneInfo) -> tuple[Any, ...]:
    return (
        PaidOrder.customer_id == customer_id,
        PaidOrder.paid_at >= midnight(period.start, zone),
        PaidOrder.paid_at < midnight(period.end, zone, days_later=1),
    )
