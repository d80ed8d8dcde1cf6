"""The read side: selects and the dictionaries that the API answers with."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from chassis.money import ZERO
from chassis.ordering import order_by
from chassis.problems import NotFound
from chassis.search import matches
from customers.domain.models import Customer, PointsTransaction

COLUMNS = (
    Customer.id, Customer.uid, Customer.first_name, Customer.last_name, Customer.phone_number, Customer.email,
    Customer.birth_date, Customer.is_frequent, Customer.current_points, Customer.credit_limit, Customer.credit_used,
    Customer.version,
)  # fmt: skip
LIVING = Customer.deleted_at.is_(None)

_ORDERINGS = {
    "id": Customer.id, "first_name": Customer.first_name, "last_name": Customer.last_name,
    "current_points": Customer.current_points, "created_at": Customer.created_at,
}  # fmt: skip


def customer_dict(row: Any) -> dict[str, Any]:
    """A row of COLUMNS as the API shows it (001, 11; contract, 5)."""
    limit: Decimal = row.credit_limit
    return {
        "id": row.id,
        "first_name": row.first_name,
        "last_name": row.last_name,
        "phone_number": row.phone_number,
        "email": row.email,
        "birth_date": row.birth_date,
        "is_frequent": row.is_frequent,
        "current_points": row.current_points,
        "credit_limit": limit,
        "credit_used": row.credit_used,
        "available_credit": max(limit - row.credit_used, ZERO),
    }


def customer_row(session: Session, customer_id: int) -> Any:
    """A living customer's COLUMNS; NotFound otherwise."""
    row = session.execute(select(*COLUMNS).where(Customer.id == customer_id, LIVING)).first()
    if row is None:
        raise NotFound
    return row


def customers(query: Mapping[str, Any]) -> Select[*tuple[Any, ...]]:
    """The living customers that a list query asks for; every word of `search` must occur somewhere."""
    statement: Select[*tuple[Any, ...]] = select(*COLUMNS).where(LIVING)
    for name in ("phone_number", "email", "is_frequent"):
        if name in query:
            statement = statement.where(getattr(Customer, name) == query[name])
    if "search" in query:
        statement = statement.where(matches(Customer.search_text, query["search"]))
    return statement.order_by(*order_by(query.get("ordering"), _ORDERINGS, [Customer.id]))


def history(session: Session, customer_id: int, query: Mapping[str, Any]) -> Select[*tuple[Any, ...]]:
    """A living customer's ledger, newest first (001, 15); NotFound otherwise."""
    customer_row(session, customer_id)
    ledger = PointsTransaction
    columns = (ledger.id, ledger.amount, ledger.transaction_type, ledger.description, ledger.created_at)
    statement: Select[*tuple[Any, ...]] = select(*columns).where(ledger.customer_id == customer_id)
    if "transaction_type" in query:
        statement = statement.where(ledger.transaction_type == query["transaction_type"])
    if "search" in query:
        statement = statement.where(ledger.description.icontains(query["search"], autoescape=True))
    allowed = {"created_at": ledger.created_at, "amount": ledger.amount, "id": ledger.id}
    newest_first = [ledger.created_at.desc(), ledger.id.desc()]
    return statement.order_by(*order_by(query.get("ordering"), allowed, newest_first))
