"""Paid orders → facts and rollups, a batch of one account's at a time: a few set-based statements, whatever its size."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from analytics.domain.calendar import block_of, local_day_and_hour, slot_of
from analytics.domain.models import HourlySales, PaidOrder, PaidOrderLine, Product, ProductSales, ProductSalesBlock
from analytics.domain.orders import Order
from analytics.usecases.erase_customer import NOBODY, erased_among
from analytics.usecases.upserts import add_blocks, add_hours, add_products, name_products
from analytics.usecases.zones import hold_zone
from chassis.db import insert_for


def count_orders(session: Session, *, orders: Sequence[Order]) -> None:
    """Enter each order once, all in the account in force; one that is a fact already (by its uid) changes nothing."""
    zone = hold_zone(session)
    new = _enter(session, orders)
    if not new:
        return
    session.execute(insert_for(session, PaidOrderLine), _lines(new))
    session.execute(add_hours(insert_for(session, HourlySales)), _hours(new, zone))
    days = _products(new, zone)
    session.execute(add_products(insert_for(session, ProductSales)), days)
    session.execute(add_blocks(insert_for(session, ProductSalesBlock)), _blocks(days))
    session.execute(name_products(insert_for(session, Product)), _names(new))


def _enter(session: Session, orders: Sequence[Order]) -> list[Order]:
    by_uid = {order.order_uid: order for order in reversed(orders)}
    erased = erased_among(session, (order.customer_id for order in orders))
    rows = [
        {
            "order_uid": uid,
            "order_id": order.order_id,
            "ticket_folio": order.ticket_folio,
            "customer_id": order.customer_id,
            "customer_name": NOBODY if order.customer_id in erased else order.customer_name,
            "payment_method": order.payment_method,
            "final_amount": order.final_amount,
            "paid_at": order.paid_at,
            "paid_slot": slot_of(order.paid_at),
        }
        # In key order here and below: two workers with the same rows wait in line, never in a circle.
        for uid, order in sorted(by_uid.items())
    ]
    statement = insert_for(session, PaidOrder).on_conflict_do_nothing().returning(PaidOrder.order_uid)
    # Otherwise rows with and without a customer would be statements of their own, one for each change in a row of them.
    return [by_uid[uid] for uid in session.scalars(statement.execution_options(render_nulls=True), rows)]


def _lines(orders: Sequence[Order]) -> list[dict[str, Any]]:
    sums: dict[tuple[str, int], tuple[int, Decimal]] = {}
    for order in orders:
        for line in order.lines:
            quantity, amount = sums.get((order.order_uid, line.product_id), (0, Decimal(0)))
            sums[order.order_uid, line.product_id] = quantity + line.quantity, amount + line.amount
    return [
        {"order_uid": uid, "product_id": product_id, "quantity": quantity, "amount": amount}
        for (uid, product_id), (quantity, amount) in sums.items()
    ]


def _hours(orders: Sequence[Order], zone: ZoneInfo) -> list[dict[str, Any]]:
    amounts: dict[tuple[date, int, str], list[Decimal]] = {}
    for order in orders:
        day, hour = local_day_and_hour(zone, order.paid_at)
        amounts.setdefault((day, hour, order.payment_method), []).append(order.final_amount)
    return [
        {
            "day": day, "hour": hour, "payment_method": method,
            "tickets": len(paid), "revenue": sum(paid), "lowest": min(paid), "highest": max(paid),
        }
        for (day, hour, method), paid in sorted(amounts.items())
    ]  # fmt: skip


def _products(orders: Sequence[Order], zone: ZoneInfo) -> list[dict[str, Any]]:
    sums: dict[tuple[date, int], tuple[int, Decimal]] = {}
    for order in orders:
        day, _ = local_day_and_hour(zone, order.paid_at)
        for line in order.lines:
            units, revenue = sums.get((day, line.product_id), (0, Decimal(0)))
            sums[day, line.product_id] = units + line.quantity, revenue + line.amount
    return [
        {"day": day, "product_id": product_id, "units": units, "revenue": revenue}
        for (day, product_id), (units, revenue) in sorted(sums.items())
    ]


def _blocks(days: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    sums: dict[tuple[int, int], tuple[int, Decimal]] = {}
    for row in days:
        key = block_of(row["day"]), row["product_id"]
        units, revenue = sums.get(key, (0, Decimal(0)))
        sums[key] = units + row["units"], revenue + row["revenue"]
    return [
        {"block": block, "product_id": product_id, "units": units, "revenue": revenue}
        for (block, product_id), (units, revenue) in sorted(sums.items())
    ]


def _names(orders: Sequence[Order]) -> list[dict[str, Any]]:
    last: dict[int, tuple[datetime, str]] = {}
    first: dict[int, datetime] = {}
    for order in orders:
        for line in order.lines:
            named = (order.paid_at, line.product_name)
            last[line.product_id] = max(named, last.get(line.product_id, named))
            first[line.product_id] = min(order.paid_at, first.get(line.product_id, order.paid_at))
    return [
        {"product_id": product_id, "name": name, "named_at": named_at, "first_sold_at": first[product_id]}
        for product_id, (named_at, name) in sorted(last.items())
    ]
