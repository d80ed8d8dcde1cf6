"""Rollups against the facts they are sums of: where they differ, and making them anew."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Select, func, literal, select
from sqlalchemy.orm import Session

from analytics.domain.calendar import day_from_number, steady_periods
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
    zone = zone_of(session)
    bounds: Any = session.execute(select(func.min(PaidOrder.paid_at), func.max(PaidOrder.paid_at))).one()
    hours: Rows = {}
    products: Rows = {}
    if None not in bounds:
        for start, until, offset in steady_periods(zone, *bounds):
            _add(hours, _dated(_rows(session, hour_sums(start, until, offset), 4)), _joined)
            _add(products, _dated(_rows(session, product_sums(start, until, offset), 3)), _summed)
    yield from _differing("hourly_sales", _kept(session, HourlySales, "tickets", "revenue", "lowest", "highest"), hours)
    kept = _kept(session, ProductSales, "units", "revenue")
    yield from _differing("product_sales", kept, products)
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


def _sales_of_products() -> Select[*tuple[Any, ...]]:
    line, paid_at = PaidOrderLine, PaidOrder.paid_at
    last, first = func.max(paid_at, type_=paid_at.type), func.min(paid_at, type_=paid_at.type)
    same = (PaidOrder.account_id == line.account_id) & (PaidOrder.order_uid == line.order_uid)
    key = (line.account_id, line.product_id)
    # By name: the session's tenancy hook reads no SELECT inside an INSERT.
    return select(*key, last, first).join(PaidOrder, same).where(line.account_id == tenant()).group_by(*key)


def _kept(session: Session, model: Any, *values: str) -> Rows:
    key = [getattr(model, column.name) for column in model.__table__.primary_key]
    return _rows(session, select(*key, *(getattr(model, name) for name in values)), len(key))


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
