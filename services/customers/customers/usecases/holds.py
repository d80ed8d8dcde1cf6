"""Points and credit for an order: held before sales marks it paid, confirmed by `OrderPaid`, else given back.

A hold takes from the balance at once, and its ledger shows it. Every path takes the holds' rows first and the customers'
after them, in the order of their ids.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Row, bindparam, select, update
from sqlalchemy.orm import Session

from chassis import logs
from chassis.columns import UtcDateTime
from chassis.db import utcnow
from chassis.money import text
from chassis.prepared import prepared, prepared_insert
from chassis.problems import Problem
from customers.domain.errors import HoldRefused
from customers.domain.models import ADJUSTMENT, CHARGE, CONFIRMED, CREDIT, HELD, POINTS, REDEEM, RELEASED, PaymentHold
from customers.domain.payments import points_for
from customers.queries import customer_row
from customers.usecases.balances import Reason, change_points, charge_credit, give_back_points, reduce_credit
from customers.usecases.locks import lock_customers

_CONTENT = ("customer_id", "payment_method", "amount")
_COLUMNS = (
    PaymentHold.order_uid, PaymentHold.ticket_folio, PaymentHold.user_uid, PaymentHold.customer_id,
    PaymentHold.payment_method, PaymentHold.amount, PaymentHold.state,
)  # fmt: skip
_NOW = bindparam("now", type_=UtcDateTime)
_OF_ORDER = PaymentHold.order_uid == bindparam("uid")
_CLAIM = prepared_insert(PaymentHold, returning=[PaymentHold.order_uid], or_ignore=True)
_CLAIM_AGAIN = prepared(
    update(PaymentHold)
    .where(_OF_ORDER, PaymentHold.state == RELEASED)
    .values(
        state=HELD, created_at=_NOW, settled_at=None, ticket_folio=bindparam("folio"), user_uid=bindparam("user"),
        customer_id=bindparam("customer"), payment_method=bindparam("method"),
        amount=bindparam("total", type_=PaymentHold.amount.type),
    )
    .returning(PaymentHold.order_uid)
)  # fmt: skip
_RENEW = prepared(
    update(PaymentHold).where(_OF_ORDER, PaymentHold.state == HELD).values(created_at=_NOW).returning(*_COLUMNS)
)
_FIND = prepared(select(*_COLUMNS).where(_OF_ORDER))
# Every paid order goes through this one, though hardly any has a hold to give back.
_RELEASE = prepared(
    update(PaymentHold)
    .where(PaymentHold.order_uid.in_(bindparam("uids", expanding=True)), PaymentHold.state == HELD)
    .values(state=RELEASED, settled_at=_NOW)
    .returning(*_COLUMNS)
)
_log = logs.get(__name__)


@dataclass(frozen=True, slots=True)
class Settled:
    """Holds whose state was just decided against what they took: to be given back, and to be taken once more."""

    released: Sequence[Row[Any]]
    lost: Sequence[Row[Any]]

    @property
    def customer_ids(self) -> set[int]:
        return {hold.customer_id for hold in (*self.released, *self.lost)}


def place_hold(
    session: Session,
    *,
    order_uid: str,
    ticket_folio: str,
    user_uid: str,
    customer_id: int,
    payment_method: str,
    amount: Decimal,
) -> dict[str, Any]:
    """Take what pays `amount` from a living customer's points or credit. Asked the same again it answers the same.

    HoldRefused when the order holds another payment; NotFound, NotEnoughPoints, CreditExceeded.
    """
    hold = {
        "order_uid": order_uid, "ticket_folio": ticket_folio, "user_uid": user_uid, "customer_id": customer_id,
        "payment_method": payment_method, "amount": amount,
    }  # fmt: skip
    if _claimed(session, hold):
        customer_row(session, customer_id)
        _take(session, hold)
    else:
        _same_again(session, hold)
    return {
        "order_uid": order_uid,
        "customer_id": customer_id,
        "payment_method": payment_method,
        "amount": text(amount),
        "points": points_for(amount) if payment_method == POINTS else None,
    }


def release_holds(session: Session, order_uids: Collection[str], *, held_before: datetime | None = None) -> None:
    """Give back what these orders hold; one that is confirmed, released or unknown changes nothing.

    `held_before` spares a hold that was taken or renewed later: its payment may be on its way.
    """
    older = [] if held_before is None else [PaymentHold.created_at < held_before]
    settled = Settled(_move(session, order_uids, RELEASED, *older), [])
    lock_customers(session, settled.customer_ids)
    carry_out(session, settled)


def settle_paid(session: Session, paid: Mapping[str, str]) -> None:
    """Settle the holds of paid orders (order uid → payment method), from beginning to end."""
    settled = settle_holds(session, paid=paid, cancelled=())
    lock_customers(session, settled.customer_ids)
    carry_out(session, settled)


def settle_holds(session: Session, *, paid: Mapping[str, str], cancelled: Collection[str]) -> Settled:
    """Confirm the holds of orders that were paid with them (`paid`: order uid → payment method); release all others.

    Only the holds' rows are touched: lock the customers, and then `carry_out` what it returns.
    """
    lost: list[Row[Any]] = []
    for method in (POINTS, CREDIT):
        uids = {uid for uid, paid_with in paid.items() if paid_with == method}
        if not uids:
            continue
        confirmed = _move(session, uids, CONFIRMED, PaymentHold.payment_method == method)
        missing = uids - {hold.order_uid for hold in confirmed}
        # Sales may only pay with a hold that is young; should it ever be late, what was given back is taken again.
        lost += _move(session, missing, CONFIRMED, PaymentHold.payment_method == method, state=RELEASED)
    settled = sorted({*paid, *cancelled})
    return Settled(_RELEASE(session, uids=settled, now=utcnow()).all() if settled else [], lost)


def carry_out(session: Session, settled: Settled) -> None:
    """Give back what was released and take again what was lost; the customers are locked already."""
    for hold in sorted(settled.released, key=lambda hold: hold.customer_id):
        _give_back(session, hold)
    for hold in sorted(settled.lost, key=lambda hold: hold.customer_id):
        try:
            _take(session, hold._asdict())
        except Problem as problem:
            _log.error("paid_order_not_covered", order_uid=hold.order_uid, amount=hold.amount, reason=problem.detail)


def _claimed(session: Session, hold: Mapping[str, Any]) -> bool:
    """Whether the order's hold is new or was given back before; another transaction at the same order is waited for."""
    if _CLAIM(session, {**hold, "state": HELD, "created_at": utcnow()}).first() is not None:
        return True
    again = _CLAIM_AGAIN(
        session, uid=hold["order_uid"], now=utcnow(), folio=hold["ticket_folio"], user=hold["user_uid"],
        customer=hold["customer_id"], method=hold["payment_method"], total=hold["amount"],
    )  # fmt: skip
    return again.first() is not None


def _same_again(session: Session, hold: Mapping[str, Any]) -> None:
    uid = hold["order_uid"]
    found = _RENEW(session, uid=uid, now=utcnow()).first() or _FIND(session, uid=uid).first()
    if found is None or any(getattr(found, name) != hold[name] for name in _CONTENT):
        raise HoldRefused


def _take(session: Session, hold: Mapping[str, Any]) -> None:
    if not hold["amount"]:
        return
    kind = REDEEM if hold["payment_method"] == POINTS else CHARGE
    why = Reason(kind, f"Purchase - Ticket #{hold['ticket_folio']}", hold["order_uid"], hold["user_uid"])
    if kind == REDEEM:
        change_points(session, hold["customer_id"], -points_for(hold["amount"]), why, total=hold["amount"])
    else:
        charge_credit(session, hold["customer_id"], hold["amount"], why)


def _give_back(session: Session, hold: Row[Any]) -> None:
    if not hold.amount:
        return
    why = Reason(ADJUSTMENT, f"Not paid - Ticket #{hold.ticket_folio}", hold.order_uid)
    if hold.payment_method == POINTS:
        give_back_points(session, hold.customer_id, points_for(hold.amount), why)
    else:
        reduce_credit(session, hold.customer_id, hold.amount, why, sign=-1, living=False)


def _move(
    session: Session, uids: Collection[str], to: str, *conditions: ColumnElement[bool], state: str = HELD
) -> list[Row[Any]]:
    """Bring those of the orders' holds that are in `state` into another one; returns them."""
    if not uids:
        return []
    those = update(PaymentHold).where(PaymentHold.order_uid.in_(sorted(uids)), PaymentHold.state == state, *conditions)
    return list(session.execute(those.values(state=to, settled_at=utcnow()).returning(*_COLUMNS)))
