"""Paid orders → facts and rollups, a batch of one account's at a time: a few set-based statements, whatever its size."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, Integer, String
from sqlalchemy.orm import Session

from analytics.domain.calendar import DAYS_A_BLOCK, day_number, local_day_and_hour, slot_of
from analytics.domain.models import (
    HourlySales,
    HourlySalesBlock,
    PaidOrder,
    PaidOrderLine,
    Product,
    ProductSales,
    ProductSalesBlock,
)
from analytics.domain.orders import Order
from analytics.usecases.erase_customer import NOBODY, erased_among
from analytics.usecases.upserts import add_hours, add_products, name_products
from analytics.usecases.zones import hold_zone
from chassis.db import UtcDateTime
from chassis.given_rows import Columns, InsertForRows, moment
from chassis.money import to_cents

_TICKETS: Columns = {"tickets": Integer(), "revenue": BigInteger(), "lowest": BigInteger(), "highest": BigInteger()}
_UNITS: Columns = {"units": BigInteger(), "revenue": BigInteger()}
_HOURS = ("hour", "payment_method")
_HOUR: Columns = {"hour": Integer(), "payment_method": String()}

# In key order, all of them: two workers with the same rows wait in line, never in a circle.
_ENTER = InsertForRows(
    PaidOrder,
    {
        "order_uid": String(), "order_id": BigInteger(), "ticket_folio": String(), "customer_id": BigInteger(),
        "customer_name": String(), "payment_method": String(), "final_amount": BigInteger(), "paid_at": UtcDateTime(),
        "paid_slot": Integer(),
    },
    more={}, order_by=["order_uid"],
    conflict=lambda insert: insert.on_conflict_do_nothing().returning(PaidOrder.order_uid),
)  # fmt: skip
_ADD_LINES = InsertForRows(
    PaidOrderLine,
    {"order_uid": String(), "product_id": BigInteger(), "quantity": Integer(), "amount": BigInteger()},
    more={}, order_by=["order_uid", "product_id"],
)  # fmt: skip
_ADD_HOURS = InsertForRows(
    HourlySales, {"day": Integer(), **_HOUR, **_TICKETS}, more={}, order_by=["day", *_HOURS], conflict=add_hours
)
_ADD_HOUR_BLOCKS = InsertForRows(
    HourlySalesBlock, {"block": Integer(), **_HOUR, **_TICKETS}, more={}, order_by=["block", *_HOURS],
    conflict=lambda insert: add_hours(insert, HourlySalesBlock),
)  # fmt: skip
_ADD_PRODUCTS = InsertForRows(
    ProductSales, {"day": Integer(), "product_id": BigInteger(), **_UNITS}, more={}, order_by=["day", "product_id"],
    conflict=add_products,
)  # fmt: skip
_ADD_PRODUCT_BLOCKS = InsertForRows(
    ProductSalesBlock, {"block": Integer(), "product_id": BigInteger(), **_UNITS}, more={}, order_by=["block", "product_id"],
    conflict=lambda insert: add_products(insert, ProductSalesBlock),
)  # fmt: skip
_NAME_PRODUCTS = InsertForRows(
    Product,
    {"product_id": BigInteger(), "name": String(), "named_at": UtcDateTime(), "first_sold_at": UtcDateTime()},
    more={}, order_by=["product_id"], conflict=name_products,
)  # fmt: skip


def count_orders(session: Session, *, orders: Sequence[Order]) -> None:
    """Enter each order once, all in the account in force; one that is a fact already (by its uid) changes nothing."""
    zone = hold_zone(session)
    new = _enter(session, orders)
    if not new:
        return
    _ADD_LINES(session, _lines(new))
    hours, products = _hours(new, zone), _products(new, zone)
    _ADD_HOURS(session, hours)
    _ADD_HOUR_BLOCKS(session, _hour_blocks(hours))
    _ADD_PRODUCTS(session, products)
    _ADD_PRODUCT_BLOCKS(session, _product_blocks(products))
    _NAME_PRODUCTS(session, _names(new))


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
            "final_amount": to_cents(order.final_amount),
            "paid_at": moment(order.paid_at),
            "paid_slot": slot_of(order.paid_at),
        }
        for uid, order in by_uid.items()
    ]
    return [by_uid[uid] for uid in _ENTER(session, rows).scalars()]


def _lines(orders: Sequence[Order]) -> list[dict[str, Any]]:
    """Rows of PaidOrderLine; amounts in cents here and below."""
    sums: dict[tuple[str, int], tuple[int, int]] = {}
    for order in orders:
        for line in order.lines:
            quantity, amount = sums.get((order.order_uid, line.product_id), (0, 0))
            sums[order.order_uid, line.product_id] = quantity + line.quantity, amount + to_cents(line.amount)
    return [
        {"order_uid": uid, "product_id": product_id, "quantity": quantity, "amount": amount}
        for (uid, product_id), (quantity, amount) in sums.items()
    ]


def _hours(orders: Sequence[Order], zone: ZoneInfo) -> list[dict[str, Any]]:
    """Rows of HourlySales, their days as numbers."""
    amounts: dict[tuple[int, int, str], list[int]] = {}
    for order in orders:
        day, hour = local_day_and_hour(zone, order.paid_at)
        amounts.setdefault((day_number(day), hour, order.payment_method), []).append(to_cents(order.final_amount))
    return [
        {
            "day": day, "hour": hour, "payment_method": method,
            "tickets": len(paid), "revenue": sum(paid), "lowest": min(paid), "highest": max(paid),
        }
        for (day, hour, method), paid in amounts.items()
    ]  # fmt: skip


def _hour_blocks(hours: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    sums: dict[tuple[int, int, str], dict[str, Any]] = {}
    for row in hours:
        key = row["day"] // DAYS_A_BLOCK, row["hour"], row["payment_method"]
        if (there := sums.get(key)) is None:
            sums[key] = {"block": key[0], **row}
            continue
        there["tickets"] += row["tickets"]
        there["revenue"] += row["revenue"]
        there["lowest"] = min(there["lowest"], row["lowest"])
        there["highest"] = max(there["highest"], row["highest"])
    return list(sums.values())


def _products(orders: Sequence[Order], zone: ZoneInfo) -> list[dict[str, Any]]:
    """Rows of ProductSales, their days as numbers."""
    sums: dict[tuple[int, int], tuple[int, int]] = {}
    for order in orders:
        day = day_number(local_day_and_hour(zone, order.paid_at)[0])
        for line in order.lines:
            units, revenue = sums.get((day, line.product_id), (0, 0))
            sums[day, line.product_id] = units + line.quantity, revenue + to_cents(line.amount)
    return [
        {"day": day, "product_id": product_id, "units": units, "revenue": revenue}
        for (day, product_id), (units, revenue) in sums.items()
    ]


def _product_blocks(days: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    sums: dict[tuple[int, int], tuple[int, int]] = {}
    for row in days:
        key = row["day"] // DAYS_A_BLOCK, row["product_id"]
        units, revenue = sums.get(key, (0, 0))
        sums[key] = units + row["units"], revenue + row["revenue"]
    return [
        {"block": block, "product_id": product_id, "units": units, "revenue": revenue}
        for (block, product_id), (units, revenue) in sums.items()
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
        {"product_id": id_, "name": name, "named_at": moment(named_at), "first_sold_at": moment(first[id_])}
        for id_, (named_at, name) in last.items()
    ]
