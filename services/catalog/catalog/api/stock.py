"""`/api/products/{id}/adjust/` and `/movements/`: stock corrected by hand, and the ledger to look at."""

from __future__ import annotations

from typing import Any

from flask import Response

from catalog import ledger, queries
from catalog.api.schemas import ProductOut
from catalog.api.stock_schemas import Adjustment, MovementOut, MovementQuery
from catalog.usecases.stock import adjust_stock
from chassis import conditional, idempotency, pagination, web
from chassis.access import current_user, roles
from chassis.blueprint import Blueprint
from chassis.current import reading
from chassis.problems import NotFound

blp = Blueprint("stock", __name__, tag="Stock", description="Corrections of stock, and every movement of it.")


@blp.post("/api/products/<int:product_id>/adjust/")
@blp.doc(operationId="adjustStock")
@idempotency.idempotent
@blp.body(Adjustment)
@blp.response(200, ProductOut)
def adjust(body: dict[str, Any], product_id: int) -> Response:
    """Add `delta` units to what is there, or take them off; unlike a new `current_stock` it needs no fresh reading."""
    return web.respond(
        200, adjust_stock, product_id=product_id, actor_uid=current_user().uid, precondition=conditional.check_if_match,
        **body,
    )  # fmt: skip


@blp.get("/api/products/<int:product_id>/movements/")
@blp.doc(operationId="listStockMovements")
@roles("ADMIN", "OWNER")
@blp.query(MovementQuery)
@blp.response(200, MovementOut(many=True))
def list_movements(query: dict[str, Any], product_id: int) -> Response:
    """A product's movements, newest first, each with the stock after it."""
    with reading() as session:
        if queries.find_product(session, product_id) is None:
            raise NotFound
        return pagination.listed(session, ledger.movements(session, product_id, query), query, ledger.movement_out)
