"""A customer's points and debt: each change is one conditional UPDATE, its line in the ledger, and the news of it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, bindparam, select, update
from sqlalchemy.orm import Session

from chassis.columns import Money
from chassis.db import utcnow
from chassis.money import ZERO
from chassis.prepared import Prepared, prepared, prepared_insert
from chassis.problems import NotFound
from customers.domain.errors import CreditExceeded, NotEnoughPoints
from customers.domain.facts import tell_credit_changed, tell_points_changed
from customers.domain.models import CreditTransaction, Customer, Points, PointsTransaction
from customers.queries import LIVING

_DELTA = bindparam("delta", type_=Points)
_SUM = bindparam("sum", type_=Money)
_BALANCES = (
    Customer.id, Customer.uid, Customer.version, Customer.current_points, Customer.credit_limit, Customer.credit_used,
)  # fmt: skip


def _change(*conditions: Any, **values: Any) -> Prepared:
    changed = update(Customer).where(Customer.id == bindparam("customer"), *conditions)
    return prepared(changed.values(version=Customer.version + 1, **values).returning(*_BALANCES))


_POINTS = _change(LIVING, Customer.current_points + _DELTA >= 0, current_points=Customer.current_points + _DELTA)
_GIVE_BACK_POINTS = _change(current_points=Customer.current_points + _DELTA)
_CHARGE = _change(LIVING, Customer.credit_used + _SUM <= Customer.credit_limit, credit_used=Customer.credit_used + _SUM)
_REDUCE = _change(credit_used=Customer.credit_used - _SUM)
_LOCK = prepared(select(*_BALANCES, Customer.deleted_at).where(Customer.id == bindparam("customer")).with_for_update())
_READ = prepared(select(*_BALANCES).where(Customer.id == bindparam("customer"), LIVING))
_ENTER_POINTS = prepared_insert(PointsTransaction)
_ENTER_CREDIT = prepared_insert(CreditTransaction)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a balance changes and by whom, as the ledger keeps it."""

    transaction_type: str
    description: str
    order_uid: str | None = None
    actor_uid: str | None = None


def change_points(session: Session, customer_id: int, delta: int, why: Reason, *, total: Decimal | None = None) -> int:
    """Add `delta` (never 0) to a living customer's points; the new balance.

    NotFound; NotEnoughPoints, which speaks of `total`, the price to be paid with them (by default, theirs).
    """
    row = _POINTS(session, customer=customer_id, delta=delta).first()
    if row is None:
        available = _living(session, customer_id).current_points
        raise NotEnoughPoints(available=available, total=Decimal(-delta) if total is None else total)
    return _entered(session, row, delta, why)


def give_back_points(session: Session, customer_id: int, points: int, why: Reason) -> int:
    """Add `points` to a customer's, though they be deleted; the new balance."""
    row = _GIVE_BACK_POINTS(session, customer=customer_id, delta=points).one()
    return _entered(session, row, points, why)


def charge_credit(session: Session, customer_id: int, amount: Decimal, why: Reason) -> None:
    """Add `amount` (above 0) to a living customer's debt, within the limit. CreditExceeded, NotFound."""
    row = _CHARGE(session, customer=customer_id, sum=amount).first()
    if row is None:
        now = _living(session, customer_id)
        raise CreditExceeded(credit_limit=now.credit_limit, credit_used=now.credit_used)
    _enter_credit(session, row, amount, why)


def reduce_credit(
    session: Session, customer_id: int, at_most: Decimal, why: Reason, *, sign: int = 1, living: bool = True
) -> Row[Any]:
    """Take `at_most` off a customer's debt, but no more than there is; the balances after it. NotFound.

    The ledger gets what was really applied, times `sign`; where there was no debt, nothing.
    """
    row = _LOCK(session, customer=customer_id).first()
    if row is None or (living and row.deleted_at is not None):
        raise NotFound
    applied = min(row.credit_used, at_most)
    if applied == ZERO:
        return row
    row = _REDUCE(session, customer=customer_id, sum=applied).one()
    _enter_credit(session, row, sign * applied, why)
    return row


def _entered(session: Session, row: Row[Any], delta: int, why: Reason) -> int:
    _ENTER_POINTS(session, _line(row, delta, why))
    tell_points_changed(
        session, customer_id=row.id, customer_uid=row.uid, version=row.version, amount=delta,
        balance=row.current_points, transaction_type=why.transaction_type, order_uid=why.order_uid,
    )  # fmt: skip
    balance: int = row.current_points
    return balance


def _enter_credit(session: Session, row: Row[Any], amount: Decimal, why: Reason) -> None:
    _ENTER_CREDIT(session, _line(row, amount, why))
    tell_credit_changed(session, row, amount=amount, transaction_type=why.transaction_type, order_uid=why.order_uid)


def _line(row: Row[Any], amount: int | Decimal, why: Reason) -> dict[str, Any]:
    return {
        "customer_id": row.id, "amount": amount, "transaction_type": why.transaction_type, "description": why.description,
        "order_uid": why.order_uid, "actor_uid": why.actor_uid, "created_at": utcnow(),
    }  # fmt: skip


def _living(session: Session, customer_id: int) -> Row[Any]:
    row = _READ(session, customer=customer_id).first()
    if row is None:
        raise NotFound
    return row
