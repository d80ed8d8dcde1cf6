"""`/api/v1/order`: orders of wholesale clients and other systems, and their items (004, Order)."""

from __future__ import annotations

from typing import Any

from flask import Response

from chassis import b2b
from chassis.access import STAFF, roles
from chassis.blueprint import Blueprint
from chassis.current import reading
from chassis.problems import Invalid, NotFound
from chassis.schemas import Uid
from chassis.text import cut
from sales import b2b_queries
from sales.api.b2b_references import known_products, known_users, own_terms, own_uid
from sales.api.b2b_schemas import B2BItemKey, B2BItemOut, B2BItemUpsert, B2BOrderOut, B2BOrderStatus, B2BOrderUpsert
from sales.domain.b2b_orders import STATUSES
from sales.usecases.b2b_items import delete_item, delete_items, upsert_items
from sales.usecases.b2b_orders import change_statuses, delete_orders, upsert_orders

blp = Blueprint("b2b_orders", __name__, tag="B2B orders", description="B2B orders and their items.")

_ALL = "/api/v1/order"
_ONE = "/api/v1/order/<uid>"
_EVERYONE = (*STAFF, "CLIENT")


@blp.post(_ALL)
@blp.doc(operationId="upsertB2BOrders")
@roles(*_EVERYONE)
@blp.batch(B2BOrderUpsert)
@blp.response(200, b2b.UIDS)
def upsert(elements: list[dict[str, Any]]) -> Response:
    """Create or change orders; fields that are left out stay. The uids, in the order of the elements."""
    known = known_users(elements)
    return b2b.respond(upsert_orders, elements=elements, known_users=known, own_uid=own_uid())


@blp.get(_ALL)
@blp.doc(operationId="listB2BOrders")
@roles(*_EVERYONE)
@blp.query(b2b.OffsetQuery)
@blp.response(200, b2b.page(B2BOrderOut))
def index(query: dict[str, Any]) -> Response:
    """The orders by age; a CLIENT sees its own."""
    with reading() as session:
        return b2b.listed(session, b2b_queries.orders(own_uid()), query, b2b_queries.order_out)


@blp.get(_ONE)
@blp.doc(operationId="getB2BOrder")
@roles(*_EVERYONE)
@blp.response(200, b2b.one(B2BOrderOut))
def retrieve(uid: str) -> Response:
    """One order; for a CLIENT only its own are there."""
    with reading() as session:
        row = b2b_queries.find_order(session, uid, own_uid())
    return b2b.found(row and b2b_queries.order_out(row))


@blp.delete(_ONE)
@blp.doc(operationId="deleteB2BOrder")
@blp.response(200, b2b.DONE)
def delete(uid: str) -> Response:
    """Delete an order and its items."""
    return b2b.done("order deleted successfully", delete_orders, uids=[uid], unknown=NotFound)


@blp.delete(_ALL)
@blp.doc(operationId="deleteB2BOrders")
@blp.batch(Uid)
@blp.response(200, b2b.DONE)
def delete_batch(uids: list[str]) -> Response:
    """Delete orders and their items; unknown uids are ignored."""
    return b2b.done("orders deleted successfully", delete_orders, uids=uids)


@blp.get("/api/v1/order/user/<user_uid>")
@blp.doc(operationId="listB2BOrdersOfUser")
@roles(*_EVERYONE)
@blp.query(b2b.OffsetQuery)
@blp.response(200, b2b.page(B2BOrderOut))
def of_user(query: dict[str, Any], user_uid: str) -> Response:
    """The orders of a user or client by age; nobody else's are there for a CLIENT."""
    if own_uid() not in (None, user_uid):
        raise NotFound
    with reading() as session:
        return b2b.listed(session, b2b_queries.orders(None, user_uid=user_uid), query, b2b_queries.order_out)


@blp.get("/api/v1/order/status/<status>")
@blp.doc(operationId="listB2BOrdersOfStatus")
@roles(*_EVERYONE)
@blp.query(b2b.OffsetQuery)
@blp.response(200, b2b.page(B2BOrderOut))
def of_status(query: dict[str, Any], status: str) -> Response:
    """The orders of a status by age; a CLIENT sees its own."""
    if status not in STATUSES:
        raise Invalid({"status": [f'"{cut(status)}" is not a valid choice.']})
    with reading() as session:
        return b2b.listed(session, b2b_queries.orders(own_uid(), status=status), query, b2b_queries.order_out)


@blp.put("/api/v1/order/status")
@blp.doc(operationId="setB2BOrderStatus")
@roles(*_EVERYONE)
@blp.batch(B2BOrderStatus)
@blp.response(200, b2b.DONE)
def change_status(elements: list[dict[str, Any]]) -> Response:
    """Move orders on; a CLIENT may cancel its pending ones."""
    return b2b.done("order statuses updated successfully", change_statuses, elements=elements, own_uid=own_uid())


@blp.post("/api/v1/order/item")
@blp.doc(operationId="upsertB2BOrderItems")
@roles(*_EVERYONE)
@blp.batch(B2BItemUpsert, unique=("order_uid", "product_uid"))
@blp.response(200, b2b.DONE)
def upsert_item_batch(elements: list[dict[str, Any]]) -> Response:
    """Put products on orders or change them there; a CLIENT says which and how many, the catalogue what they cost."""
    products, terms = known_products(elements), own_terms()
    return b2b.done("order items updated successfully", upsert_items, elements=elements, products=products, terms=terms)


@blp.get("/api/v1/order/<uid>/items")
@blp.doc(operationId="listB2BOrderItems")
@roles(*_EVERYONE)
@blp.query(b2b.WholeQuery)
@blp.response(200, b2b.page(B2BItemOut))
def items(query: dict[str, Any], uid: str) -> Response:
    """An order's items."""
    with reading() as session:
        if (order := b2b_queries.find_order(session, uid, own_uid())) is None:
            raise NotFound
        return b2b.listed(session, b2b_queries.items(order.id), query, b2b_queries.item_out)


@blp.delete("/api/v1/order/<order_uid>/item/<product_uid>")
@blp.doc(operationId="deleteB2BOrderItem")
@roles(*_EVERYONE)
@blp.response(200, b2b.DONE)
def delete_one_item(order_uid: str, product_uid: str) -> Response:
    """Take one product off an order."""
    key = {"order_uid": order_uid, "product_uid": product_uid}
    return b2b.done("order item deleted successfully", delete_item, key=key, own_uid=own_uid())


@blp.delete("/api/v1/order/items")
@blp.doc(operationId="deleteB2BOrderItems")
@roles(*_EVERYONE)
@blp.batch(B2BItemKey, unique=("order_uid", "product_uid"))
@blp.response(200, b2b.DONE)
def delete_item_batch(keys: list[dict[str, Any]]) -> Response:
    """Take products off orders; unknown ones are ignored."""
    return b2b.done("order items deleted successfully", delete_items, keys=keys, own_uid=own_uid())
