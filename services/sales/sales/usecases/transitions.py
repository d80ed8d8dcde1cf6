"""PENDING → PAID or CANCELLED: one conditional UPDATE decides who wins, so that nothing is paid twice or paid and cancelled."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, NoReturn

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from chassis.columns import utcnow
from chassis.messaging.outbox import emit
from chassis.prepared import prepared
from chassis.problems import NotFound, Problem, Unavailable
from sales.domain import facts
from sales.domain.errors import NotCancellable, NotPayable
from sales.domain.facts import Row
from sales.domain.models import CANCELLED, PAID, PENDING, Order
from sales.domain.pricing import points_for
from sales.queries import ORDER_COLUMNS, lines_of, lines_of_all

REQUESTED, EXPIRED = "requested", "expired"

_NO_CLAIM: dict[Any, Any] = {Order.claim_token: None, Order.claimed_until: None}
_IF_PENDING = update(Order).where(Order.id == bindparam("order_id"), Order.status == PENDING).values(_NO_CLAIM)
_TO_PAID = _IF_PENDING.values(
    status=PAID,
    payment_method=bindparam("method"),
    paid_at=bindparam("now"),
    version=Order.version + 1,
).returning(*ORDER_COLUMNS)
_PAY = prepared(_TO_PAID)
_PAY_CLAIMED = prepared(_TO_PAID.where(Order.claim_token == bindparam("token"), Order.claimed_until > bindparam("now")))
_CANCEL = prepared(
    _IF_PENDING.values(
        status=CANCELLED,
        cancelled_at=bindparam("now"),
        cancel_reason=REQUESTED,
        version=Order.version + 1,
    ).returning(*ORDER_COLUMNS)
)


def pay_order(session: Session, *, order_id: int, payment_method: str) -> dict[str, Any]:
    """Record the payment; answers as API document §21, with the points that the customer earns."""
    order = _PAY(session, order_id=order_id, method=payment_method, now=utcnow()).mappings().first()
    if order is None:
        refuse(session, order_id, NotPayable())
    return _told(session, order)


def pay_claimed_order(session: Session, *, order_id: int, payment_method: str, token: str) -> dict[str, Any]:
    """The same with what customers holds for the order; Unavailable when the claim `token` is over or somebody else's."""
    paid = _PAY_CLAIMED(session, order_id=order_id, method=payment_method, now=utcnow(), token=token)
    order = paid.mappings().first()
    if order is None:
        refuse(session, order_id, NotPayable(), otherwise=Unavailable())
    return _told(session, order)


def _told(session: Session, order: Row) -> dict[str, Any]:
    points = points_for(order["final_amount"]) if order["customer_id"] is not None else 0
    data = facts.order_paid(order, lines_of(session, order["id"]), points_earned=points)
    emit(session, "OrderPaid", subject=order["uid"], version=order["version"], data=data)
    return {
        "id": order["id"],
        "status": order["status"],
        "payment_method": order["payment_method"],
        "paid_at": order["paid_at"],
        "final_amount": order["final_amount"],
        "points_earned": points,
    }


def cancel_order(session: Session, *, order_id: int) -> Row:
    """Cancel it at somebody's request; returns the order as it is now."""
    order = _CANCEL(session, order_id=order_id, now=utcnow()).mappings().first()
    if order is None:
        refuse(session, order_id, NotCancellable())
    data = facts.order_cancelled(order, lines_of(session, order_id))
    emit(session, "OrderCancelled", subject=order["uid"], version=order["version"], data=data)
    return order


def expire_orders(session: Session, *, older_than: timedelta, limit: int) -> int:
    """Cancel the oldest orders of all accounts that nobody paid in time, at most `limit`; returns how many."""
    now = utcnow()
    overdue = (
        select(Order.id)
        .where(Order.status == PENDING, Order.created_at < now - older_than)
        .order_by(Order.created_at)
        .limit(limit)
        # PostgreSQL: two sweeps at once share the work instead of waiting, or deadlocking, on each other.
        .with_for_update(skip_locked=True)
    )
    ids = session.execute(overdue).scalars().all()
    if not ids:
        return 0
    orders = (
        session.execute(
            update(Order)
            .where(Order.id.in_(ids), Order.status == PENDING)
            .values(_NO_CLAIM)
            .values(status=CANCELLED, cancelled_at=now, cancel_reason=EXPIRED, version=Order.version + 1)
            .returning(*ORDER_COLUMNS)
            .execution_options(synchronize_session=False)
        )
        .mappings()
        .all()
    )
    lines = lines_of_all(session, [order["id"] for order in orders])
    for order in orders:
        emit(
            session,
            "OrderCancelled",
            subject=order["uid"],
            version=order["version"],
            data=facts.order_cancelled(order, lines[order["id"]]),
            account_id=order["account_id"],
        )
    return len(orders)


def refuse(session: Session, order_id: int, settled: Problem, *, otherwise: Problem | None = None) -> NoReturn:
    """Say why an order did not change: NotFound, `settled` when it is not PENDING (any more), or `otherwise`."""
    status = session.execute(select(Order.status).where(Order.id == order_id)).scalar()
    if status is None:
        raise NotFound
    raise otherwise if otherwise is not None and status == PENDING else settled
