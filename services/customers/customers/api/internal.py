"""`/internal/`: what other services may ask directly; the gateway doesn't route it."""

from __future__ import annotations

from flask import Response

from chassis.access import internal
from chassis.blueprint import Blueprint
from chassis.current import reading
from chassis.json import json_response
from customers import queries
from customers.api.schemas import CustomerFactsOut
from customers.domain.facts import customer_facts

blp = Blueprint("internal", __name__)


@blp.get("/internal/customers/<int:customer_id>/")
@internal("sales")
@blp.response(200, CustomerFactsOut)
def show(customer_id: int) -> Response:
    """A living customer's facts, for a service whose own copy does not know the customer (yet)."""
    with reading() as session:
        row = queries.customer_row(session, customer_id)
    return json_response({**customer_facts(row), "version": row.version})
