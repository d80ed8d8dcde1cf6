"""`/api/analytics/sales-velocity/`: how fast a product sells and when its stock will be gone (001, 31)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from analytics.api.answers import CSV, DATA_AS_OF, SVG, Report, answer
from analytics.api.charts import Chart
from analytics.api.schemas import SalesVelocityOut, VelocityQuery
from analytics.domain.sales_velocity import (
    DEFAULT_DAYS,
    BadPeriodDays,
    NoIdentifier,
    NoSuchProduct,
    Span,
    analyzed_span,
    sales_velocity,
)
from analytics.queries import sales, stock
from chassis.access import roles
from chassis.blueprint import Blueprint
from chassis.tenants import local_date

blp = Blueprint("sales velocity", __name__, tag="Reports", description="How fast products sell.")


@blp.get("/api/analytics/sales-velocity/")
@blp.doc(operationId="getSalesVelocity")
@roles("ADMIN", "OWNER")
@blp.query(VelocityQuery)
@blp.files(response=[CSV, SVG])
@blp.response(200, SalesVelocityOut, headers=DATA_AS_OF)
def show(query: dict[str, Any]) -> Response:
    """How fast a product sells and when it will be gone; `identifier` is its SKU or name, the days end today."""
    return answer(REPORT, query)


def _figures(session: Session, query: Mapping[str, Any]) -> dict[str, Any]:
    product, span = _asked(session, query)
    units = sales.units_sold(session, product.product_id, span.start, span.end)
    return sales_velocity(product, span, units)


def _asked(session: Session, query: Mapping[str, Any]) -> tuple[Any, Span]:
    if not query.get("identifier"):
        raise NoIdentifier
    days = query.get("period_days", str(DEFAULT_DAYS))
    if not re.fullmatch(r"\+?0*[1-9]\d{0,8}", days, re.ASCII):
        raise BadPeriodDays
    product = stock.find_product(session, query["identifier"])
    if product is None:
        raise NoSuchProduct
    first = sales.first_sale(session, product.product_id)
    first_day = None if first is None else local_date(session, first)
    return product, analyzed_span(int(days), today=local_date(session), first_sale=first_day)


def _table(report: dict[str, Any]) -> Iterator[list[Any]]:
    yield list(report)
    yield list(report.values())


def _units_by_day(session: Session, query: Mapping[str, Any]) -> Chart:
    product, span = _asked(session, query)
    units = sales.units_by_day(session, product.product_id, span.start, span.end)
    days = [span.start + timedelta(days=n) for n in range((span.end - span.start).days + 1)] if units else []
    title = f"{product.name}: units sold by day"
    values = [units.get(day, 0) for day in days]
    return Chart(title, [day.isoformat() for day in days], values, "day", "units sold", money=False)


REPORT = Report(name="sales-velocity", figures=_figures, table=_table, charts={"units": _units_by_day})
