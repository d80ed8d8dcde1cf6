"""The read side: sums of rollup rows, as many as there are days, hours and products; never the orders themselves."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select, union_all
from sqlalchemy.orm import Session

from analytics.domain.calendar import blocks_and_days
from analytics.domain.models import HourlySales, PaidOrder, Product, ProductSales, ProductSalesBlock
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
    """What was sold of each product in the period: from whole blocks of days, and single days at the edges."""
    blocks, edges = blocks_and_days(period.start, period.end)
    block, day = ProductSalesBlock, ProductSales
    of_blocks = select(block.product_id, block.units, block.revenue)
    of_days = select(day.product_id, day.units, day.revenue)
    rows = union_all(
        of_blocks.where(block.block.between(blocks.start, blocks.stop - 1)),
        # An arm for each span: SQLite reads one range of the key each, and all of the account's rows for an OR of them.
        *(of_days.where(day.day.between(*span)) for span in edges),
    ).subquery()
    sums = (
        select(
            rows.c.product_id, func.sum(rows.c.units).label("units"), func.sum(rows.c.revenue).label("revenue")
        ).group_by(rows.c.product_id)
    ).subquery()
    named = select(Product.product_id, Product.name, sums.c.units, sums.c.revenue)
    found = session.execute(named.join(sums, sums.c.product_id == Product.product_id))
    return [ProductTotal(id_, name, int(units), revenue) for id_, name, units, revenue in found]
