"""`/internal/`: what other services may ask directly; the gateway doesn't route it."""

from __future__ import annotations

from typing import Any

from flask import Response

from chassis import web
from chassis.access import internal
from chassis.blueprint import Blueprint
from chassis.current import reading
from chassis.failpoints import failpoint
from chassis.json import json_response
from chassis.schemas import Uids
from customers import client_queries, queries
from customers.api.client_schemas import FoundClientsOut
from customers.api.schemas import CustomerFactsOut, PaymentHoldCreate, PaymentHoldOut
from customers.domain.facts import customer_facts
from customers.usecases.holds import place_hold, release_holds

blp = Blueprint("internal", __name__)


@blp.get("/internal/customers/<int:customer_id>/")
@internal("sales")
@blp.response(200, CustomerFactsOut)
def show(customer_id: int) -> Response:
    """A living customer's facts, for a service whose own copy does not know the customer (yet)."""
    with reading() as session:
        row = queries.customer_row(session, customer_id)
    return json_response({**customer_facts(row), "version": row.version})


@blp.post("/internal/holds/")
@internal("sales")
@blp.body(PaymentHoldCreate)
@blp.response(200, PaymentHoldOut)
def hold(body: dict[str, Any]) -> Response:
    """Take points or credit for an order before it is marked paid; idempotent by `order_uid`."""
    answer = web.respond(200, place_hold, **body)
    failpoint("hold.committed")
    return answer


@blp.post("/internal/holds/<order_uid>/release/")
@internal("sales")
@blp.response(204)
def release(order_uid: str) -> Response:
    """Give back what an order holds; again, or for an unknown or confirmed one, it changes nothing."""
    return web.respond(204, release_holds, [order_uid])


@blp.post("/internal/clients/")
@internal("sales")
@blp.body(Uids)
@blp.response(200, FoundClientsOut)
def clients(body: dict[str, Any]) -> Response:
    """The living clients of these uids, for what refers to them; unknown ones are left out."""
    with reading() as session:
        return json_response({"clients": client_queries.found_clients(session, **body)})
