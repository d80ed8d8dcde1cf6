"""Rollups against the facts they are sums of: where they differ, and making them anew."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Select, func, literal, select
from sqlalchemy.orm import Session

from analytics.domain.calendar import DAY, SLOTS_A_DAY, day_from_number, slot_of, steady_periods
from analytics.domain.models import (
    HourlySales,
    HourlySalesBlock,
    PaidOrder,
    PaidOrderLine,
    Product,
    ProductSales,
    ProductSalesBlock,
)
from analytics.usecases.freshness import note_change
from analytics.usecases.zones import hold_zone, hour_block_sums, hour_sums, product_block_sums, product_sums, rebuild
from chassis.db import insert_for, tenant
from chassis.tenants import zone_of

Rows = dict[tuple[Any, ...], tuple[Any, ...]]


def differences(session: Session) -> Iterator[str]:
    """A line for each row of the account in force that is not what the facts say. All reads must see one moment."""
    bounds: Any = session.execute(select(func.min(PaidOrder.paid_at), func.max(PaidOrder.paid_at))).one()
    periods = [] if None in bounds else list(steady_periods(zone_of(session), *bounds))
    yield from _by_day(session, HourlySales, ("tickets", "revenue", "lowest", "highest"), periods, hour_sums, _joined)
    yield from _by_day(session, ProductSales, ("units", "revenue"), periods, product_sums, _summed)
    blocks = _rows(session, hour_block_sums(), 4)
    kept = _kept(session, HourlySalesBlock, "tickets", "revenue", "lowest", "highest")
    yield from _differing("hourly_sales_blocks", kept, blocks)
    blocks = _rows(session, product_block_sums(), 3)
    yield from _differing("product_sales_blocks", _kept(session, ProductSalesBlock, "units", "revenue"), blocks)
    sold = _kept(session, Product, "named_at", "first_sold_at")
    yield from _differing("products", sold, _rows(session, _sales_of_products(), 2))


def rebuild_all(session: Session) -> None:
    """Make everything of the account in force that follows from its facts anew. No order is counted meanwhile."""
    rebuild(session, zone=hold_zone(session, to_change=True))
    insert = insert_for(session, Product)
    times = ("named_at", "first_sold_at")
    sales = _sales_of_products().add_columns(literal("").label("name"))
    insert = insert.from_select(["account_id", "product_id", *times, "name"], sales)
    key = [Product.account_id, Product.product_id]
    session.execute(
        insert.on_conflict_do_update(index_elements=key, set_={name: insert.excluded[name] for name in times})
    )
    note_change(session, at=datetime.fromtimestamp(0, UTC))


def _by_day(
    session: Session,
    model: Any,
    values: Sequence[str],
    periods: Iterable[tuple[datetime, datetime, int]],
    sums: Any,
    join: Any,
) -> Iterator[str]:
    """Where a rollup of days differs, about a month at a time: a large account's is not held in memory, and the database
    never waits long for the next statement of this transaction (it ends those that let it wait).
    """
    name, key = model.__tablename__, len(model.__table__.primary_key)
    facts: Rows = {}
    begin = None
    for start, until, offset in periods:
        _add(facts, _dated(_rows(session, sums(start, until, offset), key)), join)
        # The day on which the period ends goes on in the next one, and so may the day before: a clock may be set back.
        end = day_from_number((slot_of(until) + offset) // SLOTS_A_DAY) - DAY
        over = {at: facts.pop(at) for at in [at for at in facts if at[0] < end]}
        yield from _differing(name, _kept(session, model, *values, days=(begin, end)), over)
        begin = end
    yield from _differing(name, _kept(session, model, *values, days=(begin, None)), facts)


def _sales_of_products() -> Select[*tuple[Any, ...]]:
    line, paid_at = PaidOrderLine, PaidOrder.paid_at
    last, first = func.max(paid_at, type_=paid_at.type), func.min(paid_at, type_=paid_at.type)
    same = (PaidOrder.account_id == line.account_id) & (PaidOrder.order_uid == line.order_uid)
    key = (line.account_id, line.product_id)
    # By name: the session's tenancy hook reads no SELECT inside an INSERT.
    return select(*key, last, first).join(PaidOrder, same).where(line.account_id == tenant()).group_by(*key)


def _kept(session: Session, model: Any, *values: str, days: tuple[date | None, date | None] = (None, None)) -> Rows:
    """A rollup's rows, of the days from the first of `days` to before the second."""
    key = [getattr(model, column.name) for column in model.__table__.primary_key]
    statement = select(*key, *(getattr(model, name) for name in values))
    if days[0] is not None:
        statement = statement.where(model.day >= days[0])
    if days[1] is not None:
        statement = statement.where(model.day < days[1])
    return _rows(session, statement, len(key))


def _rows(session: Session, statement: Any, key: int) -> Rows:
    """Values by key, without the account that is its first column."""
    return {tuple(row[1:key]): tuple(row[key:]) for row in session.execute(statement)}


def _dated(rows: Rows) -> Rows:
    return {(day_from_number(int(key[0])), *key[1:]): values for key, values in rows.items()}


def _add(sums: Rows, rows: Mapping[tuple[Any, ...], tuple[Any, ...]], join: Any) -> None:
    for key, values in rows.items():
        sums[key] = join(sums[key], values) if key in sums else values


def _summed(one: tuple[Any, ...], other: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(a + b for a, b in zip(one, other, strict=True))


def _joined(one: tuple[Any, ...], other: tuple[Any, ...]) -> tuple[Any, ...]:
    return (*_summed(one[:2], other[:2]), min(one[2], other[2]), max(one[3], other[3]))


def _differing(table: str, rollup: Rows, facts: Rows) -> Iterator[str]:
    for key in sorted(rollup.keys() | facts.keys()):
        if rollup.get(key) != facts.get(key):
            yield f"{table} {_text(key)}: rollup {_text(rollup.get(key))}, facts {_text(facts.get(key))}"


def _text(values: tuple[Any, ...] | None) -> str:
    return "nothing" if values is None else " ".join(str(value) for value in values)
