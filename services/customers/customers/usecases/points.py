"""Points earned by paid orders: ledger, balances and the news of them, for many orders in a handful of statements."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Integer, bindparam, case, update
from sqlalchemy.orm import Session

from chassis.prepared import Prepared, prepared, prepared_insert
from customers.domain.facts import tell_points_changed
from customers.domain.models import EARN, Customer, Points, PointsTransaction

_ENTER = prepared_insert(PointsTransaction, returning=[PointsTransaction.order_uid], or_ignore=True)


@dataclass(frozen=True, slots=True)
class Earning:
    """What a paid order brings its customer: whole `points` above zero, as the till told them."""

    order_uid: str
    ticket_folio: str
    customer_id: int
    points: int
    paid_at: datetime


def earn_points(session: Session, *, earnings: Sequence[Earning]) -> None:
    """Credit each order's points to its customer once, all in the account in force; the customers are locked already.

    A deleted customer is credited too: the ledger outlives them.
    """
    entered = _enter(session, earnings)
    if entered:
        _credit(session, entered)


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
    uids = set(_ENTER(session, rows).scalars())
    return [earning for uid, earning in first.items() if uid in uids]


def _credit(session: Session, entered: Sequence[Earning]) -> None:
    """Raise the balances by what was entered, and tell each change with the balance and version it led to."""
    by_customer: dict[int, list[Earning]] = defaultdict(list)
    for earning in sorted(entered, key=lambda earning: (earning.customer_id, earning.paid_at)):
        by_customer[earning.customer_id].append(earning)
    sums = {id_: sum(earning.points for earning in earnings) for id_, earnings in by_customer.items()}
    counts = {id_: len(earnings) for id_, earnings in by_customer.items()}
    values: dict[str, Any] = {"ids": list(by_customer)}
    for n, id_ in enumerate(by_customer):
        values |= {f"id{n}": id_, f"points{n}": sums[id_], f"lines{n}": counts[id_]}
    for row in sorted(_raise_balances(len(by_customer))(session, **values).all()):
        balance, version = row.current_points - sums[row.id], row.version - counts[row.id]
        for earning in by_customer[row.id]:
            balance, version = balance + earning.points, version + 1
            tell_points_changed(
                session, customer_id=row.id, customer_uid=row.uid, version=version, amount=earning.points,
                balance=balance, transaction_type=EARN, order_uid=earning.order_uid,
            )  # fmt: skip


@lru_cache(maxsize=128)
def _raise_balances(size: int) -> Prepared:
    """The statement for so many customers, built once: composing it costs more than running it."""

    def each(name: str, kind: Any) -> Any:
        return case(*((Customer.id == bindparam(f"id{n}"), bindparam(f"{name}{n}", type_=kind)) for n in range(size)))

    return prepared(
        update(Customer)
        .where(Customer.id.in_(bindparam("ids", expanding=True)))
        .values(
            current_points=Customer.current_points + each("points", Points),
            version=Customer.version + each("lines", Integer),
        )
        .returning(Customer.id, Customer.uid, Customer.current_points, Customer.version)
    )
