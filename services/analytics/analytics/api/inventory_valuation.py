"""`/api/analytics/inventory-valuation/`: what the stock cost and would bring (001, 31 b)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from analytics.api.answers import CSV, DATA_AS_OF, Report, answer
from analytics.api.schemas import InventoryValuationOut, ValuationQuery
from analytics.domain.inventory import NothingInStock, inventory_valuation
from analytics.queries import stock
from chassis.access import roles
from chassis.blueprint import Blueprint
from chassis.tenants import local_date

blp = Blueprint("inventory valuation", __name__, tag="Reports", description="The value of the stock.")


@blp.get("/api/analytics/inventory-valuation/")
@blp.doc(operationId="getInventoryValuation")
@roles("ADMIN", "OWNER")
@blp.query(ValuationQuery)
@blp.files(response=[CSV])
@blp.response(200, InventoryValuationOut, headers=DATA_AS_OF)
def show(query: dict[str, Any]) -> Response:
    """What the stock is worth at today's prices: all of it, or the product with that SKU or name."""
    return answer(REPORT, query)


def _figures(session: Session, query: Mapping[str, Any]) -> dict[str, Any]:
    scope, product_id = "Entire Inventory", None
    if identifier := query.get("product_identifier"):
        product = stock.find_product(session, identifier)
        if product is None:
            raise NothingInStock
        scope, product_id = f"Specific Product: {identifier}", product.product_id
    cost, value, products = stock.stock_value(session, product_id)
    if not products:
        raise NothingInStock
    discounted = stock.discounted_stock(session, product_id, local_date(session))
    return inventory_valuation(scope, cost=cost, list_value=value, discounted=discounted)


def _table(report: dict[str, Any]) -> Iterator[list[Any]]:
    yield ["scope", *report["financial_metrics"]]
    yield [report["scope"], *report["financial_metrics"].values()]


REPORT = Report(name="inventory-valuation", figures=_figures, table=_table)
