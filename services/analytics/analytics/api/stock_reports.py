"""`/api/analytics/reports/low-stock/` and `…/dead-inventory/`: products to buy and products that don't sell (001, 28 and 29)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from flask import Response
from sqlalchemy import Select
from sqlalchemy.orm import Session

from analytics.api.answers import CSV, DATA_AS_OF, Listing, listing
from analytics.api.schemas import DeadInventoryOut, DeadInventoryQuery, LowStockOut, LowStockQuery, NothingOut
from analytics.domain.periods import last_thirty_days, parsed_date
from analytics.queries import sales, stock
from chassis.access import roles
from chassis.blueprint import Blueprint
from chassis.tenants import local_date

blp = Blueprint("stock reports", __name__, tag="Reports", description="Products by their stock.")


@blp.get("/api/analytics/reports/low-stock/")
@blp.doc(operationId="listLowStock")
@roles("ADMIN", "OWNER")
@blp.query(LowStockQuery)
@blp.files(response=[CSV])
@blp.response(200, NothingOut, headers=DATA_AS_OF)
@blp.response(200, LowStockOut(many=True), headers=DATA_AS_OF)
def low_stock(query: dict[str, Any]) -> Response:
    """Products with at most `threshold` units, by default those whose stock is low by their own threshold."""
    return listing(LOW_STOCK, query)


@blp.get("/api/analytics/reports/dead-inventory/")
@blp.doc(operationId="listDeadInventory")
@roles("ADMIN", "OWNER")
@blp.query(DeadInventoryQuery)
@blp.files(response=[CSV])
@blp.response(200, NothingOut, headers=DATA_AS_OF)
@blp.response(200, DeadInventoryOut(many=True), headers=DATA_AS_OF)
def dead_inventory(query: dict[str, Any]) -> Response:
    """Products without a paid sale since `reference_date`, by default since the last 30 days of operation began."""
    return listing(DEAD_INVENTORY, query)


def _low(_session: Session, query: Mapping[str, Any]) -> Select[*tuple[Any, ...]] | None:
    given = query.get("threshold")
    if given is None:
        return stock.low_stock(query, None)
    return stock.low_stock(query, int(given)) if re.fullmatch(r"[+-]?\d{1,18}", given, re.ASCII) else None


def _dead(session: Session, query: Mapping[str, Any]) -> Select[*tuple[Any, ...]] | None:
    given = query.get("reference_date")
    if given is None:
        since = last_thirty_days(sales.records(session).last or local_date(session))
    elif (since := parsed_date(given)) is None:  # type: ignore[assignment]
        return None
    return stock.dead_stock(session, query, since)


LOW_STOCK = Listing(
    name="low-stock",
    rows=_low,
    fields={"name": "name", "current_stock": "current_stock"},
    nothing="No hay productos dentro del umbral establecido.",
)
DEAD_INVENTORY = Listing(
    name="dead-inventory",
    rows=_dead,
    fields={"id": "product_id", "name": "name", "current_stock": "current_stock"},
    nothing="Todos los productos han tenido ventas en este período.",
)
