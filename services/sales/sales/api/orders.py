"""Orders of the point of sale (API document §20–23): quote, create, list, read, pay, cancel, receipt."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from chassis import conditional, idempotency, pagination, web
from chassis.access import current_user
from chassis.blueprint import Blueprint
from chassis.columns import utcnow
from chassis.current import database, reading, settings
from chassis.failpoints import failpoint
from chassis.json import json_response
from chassis.problems import NotFound, Unavailable
from sales import clients, queries
from sales.api import paying, placing, schemas
from sales.domain.models import HELD_METHODS
from sales.usecases.place_order import place_order
from sales.usecases.transitions import cancel_order, pay_order

blp = Blueprint("orders", __name__, tag="Orders", description="Orders of the point of sale and their payment")


@blp.post("/api/orders/")
@blp.doc(operationId="createOrder")
@idempotency.idempotent
@blp.body(schemas.OrderCreate)
@blp.response(201, schemas.OrderCreatedOut)
def create(body: dict[str, Any]) -> Response:
    """Make a PENDING order: takes the stock, prices the lines."""
    began = utcnow()
    draft = placing.draft(**body)
    failpoint("order.held")
    placed = False

    def place(session: Session) -> dict[str, Any]:
        nonlocal placed
        if (utcnow() - began).total_seconds() > settings().hold_sweep_after / 2:
            raise Unavailable  # catalog may be giving this hold up just now: an order without stock is worse than a retry
        answer = place_order(session, draft=draft)
        placed = True
        if answer["customer"] is not None:
            idempotency.about(f"customer:{answer['customer']}")
        return answer

    try:
        response = web.respond(201, place)
    except Exception:
        # Once COMMIT is sent its outcome may be unknown, and a retry with the same key wants this very hold: such
        # holds are left to catalog, which asks before it gives one up.
        if not placed and idempotency.current() is None:
            clients.catalog().release(draft.uid, account_id=current_user().account_id, never_made=True)
        raise
    failpoint("order.committed")
    return response


@blp.post("/api/orders/quote/")
@blp.doc(operationId="quoteOrder")
@blp.body(schemas.OrderCreate)
@blp.response(200, schemas.QuoteOut)
def quote(body: dict[str, Any]) -> Response:
    """What this order would cost now, and why; makes and takes nothing."""
    return json_response(placing.quoted(**body))


@blp.get("/api/orders/")
@blp.doc(operationId="listOrders")
@blp.query(schemas.OrderQuery)
@blp.response(200, schemas.OrderOut(many=True))
def list_orders(query: dict[str, Any]) -> Response:
    """The account's orders, newest first."""
    with reading() as session:
        statement = queries.orders_matching(session, query)
        return pagination.listed(session, statement, query, lambda rows: _page(session, rows), whole_page=True)


def _page(session: Session, orders: Sequence[Any]) -> list[dict[str, Any]] | Iterator[list[dict[str, Any]]]:
    """The page's orders; with very many lines, portion by portion."""
    page = queries.order_page(session, orders)
    if page is not None:
        return page
    # Sent after the request's own session has ended, by sessions of their own: a slow client holds no connection.
    held, account = database(), current_user().account_id

    def portion(part: list[Any]) -> list[dict[str, Any]]:
        with held.read(account) as later:
            return queries.order_answers(later, part)

    return map(portion, queries.portions(session, orders))


@blp.get("/api/orders/<int:order_id>/")
@blp.doc(operationId="getOrder")
@blp.response(200, schemas.OrderOut)
def detail(order_id: int) -> Response:
    """One order."""
    with reading() as session:
        order = queries.find_order(session, order_id)
    if order is None:
        raise NotFound
    return conditional.detail(order)


@blp.post("/api/orders/<int:order_id>/pay/")
@blp.doc(operationId="payOrder")
@idempotency.idempotent
@blp.body(schemas.OrderPay)
@blp.response(200, schemas.OrderPaidOut)
def pay(body: dict[str, Any], order_id: int) -> Response:
    """Record the payment of a PENDING order; points and credit are taken from its customer."""
    if body["payment_method"] in HELD_METHODS:
        return paying.pay_with_hold(order_id=order_id, **body)
    return web.respond(200, pay_order, order_id=order_id, **body)


@blp.post("/api/orders/<int:order_id>/cancel/")
@blp.doc(operationId="cancelOrder")
@idempotency.idempotent
@blp.body(schemas.OrderCancel)
@blp.response(200, schemas.OrderCancelledOut)
def cancel(_body: dict[str, Any], order_id: int) -> Response:
    """Cancel a PENDING order and give its stock back."""
    order: dict[str, Any] = {}

    def run(session: Session) -> dict[str, str]:
        order.update(cancel_order(session, order_id=order_id))
        return {
            "status": "Order cancelled",
            "detail": f"La orden {order_id} fue cancelada y el stock restaurado.",
        }

    response = web.respond(200, run)
    failpoint("cancel.committed")
    # OrderCancelled restores the stock for certain; this makes it so by the time the user reads the answer.
    clients.catalog().release(order["uid"], account_id=order["account_id"])
    return response
