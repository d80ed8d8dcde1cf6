"""What was sold, from rollups: as many rows as there are days, hours and products; never the orders themselves."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, Select, Subquery, and_, func, select
from sqlalchemy.orm import Session

from analytics.domain.calendar import blocks_and_days
from analytics.domain.models import (
    CatalogProduct,
    Freshness,
    HourlySales,
    HourlySalesBlock,
    Product,
    ProductSales,
    ProductSalesBlock,
)
from analytics.domain.periods import Period, Records
from analytics.domain.sales_summary import ProductTotal, Tickets
from analytics.queries.of_period import OfPeriod
from chassis.prepared import prepared


def records(session: Session) -> Records:
    """The first and last day with a sale, from the two ends of the rollup's key."""
    row = _RECORDS(session).one()
    return Records(row.first_day, row.last_day)


def tickets(session: Session, period: Period) -> list[Tickets]:
    """The period's paid orders by hour of the day and payment method."""
    rows = _TICKETS if _HOURS_ARE_COMPLETE(session).scalar() else _TICKETS_BY_DAY
    found = rows(session, period)
    return [Tickets(hour, method, int(count), *amounts) for hour, method, count, *amounts in found]


def product_totals(session: Session, period: Period) -> list[ProductTotal]:
    """What was sold of each product in the period."""
    return totals(_PRODUCTS(session, period))


def totals(rows: Iterable[Row[*tuple[Any, ...]]]) -> list[ProductTotal]:
    """What a statement that is `named` has found."""
    return [ProductTotal(id_, name, int(units), revenue) for id_, name, units, revenue in rows]


def _by_hour_and_method(rows: Subquery) -> Select[*tuple[Any, ...]]:
    row, key = rows.c, (rows.c.hour, rows.c.payment_method)
    sums = func.sum(row.tickets), func.sum(row.revenue), func.min(row.lowest), func.max(row.highest)
    return select(*key, *sums).group_by(*key)


def _by_product(rows: Subquery) -> Select[*tuple[Any, ...]]:
    sums = select(
        rows.c.product_id, func.sum(rows.c.units).label("units"), func.sum(rows.c.revenue).label("revenue")
    ).group_by(rows.c.product_id)
    return named(sums.subquery())


def named(sums: Subquery) -> Select[*tuple[Any, ...]]:
    """`product_id, units, revenue` under the products' last names: catalog's, or the last sale's where it has told none."""
    told = and_(
        CatalogProduct.account_id == Product.account_id,
        CatalogProduct.product_id == Product.product_id,
        CatalogProduct.version > 0,
    )
    name = func.coalesce(CatalogProduct.name, Product.name)
    return (
        select(Product.product_id, name, sums.c.units, sums.c.revenue)
        .join(sums, sums.c.product_id == Product.product_id)
        .outerjoin(CatalogProduct, told)
    )


_RECORDS = prepared(
    select(
        select(func.min(HourlySales.day)).scalar_subquery().label("first_day"),
        select(func.max(HourlySales.day)).scalar_subquery().label("last_day"),
    )
)
_HOURS_ARE_COMPLETE = prepared(select(Freshness.hours_changes == Freshness.changes))
_HOUR = ("hour", "payment_method", "tickets", "revenue", "lowest", "highest")
_TICKETS = OfPeriod(_by_hour_and_method, _HOUR, HourlySales, HourlySalesBlock)
_TICKETS_BY_DAY = OfPeriod(_by_hour_and_method, _HOUR, HourlySales, None)
_PRODUCTS = OfPeriod(_by_product, ("product_id", "units", "revenue"), ProductSales, ProductSalesBlock)


def revenue_by_day(session: Session, period: Period) -> list[tuple[date, Decimal]]:
    """Days with a sale and the money received on them."""
    day = HourlySales.day
    statement = select(day, func.sum(HourlySales.revenue)).where(day.between(period.start, period.end))
    return [(at, revenue) for at, revenue in session.execute(statement.group_by(day).order_by(day))]


def first_sale(session: Session, product_id: int) -> datetime | None:
    """When a product was first sold."""
    return session.scalar(select(Product.first_sold_at).where(Product.product_id == product_id))


def units_by_day(session: Session, product_id: int, start: date, end: date) -> dict[date, int]:
    """Units sold of one product on each day with a sale. Days are named one by one: a look at each, not at all products."""
    days = [start + timedelta(days=n) for n in range((end - start).days + 1)]
    rows = select(ProductSales.day, ProductSales.units).where(
        ProductSales.day.in_(days), ProductSales.product_id == product_id
    )
    return {day: int(units) for day, units in session.execute(rows)}


def units_sold(session: Session, product_id: int, start: date, end: date) -> int:
    """Units sold of one product, from whole blocks of days, and single days at the edges."""
    blocks, edges = blocks_and_days(start, end)
    block = ProductSalesBlock
    whole = select(func.sum(block.units)).where(block.block.in_(list(blocks)), block.product_id == product_id)
    return int(session.scalar(whole) or 0) + sum(
        sum(units_by_day(session, product_id, *edge).values()) for edge in edges
    )
