"""The read side: sums of rollup rows, as many as there are days, hours and products; never the orders themselves."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from analytics.domain.models import HourlySales, PaidOrder, Product, ProductSales
from analytics.domain.periods import Period, Records
from analytics.domain.sales_summary import ProductTotal, Tickets


def records(session: Session) -> Records:
    """The first and last day with a sale, from the two ends of the rollup's key."""
    first = select(func.min(HourlySales.day)).scalar_subquery()
    last = select(func.max(HourlySales.day)).scalar_subquery()
    return Records(*session.execute(select(first, last)).one())


def data_as_of(session: Session) -> datetime | None:
    """When the newest order that is counted was paid."""
    return session.execute(select(func.max(PaidOrder.paid_at))).scalar()


def tickets(session: Session, period: Period) -> list[Tickets]:
    """The period's paid orders by hour of the day and payment method."""
    row = HourlySales
    statement = (
        select(
            row.hour, row.payment_method, func.sum(row.tickets), func.sum(row.revenue), func.min(row.lowest),
            func.max(row.highest),
        )
        .where(row.day.between(period.start, period.end))
        .group_by(row.hour, row.payment_method)
    )  # fmt: skip
    return [Tickets(hour, method, int(count), *amounts) for hour, method, count, *amounts in session.execute(statement)]


def product_totals(session: Session, period: Period) -> list[ProductTotal]:
    """What was sold of each product in the period."""
    sums = (
        select(
            ProductSales.product_id,
            func.sum(ProductSales.units).label("units"),
            func.sum(ProductSales.revenue).label("revenue"),
        )
        .where(ProductSales.day.between(period.start, period.end))
        .group_by(ProductSales.product_id)
        .subquery()
        .c
    )
    named = select(Product.product_id, Product.name, sums.units, sums.revenue)
    rows = session.execute(named.join(sums.product_id.table, sums.product_id == Product.product_id))
    return [ProductTotal(id_, name, int(units), revenue) for id_, name, units, revenue in rows]
