"""The read side: rows to answers, one shape for list and detail; never writes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Select, bindparam, func, or_, select
from sqlalchemy.orm import Session

from chassis.columns import utcnow
from chassis.ordering import order_by
from chassis.prepared import prepared
from chassis.search import matches
from chassis.tenants import local_date, midnight, zone_of
from sales.domain.drafts import Buyer
from sales.domain.facts import Row
from sales.domain.models import Company, Customer, Order, OrderLine
from sales.domain.pricing import is_birthday

ORDER_COLUMNS = (
    Order.id, Order.uid, Order.account_id, Order.version, Order.ticket_folio, Order.status, Order.customer_id,
    Order.customer_name, Order.cashier_id, Order.cashier, Order.subtotal, Order.total_tax, Order.final_amount,
    Order.money_saved_total, Order.payment_method, Order.created_at, Order.paid_at, Order.cancelled_at,
    Order.cancel_reason,
)  # fmt: skip
LINE_COLUMNS = (
    OrderLine.order_id, OrderLine.product_id, OrderLine.product_uid, OrderLine.product_name, OrderLine.sku,
    OrderLine.quantity, OrderLine.unit_price, OrderLine.tax_rate, OrderLine.tax_amount, OrderLine.discount_amount,
    OrderLine.amount,
)  # fmt: skip
LINES_AT_ONCE = 4_000
"""Lines that a list of orders has in memory at once; a page of ordinary orders has some hundred."""
ORDERINGS = {
    "id": Order.id,
    "created_at": Order.created_at,
    "paid_at": Order.paid_at,
    "final_amount": Order.final_amount,
}


def created_answer(order: Row, lines: Sequence[Row]) -> dict[str, Any]:
    """The answer to creating an order (API document §20)."""
    return {
        "id": order["id"],
        "ticket_folio": order["ticket_folio"],
        "status": order["status"],
        "created_at": order["created_at"],
        "customer": order["customer_id"],
        "customer_name": order["customer_name"],
        "subtotal": order["subtotal"],
        "total_tax": order["total_tax"],
        "final_amount": order["final_amount"],
        "money_saved_total": order["money_saved_total"],
        "items": [
            {
                "product_id": line["product_id"],
                "product_name": line["product_name"],
                "quantity": line["quantity"],
                "unit_price": line["unit_price"],
                "tax_amount": line["tax_amount"],
                "discount_amount": line["discount_amount"],
                "amount": line["amount"],
            }
            for line in lines
        ],
    }


def order_answer(order: Row, lines: Sequence[Row]) -> dict[str, Any]:
    """An order in lists and details: as it was created, and how and when it was paid."""
    return {
        **created_answer(order, lines),
        "payment_method": order["payment_method"],
        "paid_at": order["paid_at"],
    }


_FIND_ORDER = prepared(select(*ORDER_COLUMNS).where(Order.id == bindparam("order_id")))
_LINES = prepared(select(*LINE_COLUMNS).where(OrderLine.order_id == bindparam("order_id")).order_by(OrderLine.position))
_FIND_CUSTOMER = prepared(
    select(
        Customer.id, Customer.uid, Customer.full_name, Customer.birth_date, Customer.is_frequent, Customer.is_deleted,
    ).where(Customer.id == bindparam("customer_id"))
)  # fmt: skip


def find_order(session: Session, order_id: int) -> dict[str, Any] | None:
    """One order as its detail answers it."""
    order = _FIND_ORDER(session, order_id=order_id).mappings().first()
    return None if order is None else order_answer(order, lines_of(session, order_id))


def find_for_receipt(session: Session, order_id: int) -> tuple[Row, Sequence[Row]] | None:
    """An order's row and its lines."""
    order = _FIND_ORDER(session, order_id=order_id).mappings().first()
    return None if order is None else (order, lines_of(session, order_id))


def company_name(session: Session) -> str:
    """The name of the account's company; empty until auth has told it."""
    return session.execute(select(Company.name)).scalar() or ""


def lines_of(session: Session, order_id: int) -> Sequence[Row]:
    """An order's lines in the order of the ticket."""
    return _LINES(session, order_id=order_id).mappings().all()


def lines_of_all(session: Session, order_ids: Sequence[int]) -> dict[int, list[Row]]:
    """The lines of many orders by order id; one statement."""
    return _by_order(order_ids, session.execute(_lines_of(order_ids)).mappings())


def _lines_of(order_ids: Sequence[int]) -> Select[*tuple[Any, ...]]:
    lines = select(*LINE_COLUMNS).where(OrderLine.order_id.in_(order_ids))
    return lines.order_by(OrderLine.order_id, OrderLine.position)


def _by_order(order_ids: Sequence[int], lines: Iterable[Row]) -> dict[int, list[Row]]:
    found: dict[int, list[Row]] = {order_id: [] for order_id in order_ids}
    for line in lines:
        found[line["order_id"]].append(line)
    return found


def order_answers(session: Session, orders: Sequence[Any]) -> list[dict[str, Any]]:
    """Some rows of `orders_matching` as the list answers them; one statement for all lines."""
    lines = lines_of_all(session, [order.id for order in orders]) if orders else {}
    return [order_answer(order._mapping, lines[order.id]) for order in orders]


def order_page(session: Session, orders: Sequence[Any]) -> list[dict[str, Any]] | None:
    """`order_answers` of a page, by the same one statement; None when they have more than `LINES_AT_ONCE` lines."""
    ids = [order.id for order in orders]
    lines = session.execute(_lines_of(ids).limit(LINES_AT_ONCE + 1)).mappings().all() if orders else []
    if len(lines) > LINES_AT_ONCE:
        return None
    found = _by_order(ids, lines)
    return [order_answer(order._mapping, found[order.id]) for order in orders]


def portions(session: Session, orders: Sequence[Any]) -> list[list[Any]]:
    """The orders in their order, cut so that a portion has `LINES_AT_ONCE` lines at most, or is a single order."""
    ids = [order.id for order in orders]
    counting = select(OrderLine.order_id, func.count()).where(OrderLine.order_id.in_(ids)).group_by(OrderLine.order_id)
    lines: dict[int, int] = dict(session.execute(counting).all())
    found: list[list[Any]] = []
    room = 0
    for order in orders:
        room -= lines.get(order.id, 0)
        if room < 0 or not found:
            found.append([])
            room = LINES_AT_ONCE - lines.get(order.id, 0)
        found[-1].append(order)
    return found


def orders_matching(session: Session, query: Mapping[str, Any]) -> Select[*tuple[Any, ...]]:
    """The orders that the list's filters leave, newest first. Dates are days of the account's time zone."""
    statement: Select[*tuple[Any, ...]] = select(*ORDER_COLUMNS).order_by(
        *order_by(query.get("ordering"), ORDERINGS, [Order.created_at.desc(), Order.id.desc()])
    )
    for name, column in (
        ("status", Order.status),
        ("customer", Order.customer_id),
        ("payment_method", Order.payment_method),
    ):
        if name in query:
            statement = statement.where(column == query[name])
    if "ticket_folio" in query:
        statement = statement.where(Order.ticket_folio == query["ticket_folio"].upper())
    if "date_from" in query or "date_to" in query:
        zone = zone_of(session)
        if "date_from" in query:
            statement = statement.where(Order.created_at >= midnight(query["date_from"], zone))
        if "date_to" in query:
            statement = statement.where(Order.created_at < midnight(query["date_to"], zone, days_later=1))
    if "search" in query:
        statement = statement.where(matches(Order.search_text, query["search"]))
    return statement


def order_status(session: Session, order_uid: str) -> dict[str, Any] | None:
    """What other services ask of an order by its uid."""
    row = session.execute(
        select(Order.uid.label("order_uid"), Order.status, Order.payment_method).where(Order.uid == order_uid)
    ).first()
    return None if row is None else row._asdict()


def is_spent(session: Session, order_uid: str, *, after: timedelta) -> bool:
    """Whether an order took this uid longer than `after` ago."""
    made = session.execute(select(Order.created_at).where(Order.uid == order_uid)).scalar()
    return made is not None and made < utcnow() - after


def total_differences(session: Session) -> Sequence[Any]:
    """Orders whose totals are not the sums of their lines: none, unless somebody changed rows by hand."""
    sums = {
        Order.subtotal: OrderLine.amount,
        Order.total_tax: OrderLine.tax_amount,
        Order.money_saved_total: OrderLine.discount_amount,
    }
    statement = (
        select(Order.account_id, Order.id, Order.ticket_folio)
        .outerjoin(OrderLine, OrderLine.order_id == Order.id)
        .group_by(Order.account_id, Order.id, Order.ticket_folio, *sums)
        .having(or_(*(func.coalesce(func.sum(part), -1) != whole for whole, part in sums.items())))
        .order_by(Order.id)
    )
    return session.execute(statement).all()


def find_customer(session: Session, customer_id: int) -> Row | None:
    """The customer as the projection has them, deleted or not; None when sales never heard of them."""
    return _FIND_CUSTOMER(session, customer_id=customer_id).mappings().first()


def as_buyer(session: Session, customer: Row) -> Buyer:
    """A customer as an order of this moment sees them; the account's time zone says whether it is their birthday."""
    birth_date = customer["birth_date"]
    return Buyer(
        id=customer["id"],
        uid=customer["uid"],
        name=customer["full_name"],
        is_frequent=customer["is_frequent"],
        has_birthday=birth_date is not None and is_birthday(birth_date, local_date(session)),
    )
