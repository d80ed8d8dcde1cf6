"""Frequent customers: their purchase days, and what the first purchase of a month makes of the month before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, case, literal, select, update
from sqlalchemy.orm import Session

from chassis.columns import Money
from chassis.money import ZERO
from chassis.prepared import prepared_insert
from chassis.tenants import zone_of
from customers.domain import facts
from customers.domain.loyalty import bought_every_week, month_of, next_month, previous_month
from customers.domain.models import Customer, PurchaseDay
from customers.queries import COLUMNS

_ENTER = prepared_insert(PurchaseDay, returning=[PurchaseDay.customer_id, PurchaseDay.day], or_ignore=True)


@dataclass(frozen=True, slots=True)
class Visit:
    """A customer paid an order at this moment."""

    customer_id: int
    paid_at: datetime


def note_visits(
    session: Session, *, visits: Sequence[Visit], known: Mapping[int, Row[Any]], default_credit_limit: Decimal
) -> None:
    """Enter the days, in the account's zone, and decide anew about those customers for whom a month has begun.

    `known` are the visits' customers, locked. The result depends on the days alone, not on the order they are told in.
    """
    living = [visit for visit in visits if known[visit.customer_id].deleted_at is None]
    due = _due(_enter(session, living), known)
    verdicts = _verdicts(session, due)
    for (month, frequent), ids in sorted(verdicts.items()):
        same = {id_ for id_ in ids if known[id_].is_frequent == frequent}
        if same:
            session.execute(update(Customer).where(Customer.id.in_(sorted(same))).values(frequent_month=month))
        changed = {id_: known[id_] for id_ in ids - same}
        if changed:
            _change(session, changed, month, frequent=frequent, default_credit_limit=default_credit_limit)


def _enter(session: Session, visits: Sequence[Visit]) -> list[tuple[int, date]]:
    """The days that were not known yet, by customer."""
    if not visits:
        return []
    zone = zone_of(session)
    days = sorted({(visit.customer_id, visit.paid_at.astimezone(zone).date()) for visit in visits})
    rows = [{"customer_id": customer_id, "day": day} for customer_id, day in days]
    return [(row.customer_id, row.day) for row in _ENTER(session, rows)]


def _due(new: Iterable[tuple[int, date]], known: Mapping[int, Row[Any]]) -> dict[int, date]:
    """The month to decide about for each customer: one that begins, or the last one, when a day before it came late."""
    due: dict[int, date] = {}
    for customer_id, day in new:
        last, month = known[customer_id].frequent_month, month_of(day)
        if last is not None and month < last:
            month = next_month(month)
        if last is None or month > last or (month == last and month_of(day) < last):
            due[customer_id] = max(month, due.get(customer_id, month))
    return due


def _verdicts(session: Session, due: Mapping[int, date]) -> dict[tuple[date, bool], set[int]]:
    """Customer ids by (month, whether the month before makes a frequent customer)."""
    verdicts: dict[tuple[date, bool], set[int]] = defaultdict(set)
    if not due:
        return verdicts
    first, last = previous_month(min(due.values())), max(due.values())
    rows = select(PurchaseDay.customer_id, PurchaseDay.day).where(
        PurchaseDay.customer_id.in_(sorted(due)), PurchaseDay.day >= first, PurchaseDay.day < last
    )
    days: dict[int, list[date]] = defaultdict(list)
    for customer_id, day in session.execute(rows):
        days[customer_id].append(day)
    for customer_id, month in due.items():
        verdicts[month, bought_every_week(days[customer_id], previous_month(month))].add(customer_id)
    return verdicts


def _change(
    session: Session, before: Mapping[int, Row[Any]], month: date, *, frequent: bool, default_credit_limit: Decimal
) -> None:
    """These customers become frequent, or are so no more; one who becomes it without a credit line gets the default one."""
    limit = literal(default_credit_limit if frequent else ZERO, Money)
    statement = update(Customer).where(Customer.id.in_(sorted(before))).values(
        is_frequent=frequent,
        frequent_month=month,
        version=Customer.version + 1,
        credit_limit=case((Customer.credit_limit == ZERO, limit), else_=Customer.credit_limit),
    )  # fmt: skip
    for row in sorted(session.execute(statement.returning(*COLUMNS)).all()):
        granted = row.credit_limit != before[row.id].credit_limit
        facts.tell_updated(session, row)
        if frequent:
            facts.tell_became_frequent(session, row, month=previous_month(month), granted=granted)
        if granted:
            facts.tell_credit_changed(session, row)
