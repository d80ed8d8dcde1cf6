"""What becomes of orders, heard from sales: payment holds are settled, and purchases bring points and loyalty."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from chassis import logs
from customers.usecases.frequent import Visit, note_visits
from customers.usecases.holds import carry_out, settle_holds
from customers.usecases.locks import lock_customers
from customers.usecases.points import Earning, earn_points

_log = logs.get(__name__)


@dataclass(frozen=True, slots=True)
class PaidOrder:
    """An order that was paid; `customer_id` is None for an anonymous sale, `points` is what the till promised."""

    uid: str
    ticket_folio: str
    customer_id: int | None
    payment_method: str
    points: int
    paid_at: datetime


def settle_orders(
    session: Session, *, paid: Sequence[PaidOrder], cancelled: Collection[str], default_credit_limit: Decimal
) -> None:
    """Once for each order of the account in force, whatever is told how often. A customer who never was is logged.

    `default_credit_limit` is what a customer without a credit line gets on becoming frequent.
    """
    holds = settle_holds(session, paid={order.uid: order.payment_method for order in paid}, cancelled=cancelled)
    buyers = {order.customer_id for order in paid if order.customer_id is not None}
    known = lock_customers(session, buyers | holds.customer_ids)
    carry_out(session, holds)
    earnings, visits = [], []
    for order in paid:
        if order.customer_id is None:
            continue
        if order.customer_id not in known:
            _log.warning("order_of_unknown_customer", customer_id=order.customer_id, order_uid=order.uid)
            continue
        visits.append(Visit(order.customer_id, order.paid_at))
        if order.points > 0:
            earnings.append(Earning(order.uid, order.ticket_folio, order.customer_id, order.points, order.paid_at))
    earn_points(session, earnings=earnings)
    note_visits(session, visits=visits, known=known, default_credit_limit=default_credit_limit)
