"""Paid orders of the past, from another system: checked, stored and told, a batch at a time and set-based.

A record is one JSON object: `uid`, `ticket_folio`, `customer_id` (or null), `customer_name`, `cashier` (a name), aware
ISO times `created_at` and `paid_at`, `payment_method`, `items` (`product_id`, `product_uid`, `product_name`, `quantity`,
`unit_price`, `tax_rate`, `tax_amount`, `discount_amount`, `amount`, optionally `sku`) and the totals `subtotal`,
`total_tax`, `final_amount`, `money_saved_total`; money as strings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from chassis.db import insert_for
from chassis.messaging.outbox import Fact, emit_many
from chassis.money import ZERO, to_cents
from chassis.search import search_text
from sales.domain import facts
from sales.domain.models import ANONYMOUS, CARD, CASH, PAID, Order, OrderLine
from sales.domain.pricing import points_for

PAID_VERSION = 2  # as if it had been made (1) and paid (2) here

Past = tuple[dict[str, Any], list[dict[str, Any]]]


class RecordRefused(ValueError):
    """A record that can't be an order; the message says which and why."""


def read_record(record: Mapping[str, Any]) -> Past:
    """An order's row and its lines' rows. RecordRefused when something is missing, malformed or doesn't add up."""
    try:
        lines = [_line(position, item) for position, item in enumerate(record["items"])]
        order = _order(record)
        _check(order, lines)
    except (KeyError, TypeError, ValueError, InvalidOperation, AttributeError) as error:
        what = f"no {error}" if isinstance(error, KeyError) else str(error)
        raise RecordRefused(f"order {record.get('uid')!r}: {what}") from error
    return order, lines


def import_orders(session: Session, *, past: Sequence[Past]) -> int:
    """Store the orders whose uid is not known yet and tell OrderPaid of each, at the time it was paid; returns how many.

    RecordRefused when a ticket folio belongs to another order already: it is printed on paper, so it is not changed.
    """
    new = _insert_unknown(session, [order for order, _ in past])
    if not new:
        return 0
    stored = {order["uid"]: (order, lines) for order, lines in past if order["uid"] in new}
    session.execute(
        insert(OrderLine),
        [{"order_id": new[uid], **line} for uid, (_, lines) in stored.items() for line in lines],
    )
    emit_many(session, "OrderPaid", [_paid(new[uid], order, lines) for uid, (order, lines) in stored.items()])
    return len(new)


def _insert_unknown(session: Session, orders: Sequence[dict[str, Any]]) -> dict[str, int]:
    """New orders' ids by uid."""
    statement = insert_for(session, Order).on_conflict_do_nothing().returning(Order.uid, Order.id)
    # Without render_nulls every change between an anonymous and a known customer would begin another statement.
    stored = session.execute(statement, list(orders), execution_options={"render_nulls": True})
    new = {row.uid: row.id for row in stored}
    left = [order["uid"] for order in orders if order["uid"] not in new]
    if left:
        known = set(session.execute(select(Order.uid).where(Order.uid.in_(left))).scalars())
        for order in orders:
            if order["uid"] not in new and order["uid"] not in known:
                raise RecordRefused(
                    f"order {order['uid']!r}: ticket folio {order['ticket_folio']} is another order's already"
                )
    return new


def _paid(order_id: int, order: dict[str, Any], lines: list[dict[str, Any]]) -> Fact:
    points = points_for(order["final_amount"]) if order["customer_id"] is not None else 0
    data = facts.order_paid({**order, "id": order_id}, lines, points_earned=points)
    return Fact(order["uid"], PAID_VERSION, data, time=order["paid_at"])


def _order(record: Mapping[str, Any]) -> dict[str, Any]:
    folio, name = record["ticket_folio"].upper(), record["customer_name"] or ANONYMOUS
    if len(folio) != 8 or set(folio) - set("0123456789ABCDEF"):
        raise ValueError(f"{folio!r} is not eight hex digits")
    if record["payment_method"] not in (CASH, CARD):
        # The event of such a payment takes points or credit from the customer: a past one has taken them elsewhere.
        raise ValueError(f"{record['payment_method']!r} is neither CASH nor CARD")
    return {
        "uid": str(UUID(record["uid"])),
        "version": PAID_VERSION,
        "ticket_folio": folio,
        "status": PAID,
        "customer_id": record["customer_id"],
        "customer_name": name,
        "cashier_id": None,
        "cashier": record["cashier"],
        "subtotal": _money(record["subtotal"]),
        "total_tax": _money(record["total_tax"]),
        "final_amount": _money(record["final_amount"]),
        "money_saved_total": _money(record["money_saved_total"]),
        "payment_method": record["payment_method"],
        "created_at": _moment(record["created_at"]),
        "paid_at": _moment(record["paid_at"]),
        "search_text": search_text(folio, name),
    }


def _line(position: int, item: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "position": position,
        "product_id": item["product_id"],
        "product_uid": item["product_uid"],
        "product_name": item["product_name"],
        "sku": item.get("sku") or "",
        "quantity": item["quantity"],
        "unit_price": _money(item["unit_price"]),
        "tax_rate": item["tax_rate"],
        "tax_amount": _money(item["tax_amount"]),
        "discount_amount": _money(item["discount_amount"]),
        "amount": _money(item["amount"]),
    }


def _check(order: dict[str, Any], lines: list[dict[str, Any]]) -> None:
    """What the tables' constraints and the totals want; here, so that the message can name the order."""
    if not lines:
        raise ValueError("no items")
    for line in lines:
        if type(line["quantity"]) is not int or line["quantity"] < 1:
            raise ValueError(f"quantity is {line['quantity']!r}")
        if line["amount"] != line["unit_price"] * line["quantity"]:
            raise ValueError(f"{line['product_name']}: the amount is not unit_price × quantity")
    for total, part in (
        ("subtotal", "amount"),
        ("total_tax", "tax_amount"),
        ("money_saved_total", "discount_amount"),
    ):
        if order[total] != sum((line[part] for line in lines), ZERO):
            raise ValueError(f"{total} is not the sum of the lines")
    if order["final_amount"] != order["subtotal"] + order["total_tax"]:
        raise ValueError("final_amount is not subtotal + total_tax")
    if order["created_at"] > order["paid_at"]:
        raise ValueError("it was paid before it was made")


def _money(text: Any) -> Decimal:
    if not isinstance(text, str):
        raise ValueError(f"money is a string with two decimals, not {text!r}")
    amount = Decimal(text)
    if to_cents(amount) < 0:
        raise ValueError(f"{text} is less than nothing")
    return amount.quantize(ZERO)


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return moment
