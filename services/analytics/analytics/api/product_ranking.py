"""`/api/analytics/product-ranking/`: the most and the least sold products of a period, by units (001, 27)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from analytics.api.answers import CSV, DATA_AS_OF, SVG, Report, answer
from analytics.api.charts import Chart
from analytics.api.schemas import ProductRankingOut, RankingQuery
from analytics.domain.periods import NoSales, requested_period
from analytics.domain.product_ranking import product_ranking
from analytics.queries import sales
from chassis.access import roles
from chassis.blueprint import Blueprint
from chassis.tenants import local_date

blp = Blueprint("product ranking", __name__, tag="Reports", description="Products by units sold.")
LISTS = ("most_sold", "least_sold")


@blp.get("/api/analytics/product-ranking/")
@blp.doc(operationId="getProductRanking")
@roles("ADMIN", "OWNER")
@blp.query(RankingQuery)
@blp.files(response=[CSV, SVG])
@blp.response(200, ProductRankingOut, headers=DATA_AS_OF)
def show(query: dict[str, Any]) -> Response:
    """The most and the least sold products of a period; where nothing was sold on its days, it says so."""
    return answer(REPORT, query)


def _figures(session: Session, query: Mapping[str, Any]) -> dict[str, Any]:
    records = sales.records(session)
    start, end = query.get("start_date"), query.get("end_date")
    period = requested_period(start, end, records=records, today=lambda: local_date(session))
    if period.reversed or not records.touch(period):
        raise NoSales(period.wording, records)
    totals = sales.product_totals(session, period)
    return product_ranking(period, totals, criterion=query["criterion"], limit=query["limit"])


def _table(report: dict[str, Any]) -> Iterator[list[Any]]:
    yield ["list", "rank", "product__id", "product_name", "units_sold", "revenue"]
    for name in LISTS:
        for rank, row in enumerate(report.get("results", {}).get(name, []), 1):
            yield [name, rank, *row.values()]


def _units(session: Session, query: Mapping[str, Any]) -> Chart:
    """Of the most sold products, or the least sold when only these were asked for."""
    report = _figures(session, query)
    results, period = report.get("results", {}), report["analyzed_period"]
    name = next((name for name in LISTS if name in results), LISTS[0])
    title = f"{name.replace('_', ' ').capitalize()} products, {period['start_date']} to {period['end_date']}"
    rows = results.get(name, [])[:30]
    labels, values = [row["product_name"] for row in rows], [row["units_sold"] for row in rows]
    return Chart(title, labels, values, "product", "units sold", money=False, lying=True)


REPORT = Report(name="product-ranking", figures=_figures, table=_table, charts={"units": _units})
