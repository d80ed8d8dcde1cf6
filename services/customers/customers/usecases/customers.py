"""Register, change and delete customers: each change is told to the other services in the same transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from chassis.db import insert_for, utcnow
from chassis.money import ZERO
from chassis.problems import NotFound
from chassis.search import search_text
from customers.domain import facts
from customers.domain.errors import AlreadyRegistered
from customers.domain.models import Customer
from customers.domain.phones import keyed
from customers.queries import COLUMNS, LIVING, customer_dict, phone_key

Precondition = Callable[[dict[str, Any]], None]
"""Raises when the customer, as it is now, is not what the caller means to change."""

_FIELDS = {"phone_key": "phone_number", "phone_number": "phone_number", "email": "email"}
"""What must be unique among an account's living customers, and the field of the API that it belongs to."""


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
    key = phone_key(session, phone_number)
    statement = (
        insert_for(session, Customer)
        .values(
            first_name=first_name, last_name=last_name, phone_number=phone_number, email=email, birth_date=birth_date,
            credit_limit=credit_limit, search_text=search_text(first_name, last_name, phone_number, email, key),
            **keyed(phone_number, key),
        )
        .on_conflict_do_nothing()
        .returning(*COLUMNS)
    )  # fmt: skip
    unique = {"phone_key": key, "phone_number": phone_number, "email": email}
    # The index does not know of a number that was there twice before there were keys.
    if _taken(session, {"phone_key": key}):
        _refuse_taken(session, unique)
    # Nothing inserted and nobody found: the customer with the phone was deleted just then, so the insert is tried again.
    while (row := session.execute(statement).first()) is None:
        _refuse_taken(session, unique)
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
    key = phone_key(session, new["phone_number"])
    if "phone_number" in changed:
        same = key == row.phone_key  # written differently: a twin from before there were keys stays one
        changed |= {"phone_keyed": new["phone_number"]} if same else keyed(new["phone_number"], key)
    _refuse_taken(session, {name: changed[name] for name in _FIELDS if name in changed}, but=customer_id)
    changed["search_text"] = search_text(new["first_name"], new["last_name"], new["phone_number"], new["email"], key)
    statement = update(Customer).where(Customer.id == customer_id).values(**changed, version=Customer.version + 1)
    try:
        row = session.execute(statement.returning(*COLUMNS)).one()
    except IntegrityError as error:
        # Somebody took it between the look and the update; the driver's message names the column or its index.
        message = str(error.orig).splitlines()[0]
        raise AlreadyRegistered(_in_order(field for name, field in _FIELDS.items() if name in message)) from error
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
    living = select(*COLUMNS, Customer.phone_key).where(Customer.id == customer_id, LIVING)
    row = session.execute(living.with_for_update()).first()
    if row is None:
        raise NotFound
    return row


def _refuse_taken(session: Session, wanted: Mapping[str, str | None], *, but: int = 0) -> None:
    """AlreadyRegistered with all fields of which another living customer has the value."""
    if taken := _taken(session, wanted, but=but):
        raise AlreadyRegistered(taken)


def _taken(session: Session, wanted: Mapping[str, str | None], *, but: int = 0) -> list[str]:
    """The fields of which another living customer has the value; None is nobody's."""
    taken = []
    for name, value in wanted.items():  # one at a time: each has an index of its own
        same = select(Customer.id).where(getattr(Customer, name) == value, LIVING, Customer.id != but)
        if value is not None and session.execute(same.limit(1)).first():
            taken.append(_FIELDS[name])
    return _in_order(taken)


def _in_order(fields: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(fields))
