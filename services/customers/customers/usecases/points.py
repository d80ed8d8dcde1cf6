"""Points earned by paid orders: ledger, balances and the news of them, for many orders in a handful of statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import case, select, update
from sqlalchemy.orm import Session

from chassis import logs
from chassis.db import insert_for
from customers.domain.facts import tell_points_changed
from customers.domain.models import Customer, PointsTransaction

EARN = "EARN"
_log = logs.get(__name__)


@dataclass(frozen=True, slots=True)
class Earning:
    """What a paid order brings its customer: whole `points` above zero, as the till told them."""

    order_uid: str
    ticket_folio: str
    customer_id: int
    points: int
    paid_at: datetime


def earn_points(session: Session, *, earnings: Sequence[Earning]) -> None:
    """Credit each order's points to its customer once, all in the account in force.

    A deleted customer is credited too (the ledger outlives them); a customer who never was is logged and passed over.
    """
    known = _lock_customers(session, {earning.customer_id for earning in earnings})
    for earning in earnings:
        if earning.customer_id not in known:
            _log.warning("points_for_unknown_customer", customer_id=earning.customer_id, order_uid=earning.order_uid)
    entered = _enter(session, [earning for earning in earnings if earning.customer_id in known])
    if entered:
        _credit(session, entered)


def _lock_customers(session: Session, customer_ids: set[int]) -> set[int]:
    if not customer_ids:
        return set()
    # In id order, so that two workers never wait for each other in a circle. SQLite has one writer anyway.
    rows = select(Customer.id).where(Customer.id.in_(customer_ids)).order_by(Customer.id).with_for_update()
    return set(session.scalars(rows))


def _enter(session: Session, earnings: Sequence[Earning]) -> list[Earning]:
    """Write the ledger; returns the earnings that were not in it yet."""
    if not earnings:
        return []
    first = {earning.order_uid: earning for earning in reversed(earnings)}
    rows = [
        {
            "customer_id": earning.customer_id,
            "amount": earning.points,
            "transaction_type": EARN,
            "description": f"Purchase - Ticket #{earning.ticket_folio}",
            "order_uid": earning.order_uid,
            "created_at": earning.paid_at,
        }
        for earning in sorted(first.values(), key=lambda earning: (earning.customer_id, earning.paid_at))
    ]
    ledger = PointsTransaction
    key = [ledger.account_id, ledger.order_uid, ledger.transaction_type]
    new = insert_for(session, ledger).values(rows).on_conflict_do_nothing(index_elements=key)
    uids = set(session.scalars(new.returning(ledger.order_uid)))
    return [earning for uid, earning in first.items() if uid in uids]


def _credit(session: Session, entered: Sequence[Earning]) -> None:
    """Raise the balances by what was entered, and tell each change with the balance and version it led to."""
    by_customer: dict[int, list[Earning]] = defaultdict(list)
    for earning in sorted(entered, key=lambda earning: (earning.customer_id, earning.paid_at)):
        by_customer[earning.customer_id].append(earning)
    sums = {id_: sum(earning.points for earning in earnings) for id_, earnings in by_customer.items()}
    counts = {id_: len(earnings) for id_, earnings in by_customer.items()}
    statement = (
        update(Customer)
        .where(Customer.id.in_(by_customer))
        .values(
            current_points=Customer.current_points + case(sums, value=Customer.id),
            version=Customer.version + case(counts, value=Customer.id),
        )
        .returning(Customer.id, Customer.uid, Customer.current_points, Customer.version)
    )
    for row in sorted(session.execute(statement).all()):
        balance, version = row.current_points - sums[row.id], row.version - counts[row.id]
        for earning in by_customer[row.id]:
            balance, version = balance + earning.points, version + 1
            tell_points_changed(
                session, customer_id=row.id, customer_uid=row.uid, version=version, amount=earning.points,
                balance=balance, transaction_type=EARN, order_uid=earning.order_uid,
            )  # fmt: skip
