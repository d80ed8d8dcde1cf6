"""The account's time zone decides on which day an order counts; when it changes, the rollups are made anew from the facts.

Whoever counts orders holds the account's zone until commit, whoever changes it waits for them: no order can be counted
by the old zone into rollups of the new one.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Integer, Select, delete, func, select, text, type_coerce, update
from sqlalchemy.exc import OperationalError, TimeoutError
from sqlalchemy.orm import Session

from analytics.domain.calendar import DAYS_A_BLOCK, SLOTS_A_DAY, SLOTS_AN_HOUR, steady_periods
from analytics.domain.models import (
    Freshness,
    HourlySales,
    HourlySalesBlock,
    PaidOrder,
    PaidOrderLine,
    ProductSales,
    ProductSalesBlock,
)
from analytics.usecases.upserts import add_hours, add_products
from chassis import tenants
from chassis.db import insert_for, tenant
from chassis.messaging import Event
from chassis.pulse import alive
from chassis.tenants import Tenant

_LOCK_NOT_AVAILABLE = "55P03"


def hold_zone(session: Session, *, to_change: bool = False) -> ZoneInfo:
    """The zone of the account in force, which nobody changes before this transaction ends.

    `to_change` holds it for oneself alone. The locks are PostgreSQL's; on SQLite there is one writer anyway. TimeoutError when
    somebody is changing it: that takes as long as it takes, and says nothing against the event.
    """
    statement = select(Tenant.timezone).with_for_update(read=not to_change)
    try:
        name = session.scalar(statement)
        if name is None:
            # A row is needed to hold on to, also before auth's first word of the account (which will be newer than 0).
            session.execute(insert_for(session, Tenant).values(account_id=tenant(), version=0).on_conflict_do_nothing())
            name = session.scalars(statement).one()
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) != _LOCK_NOT_AVAILABLE:
            raise
        raise TimeoutError("somebody else has the account's zone in hand") from error
    return ZoneInfo(name)


def change_zone(session: Session, *, event: Event) -> None:
    """Keep what auth tells of an account; on a new zone, count all its orders again by the new clock.

    ZoneInfoNotFoundError when there is no such zone: then the old one stays.
    """
    before = hold_zone(session, to_change=True)
    ZoneInfo(event.data["timezone"])
    tenants.on_account_changed(session, event)
    after = hold_zone(session)
    if after != before:
        rebuild(session, zone=after)


def rebuild(session: Session, *, zone: ZoneInfo) -> None:
    """Make the rollups of the account in force anew, by set-based statements over a month of facts or less each."""
    if session.get_bind().dialect.name == "postgresql":
        # The worker's limit is for what must be over in a moment; emptying the rollups of a large account need not.
        session.connection().execute(text("SET LOCAL statement_timeout = 0"))
    for rollup in (HourlySales, HourlySalesBlock, ProductSales, ProductSalesBlock):
        session.execute(delete(rollup))
    bounds: Any = session.execute(select(func.min(PaidOrder.paid_at), func.max(PaidOrder.paid_at))).one()
    if None in bounds:
        return
    for start, until, offset in steady_periods(zone, *bounds):
        alive()
        hours = ["account_id", "day", "hour", "payment_method", "tickets", "revenue", "lowest", "highest"]
        session.execute(add_hours(insert_for(session, HourlySales).from_select(hours, hour_sums(start, until, offset))))
        products = ["account_id", "day", "product_id", "units", "revenue"]
        counted = insert_for(session, ProductSales).from_select(products, product_sums(start, until, offset))
        session.execute(add_products(counted))
    blocks = ["account_id", "block", "product_id", "units", "revenue"]
    session.execute(insert_for(session, ProductSalesBlock).from_select(blocks, product_block_sums()))
    complete_hours(session)


def complete_hours(session: Session) -> None:
    """Make HourlySalesBlock of the account in force anew from HourlySales; the account's zone is held for oneself alone."""
    session.execute(delete(HourlySalesBlock))
    columns = ["account_id", "block", "hour", "payment_method", "tickets", "revenue", "lowest", "highest"]
    session.execute(insert_for(session, HourlySalesBlock).from_select(columns, hour_block_sums()))
    session.execute(update(Freshness).values(hours_changes=Freshness.changes))


def hour_sums(start: datetime, until: datetime, offset: int) -> Select[*tuple[object, ...]]:
    """What HourlySales should have of the orders of a steady period, the account first, days as numbers."""
    local_slot = PaidOrder.paid_slot + offset
    orders = (
        select(
            PaidOrder.account_id,
            (local_slot // SLOTS_A_DAY).label("day"),
            (local_slot % SLOTS_A_DAY // SLOTS_AN_HOUR).label("hour"),
            PaidOrder.payment_method,
            PaidOrder.final_amount.label("amount"),
        )
        # By name: the session's tenancy hook reads no SELECT inside an INSERT.
        .where(PaidOrder.account_id == tenant(), PaidOrder.paid_at >= start, PaidOrder.paid_at < until)
        .subquery()
        .c
    )
    key = (orders.account_id, orders.day, orders.hour, orders.payment_method)
    amount = orders.amount
    return select(*key, func.count(), func.sum(amount), func.min(amount), func.max(amount)).group_by(*key)


def product_sums(start: datetime, until: datetime, offset: int) -> Select[*tuple[object, ...]]:
    """The same of ProductSales."""
    lines = (
        select(
            PaidOrder.account_id,
            ((PaidOrder.paid_slot + offset) // SLOTS_A_DAY).label("day"),
            PaidOrderLine.product_id,
            PaidOrderLine.quantity,
            PaidOrderLine.amount,
        )
        .join(
            PaidOrderLine,
            (PaidOrderLine.account_id == PaidOrder.account_id) & (PaidOrderLine.order_uid == PaidOrder.order_uid),
        )
        .where(PaidOrder.account_id == tenant(), PaidOrder.paid_at >= start, PaidOrder.paid_at < until)
        .subquery()
        .c
    )
    key = (lines.account_id, lines.day, lines.product_id)
    return select(*key, func.sum(lines.quantity), func.sum(lines.amount)).group_by(*key)


def product_block_sums() -> Select[*tuple[object, ...]]:
    """What ProductSalesBlock should have by ProductSales."""
    days = (
        select(
            ProductSales.account_id,
            (type_coerce(ProductSales.day, Integer) // DAYS_A_BLOCK).label("block"),
            ProductSales.product_id,
            ProductSales.units,
            ProductSales.revenue,
        )
        .where(ProductSales.account_id == tenant())
        .subquery()
        .c
    )
    key = (days.account_id, days.block, days.product_id)
    return select(*key, func.sum(days.units), func.sum(days.revenue)).group_by(*key)


def hour_block_sums() -> Select[*tuple[object, ...]]:
    """What HourlySalesBlock should have by HourlySales."""
    row = HourlySales
    hours = (
        select(
            row.account_id, (type_coerce(row.day, Integer) // DAYS_A_BLOCK).label("block"), row.hour, row.payment_method,
            row.tickets, row.revenue, row.lowest, row.highest,
        )
        .where(row.account_id == tenant())
        .subquery()
        .c
    )  # fmt: skip
    key = (hours.account_id, hours.block, hours.hour, hours.payment_method)
    sums = func.sum(hours.tickets), func.sum(hours.revenue), func.min(hours.lowest), func.max(hours.highest)
    return select(*key, *sums).group_by(*key)
