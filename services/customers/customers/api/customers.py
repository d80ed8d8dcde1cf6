"""`/api/customers/`: register, list, show, change and delete customers (001, 11–13)."""

from __future__ import annotations

from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from chassis import idempotency, web
from chassis.blueprint import Blueprint
from chassis.conditional import check_if_match, detail, etag_of
from chassis.current import reading, writing
from chassis.json import json_response
from chassis.pagination import listed
from customers import queries
from customers.api.schemas import CustomerCreate, CustomerOut, CustomerPatch, CustomerQuery
from customers.usecases.customers import create_customer, delete_customer, update_customer

blp = Blueprint("customers", __name__, tag="Customers", description="Customers of the shop.")

_ONE = "/api/customers/<int:customer_id>/"


@blp.get("/api/customers/")
@blp.doc(operationId="listCustomers")
@blp.query(CustomerQuery)
@blp.response(200, CustomerOut(many=True))
def list_customers(query: dict[str, Any]) -> Response:
    """The customers, by id, without deleted ones; `search` looks at names, phone and e-mail without accents.

    A phone number is found however it is written: `phone_number=5544332211` finds `+52 55 4433 2211`.
    """
    with reading() as session:
        return listed(session, queries.customers(session, query), query, queries.customer_dict)


@blp.post("/api/customers/")
@blp.doc(operationId="createCustomer")
@idempotency.idempotent
@blp.body(CustomerCreate)
@blp.response(201, CustomerOut)
def create(body: dict[str, Any]) -> Response:
    """Register a customer."""

    def register(session: Session) -> dict[str, Any]:
        customer = create_customer(session, **body)
        idempotency.about(f"customer:{customer['id']}")
        return customer

    return web.respond(201, register)


@blp.get(_ONE)
@blp.doc(operationId="getCustomer")
@blp.response(200, CustomerOut)
def show(customer_id: int) -> Response:
    """One customer, with an ETag."""
    with reading() as session:
        return detail(queries.customer_dict(queries.customer_row(session, customer_id)))


@blp.route(_ONE, methods=["PUT", "PATCH"])
@blp.doc(operationId="updateCustomer")
@blp.body(CustomerPatch, partial=True)
@blp.response(200, CustomerOut)
def change(body: dict[str, Any], customer_id: int) -> Response:
    """Change a customer: the fields that are given. With `If-Match`, only if nobody else changed the customer meanwhile."""
    with writing() as session:
        answer = update_customer(session, customer_id=customer_id, changes=body, precondition=check_if_match)
    return json_response(answer, 200, {"ETag": etag_of(answer)})


@blp.delete(_ONE)
@blp.doc(operationId="deleteCustomer")
@blp.response(204)
def delete(customer_id: int) -> Response:
    """Delete a customer; the ledgers stay, phone and e-mail become free."""
    return web.respond(204, delete_customer, customer_id=customer_id, precondition=check_if_match)
