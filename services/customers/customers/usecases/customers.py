"""Register, change and delete customers: each change is told to the other services in the same transaction."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from chassis.db import insert_for, utcnow
from chassis.money import ZERO
from chassis.problems import NotFound
from chassis.search import search_text
from customers.domain import facts
from customers.domain.errors import AlreadyRegistered
from customers.domain.models import Customer
from customers.queries import COLUMNS, LIVING, customer_dict

Precondition = Callable[[dict[str, Any]], None]
"""Raises when the customer, as it is now, is not what the caller means to change."""

_UNIQUE = ("phone_number", "email")


def create_customer(
    session: Session,
    *,
    first_name: str,
    last_name: str,
    phone_number: str,
    email: str | None = None,
    birth_date: date | None = None,
    credit_limit: Decimal = ZERO,
) -> dict[str, Any]:
    """Register a customer; AlreadyRegistered when phone or e-mail are a living customer's."""
    statement = (
        insert_for(session, Customer)
        .values(
            first_name=first_name, last_name=last_name, phone_number=phone_number, email=email, birth_date=birth_date,
            credit_limit=credit_limit, search_text=search_text(first_name, last_name, phone_number, email),
        )
        .on_conflict_do_nothing()
        .returning(*COLUMNS)
    )  # fmt: skip
    # Nothing inserted and nobody found: who held the phone was deleted just then, so the insert is tried again.
    while (row := session.execute(statement).first()) is None:
        _refuse_taken(session, phone_number, email)
    facts.tell_created(session, row)
    if row.credit_limit:
        facts.tell_credit_changed(session, row)
    return customer_dict(row)


def update_customer(
    session: Session, *, customer_id: int, changes: Mapping[str, Any], precondition: Precondition
) -> dict[str, Any]:
    """Apply `changes` (field → value) to a living customer and return it; what is equal already changes nothing.

    NotFound, AlreadyRegistered, or what `precondition` raises.
    """
    row = _locked(session, customer_id)
    precondition(customer_dict(row))
    changed = {name: value for name, value in changes.items() if getattr(row, name) != value}
    if not changed:
        return customer_dict(row)
    new = {**row._asdict(), **changed}
    _refuse_taken(session, changed.get("phone_number"), changed.get("email"))
    changed["search_text"] = search_text(new["first_name"], new["last_name"], new["phone_number"], new["email"])
    statement = update(Customer).where(Customer.id == customer_id).values(**changed, version=Customer.version + 1)
    try:
        row = session.execute(statement.returning(*COLUMNS)).one()
    except IntegrityError as error:
        # Somebody took it between the look and the update; the driver's message names the column or its index.
        raise AlreadyRegistered(name for name in _UNIQUE if name in str(error.orig).splitlines()[0]) from error
    facts.tell_updated(session, row)
    if "credit_limit" in changed:
        facts.tell_credit_changed(session, row)
    return customer_dict(row)


def delete_customer(session: Session, *, customer_id: int, precondition: Precondition) -> None:
    """Delete a customer softly: the ledgers stay, phone and e-mail become free. NotFound, or what `precondition` raises."""
    precondition(customer_dict(_locked(session, customer_id)))
    gone = update(Customer).where(Customer.id == customer_id).values(deleted_at=utcnow(), version=Customer.version + 1)
    row = session.execute(gone.returning(Customer.id, Customer.uid, Customer.version)).one()
    facts.tell_deleted(session, row)


def _locked(session: Session, customer_id: int) -> Any:
    # The row lock is PostgreSQL's; on SQLite this transaction has been the only writer since it began.
    living = select(*COLUMNS).where(Customer.id == customer_id, LIVING)
    row = session.execute(living.with_for_update()).first()
    if row is None:
        raise NotFound
    return row


def _refuse_taken(session: Session, phone_number: str | None, email: str | None) -> None:
    """AlreadyRegistered with all fields that a living customer has; None is nobody's."""
    wanted = {"phone_number": phone_number, "email": email}
    same = [getattr(Customer, name) == value for name, value in wanted.items() if value is not None]
    if not same:
        return
    found = session.execute(select(Customer.phone_number, Customer.email).where(LIVING, or_(*same))).all()
    taken = [name for name, value in wanted.items() if value and any(getattr(row, name) == value for row in found)]
    if taken:
        raise AlreadyRegistered(taken)
