"""`/api/products/`: the till's look-ups, changes, and the reservations of carts."""

from __future__ import annotations

from typing import Any

from flask import Response

from catalog import queries
from catalog.api.actors import current_actor
from catalog.api.schemas import ProductCreate, ProductOut, ProductPatch, ProductQuery, Reservation, ReservationOut
from catalog.usecases.carts import reserve_stock
from catalog.usecases.products import create_product, delete_product, update_product
from chassis import conditional, idempotency, pagination, web
from chassis.access import current_user, roles
from chassis.blueprint import Blueprint
from chassis.current import reading, settings
from chassis.json import json_response
from chassis.problems import NotFound

blp = Blueprint("products", __name__, tag="Products", description="What is sold, and how much of it there is.")


@blp.get("/api/products/")
@blp.doc(operationId="listProducts")
@blp.query(ProductQuery)
@blp.response(200, ProductOut(many=True))
def list_products(query: dict[str, Any]) -> Response:
    """The account's products, active ones unless `is_active=false`; `sku` finds one by its barcode."""
    with reading() as session:
        if query.keys() == {"sku"}:  # the till's scanner
            found = [queries.product_out(row) for row in queries.products_by_sku(session, query["sku"])]
            return json_response(found, 200, {"X-Total-Count": str(len(found))})
        statement, present = queries.products(query), queries.at_present(session)
        return pagination.listed(session, statement, query, queries.product_out, values=present)


@blp.post("/api/products/")
@blp.doc(operationId="createProduct")
@idempotency.idempotent
@blp.body(ProductCreate)
@blp.response(201, ProductOut)
def create(body: dict[str, Any]) -> Response:
    """A new product."""
    return web.respond(201, create_product, fields=body, actor=current_actor())


@blp.get("/api/products/<int:product_id>/")
@blp.doc(operationId="getProduct")
@blp.response(200, ProductOut)
def retrieve(product_id: int) -> Response:
    """One product."""
    with reading() as session:
        product = queries.find_product(session, product_id)
    if product is None:
        raise NotFound
    return conditional.detail(queries.product_out(product))


@blp.route("/api/products/<int:product_id>/", methods=["PUT", "PATCH"])
@blp.doc(operationId="updateProduct")
@blp.body(ProductPatch, partial=True)
@blp.response(200, ProductOut)
def change(body: dict[str, Any], product_id: int) -> Response:
    """Change a product: the given fields, by both methods. A new `current_stock` is booked as an adjustment."""
    return web.respond(
        200, update_product, product_id=product_id, changes=body, actor=current_actor(),
        precondition=conditional.check_if_match,
    )  # fmt: skip


@blp.delete("/api/products/<int:product_id>/")
@blp.doc(operationId="deleteProduct")
@roles("ADMIN", "OWNER")
@blp.response(204)
def delete(product_id: int) -> Response:
    """Delete a product; its SKU becomes free."""
    return web.respond(
        204, delete_product, product_id=product_id, actor=current_actor(), precondition=conditional.check_if_match
    )


@blp.post("/api/products/<int:product_id>/reserve/")
@blp.doc(operationId="reserveStock")
@idempotency.idempotent
@blp.body(Reservation)
@blp.response(200, ReservationOut)
def reserve(body: dict[str, Any], product_id: int) -> Response:
    """Hold stock for a cart (positive `amount`) or give it back (negative)."""
    return web.respond(
        200, reserve_stock, product_id=product_id, user_uid=current_user().uid, minutes=settings().cart_hold_minutes, **body
    )  # fmt: skip
