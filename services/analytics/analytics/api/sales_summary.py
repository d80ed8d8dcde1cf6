"""`/api/analytics/sales-summary/`: revenue, tickets, products, hours and payment methods of a period (001, 26)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from analytics.api.answers import CSV, DATA_AS_OF, SVG, Report, answer
from analytics.api.charts import Chart
from analytics.api.schemas import SalesSummaryOut, SummaryQuery
from analytics.domain.periods import NoSales, Period, requested_period
from analytics.domain.sales_summary import sales_summary
from analytics.queries import sales
from chassis.access import roles
from chassis.blueprint import Blueprint
from chassis.tenants import local_date

blp = Blueprint("sales summary", __name__, tag="Reports", description="Revenue of a period.")


@blp.get("/api/analytics/sales-summary/")
@blp.doc(operationId="getSalesSummary")
@roles("ADMIN", "OWNER")
@blp.query(SummaryQuery)
@blp.files(response=[CSV, SVG])
@blp.response(200, SalesSummaryOut, headers=DATA_AS_OF)
def show(query: dict[str, Any]) -> Response:
    """Revenue, tickets, products, hours and payment methods of a period; as a chart by `chart`: day, hour or payment_method."""
    return answer(REPORT, query)


def _figures(session: Session, query: Mapping[str, Any]) -> dict[str, Any]:
    records = sales.records(session)
    start, end = query.get("start_date"), query.get("end_date")
    period = requested_period(start, end, records=records, today=lambda: local_date(session))
    tickets = sales.tickets(session, period) if records.touch(period) else []
    if not tickets:
        raise NoSales(period.wording, records)
    return sales_summary(period, tickets, sales.product_totals(session, period))


def _table(report: dict[str, Any]) -> Iterator[list[Any]]:
    """A row a section's line, the columns that a section doesn't have left empty."""
    yield [
        "section", "name", "tickets", "units_sold", "revenue", "average_ticket", "lowest_ticket", "highest_ticket",
    ]  # fmt: skip
    period, general, products = (report[key] for key in ("analyzed_period", "general_summary", "products"))
    name = f"{period['start_date']} to {period['end_date']}"
    units, tickets = products["total_units_sold"], general["total_tickets"]
    extremes = [general[key] for key in ("average_ticket", "lowest_ticket", "highest_ticket")]
    yield ["total", name, tickets, units, general["total_revenue"], *extremes]
    for row in products["breakdown"]:
        yield ["product", row["product_name"], None, row["units_sold"], row["revenue"], None, None, None]
    for row in report["peak_hours"]["hourly_breakdown"]:
        yield ["hour", row["hour"], row["ticket_count"], None, row["total_revenue"], None, None, None]
    for row in report["payment_methods"]:
        money, average, highest = row["accumulated_amount"], row["average_ticket"], row["highest_ticket"]
        yield ["payment_method", row["payment_method"], row["total_sales"], None, money, average, None, highest]


def _by_day(session: Session, query: Mapping[str, Any]) -> Chart:
    report = _figures(session, query)
    period = Period(report["analyzed_period"]["start_date"], report["analyzed_period"]["end_date"], "")
    revenue = dict(sales.revenue_by_day(session, period))
    records = sales.records(session)
    # All days of the period, those without a sale too, but none from before the first sale ever or after the last.
    first, last = max(period.start, records.first or period.start), min(period.end, records.last or period.end)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    values = [float(revenue.get(day, 0)) for day in days]
    return Chart(_title("Revenue by day", report), [day.isoformat() for day in days], values, "day", "revenue")


def _by_hour(session: Session, query: Mapping[str, Any]) -> Chart:
    report = _figures(session, query)
    revenue = {row["hour"]: float(row["total_revenue"]) for row in report["peak_hours"]["hourly_breakdown"]}
    hours = range(min(revenue), max(revenue) + 1)
    values = [revenue.get(hour, 0) for hour in hours]
    return Chart(_title("Revenue by hour", report), [f"{hour:02}:00" for hour in hours], values, "hour", "revenue")


def _by_payment_method(session: Session, query: Mapping[str, Any]) -> Chart:
    report = _figures(session, query)
    labels = [row["payment_method"] for row in report["payment_methods"]]
    values = [float(row["accumulated_amount"]) for row in report["payment_methods"]]
    return Chart(_title("Revenue by payment method", report), labels, values, "payment method", "revenue")


def _title(what: str, report: dict[str, Any]) -> str:
    return f"{what}, {report['analyzed_period']['start_date']} to {report['analyzed_period']['end_date']}"


REPORT = Report(
    name="sales-summary",
    figures=_figures,
    table=_table,
    charts={"day": _by_day, "hour": _by_hour, "payment_method": _by_payment_method},
)
