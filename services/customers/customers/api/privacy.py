"""`/api/customers/{id}/export/` and `…/erase/`: what is kept of a person, and an end to it."""

from __future__ import annotations

from flask import Response

from chassis import idempotency, web
from chassis.access import roles
from chassis.blueprint import Blueprint
from chassis.current import reading
from chassis.json import json_response
from customers import queries
from customers.api.schemas import CustomerExportOut
from customers.usecases.erase_customer import erase_customer

blp = Blueprint("privacy", __name__, tag="Customers", description="A customer's personal data.")


@blp.get("/api/customers/<int:customer_id>/export/")
@blp.doc(operationId="exportCustomer")
@roles("ADMIN", "OWNER")
@blp.response(200, CustomerExportOut)
def export(customer_id: int) -> Response:
    """All that is kept of a customer, a deleted one too, who is not erased."""
    with reading() as session:
        return json_response(queries.exported(session, customer_id), headers={"Cache-Control": "no-store"})


@blp.post("/api/customers/<int:customer_id>/erase/")
@blp.doc(operationId="eraseCustomer")
@roles("ADMIN", "OWNER")
@idempotency.idempotent
@blp.response(204)
def erase(customer_id: int) -> Response:
    """Forget the person for ever, in every service; the ledgers stay without a name."""
    return web.respond(204, erase_customer, customer_id=customer_id)
