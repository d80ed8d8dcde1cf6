"""`/api/customers/{id}/pay-credit/` and `…/credit-history/`: the store credit (001, 16–18)."""

from __future__ import annotations

from typing import Any

from flask import Response

from chassis import idempotency, web
from chassis.access import current_user
from chassis.blueprint import Blueprint
from chassis.current import reading
from chassis.pagination import listed
from customers import queries
from customers.api.schemas import CreditHistoryQuery, CreditPayment, CreditPaymentOut, CreditTransactionOut
from customers.usecases import credit

blp = Blueprint("credit", __name__, tag="Store credit", description="The store credit of customers.")


@blp.post("/api/customers/<int:customer_id>/pay-credit/")
@blp.doc(operationId="payCredit")
@idempotency.idempotent
@blp.body(CreditPayment)
@blp.response(200, CreditPaymentOut)
def pay_credit(body: dict[str, Any], customer_id: int) -> Response:
    """Take a payment off a customer's debt; more than the debt ends at 0.00."""
    return web.respond(200, credit.pay_credit, customer_id=customer_id, actor_uid=current_user().uid, **body)


@blp.get("/api/customers/<int:customer_id>/credit-history/")
@blp.doc(operationId="listCreditHistory")
@blp.query(CreditHistoryQuery)
@blp.response(200, CreditTransactionOut(many=True))
def history(query: dict[str, Any], customer_id: int) -> Response:
    """A customer's charges, payments and adjustments of credit, newest first."""
    with reading() as session:
        return listed(session, queries.credit_history(session, customer_id, query), query, lambda row: row._asdict())
