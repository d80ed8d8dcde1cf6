"""`/api/analytics/sales-summary/`: revenue, tickets, products, hours and payment methods of a period (001, 26)."""

from __future__ import annotations

from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from analytics import queries
from analytics.api.schemas import PeriodQuery, SalesSummaryOut
from analytics.domain.periods import NoSales, requested_period
from analytics.domain.sales_summary import sales_summary
from chassis.access import roles
from chassis.blueprint import Blueprint
from chassis.current import reading
from chassis.json import json_response
from chassis.tenants import local_date

blp = Blueprint("analytics", __name__, description="Reports on paid orders.")


@blp.get("/api/analytics/sales-summary/")
@roles("ADMIN", "OWNER")
@blp.query(PeriodQuery)
@blp.response(200, SalesSummaryOut)
def show(query: dict[str, Any]) -> Response:
    """The summary; `X-Data-As-Of` says when the newest order counted in this account was paid."""
    with reading() as session:
        as_of = queries.data_as_of(session)  # before the sums: they are never older than this says
        answer = _summary(session, query.get("start_date"), query.get("end_date"))
    return json_response(answer, 200, {"X-Data-As-Of": f"{as_of:%Y-%m-%dT%H:%M:%S.%fZ}"})


def _summary(session: Session, start_date: str | None, end_date: str | None) -> dict[str, Any]:
    records = queries.records(session)
    period = requested_period(start_date, end_date, records=records, today=lambda: local_date(session))
    tickets = queries.tickets(session, period) if records.touch(period) else []
    if not tickets:
        raise NoSales(period.wording, records)
    return sales_summary(period, tickets, queries.product_totals(session, period))
