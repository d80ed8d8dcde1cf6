"""`/api/suppliers/`: for ADMIN and OWNER only."""

from __future__ import annotations

from typing import Any

from flask import Response

from catalog import queries
from catalog.api.schemas import SupplierCreate, SupplierOut, SupplierPatch, SupplierQuery
from catalog.usecases.suppliers import create_supplier, delete_supplier, update_supplier
from chassis import conditional, idempotency, pagination, web
from chassis.access import roles
from chassis.blueprint import Blueprint
from chassis.current import reading
from chassis.problems import NotFound

blp = Blueprint("suppliers", __name__, tag="Suppliers", description="Who delivers goods.")


@blp.get("/api/suppliers/")
@blp.doc(operationId="listSuppliers")
@roles("ADMIN", "OWNER")
@blp.query(SupplierQuery)
@blp.response(200, SupplierOut(many=True))
def list_suppliers(query: dict[str, Any]) -> Response:
    """The account's suppliers; `search` looks at name, RFC, contact and phone number."""
    with reading() as session:
        return pagination.listed(session, queries.suppliers(query), query, queries.supplier_out)


@blp.post("/api/suppliers/")
@blp.doc(operationId="createSupplier")
@roles("ADMIN", "OWNER")
@idempotency.idempotent
@blp.body(SupplierCreate)
@blp.response(201, SupplierOut)
def create(body: dict[str, Any]) -> Response:
    """A new supplier."""
    return web.respond(201, create_supplier, fields=body)


@blp.get("/api/suppliers/<int:supplier_id>/")
@blp.doc(operationId="getSupplier")
@roles("ADMIN", "OWNER")
@blp.response(200, SupplierOut)
def retrieve(supplier_id: int) -> Response:
    """One supplier."""
    with reading() as session:
        supplier = queries.find_supplier(session, supplier_id)
    if supplier is None:
        raise NotFound
    return conditional.detail(queries.supplier_out(supplier))


@blp.route("/api/suppliers/<int:supplier_id>/", methods=["PUT", "PATCH"])
@blp.doc(operationId="updateSupplier")
@roles("ADMIN", "OWNER")
@blp.body(SupplierPatch, partial=True)
@blp.response(200, SupplierOut)
def change(body: dict[str, Any], supplier_id: int) -> Response:
    """Change a supplier: the given fields, by both methods."""
    return web.respond(
        200, update_supplier, supplier_id=supplier_id, changes=body, precondition=conditional.check_if_match
    )


@blp.delete("/api/suppliers/<int:supplier_id>/")
@blp.doc(operationId="deleteSupplier")
@roles("ADMIN", "OWNER")
@blp.response(204)
def delete(supplier_id: int) -> Response:
    """Delete a supplier that no product names."""
    return web.respond(204, delete_supplier, supplier_id=supplier_id, precondition=conditional.check_if_match)
