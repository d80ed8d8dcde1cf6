"""The events that this service tells, as written down in `contracts/events/customers/`."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from chassis.messaging.outbox import Fact, emit
from chassis.money import text


def customer_facts(row: Any) -> dict[str, Any]:
    """What others may know of a customer: the data of `CustomerCreated` and `CustomerUpdated`."""
    return {
        "customer_id": row.id,
        "customer_uid": row.uid,
        "first_name": row.first_name,
        "last_name": row.last_name,
        "full_name": f"{row.first_name} {row.last_name}",
        "phone_number": row.phone_number,
        "email": row.email,
        "birth_date": row.birth_date.isoformat() if row.birth_date else None,
        "is_frequent": row.is_frequent,
    }


def tell_created(session: Session, row: Any) -> None:
    """`CustomerCreated`."""
    emit(session, "CustomerCreated", subject=row.uid, version=row.version, data=customer_facts(row))


def tell_updated(session: Session, row: Any) -> None:
    """`CustomerUpdated`."""
    emit(session, "CustomerUpdated", subject=row.uid, version=row.version, data=customer_facts(row))


def tell_deleted(session: Session, row: Any) -> None:
    """`CustomerDeleted`."""
    emit(session, "CustomerDeleted", subject=row.uid, version=row.version, data=_who(row))


def tell_erased(session: Session, row: Any) -> None:
    """`CustomerErased`: whoever keeps anything that tells who this was forgets it."""
    emit(session, "CustomerErased", subject=row.uid, version=row.version, data=_who(row))


def tell_became_frequent(session: Session, row: Any, *, month: date, granted: bool) -> None:
    """`CustomerBecameFrequent`: by the purchases of `month`; `granted`: with the default credit limit."""
    data = {
        **_who(row),
        "month": f"{month:%Y-%m}",
        "credit_limit": text(row.credit_limit),
        "credit_limit_granted": granted,
    }
    emit(session, "CustomerBecameFrequent", subject=row.uid, version=row.version, data=data)


def present_state(row: Any) -> tuple[str, Fact]:
    """What tells a customer's state to who has to learn it anew: the event's type and the fact."""
    if row.deleted_at is None:
        return "CustomerUpdated", Fact(row.uid, row.version, customer_facts(row))
    return "CustomerDeleted" if row.erased_at is None else "CustomerErased", Fact(row.uid, row.version, _who(row))


def tell_points_changed(
    session: Session,
    *,
    customer_id: int,
    customer_uid: str,
    version: int,
    amount: int,
    balance: int,
    transaction_type: str,
    order_uid: str | None,
) -> None:
    """`PointsChanged`: `balance` is the customer's after this change, `version` the customer's."""
    data = {
        "customer_id": customer_id,
        "customer_uid": customer_uid,
        "amount": amount,
        "balance": balance,
        "transaction_type": transaction_type,
        "order_uid": order_uid,
    }
    emit(session, "PointsChanged", subject=customer_uid, version=version, data=data, cause=order_uid)


def tell_credit_changed(
    session: Session,
    row: Any,
    *,
    amount: Decimal | None = None,
    transaction_type: str | None = None,
    order_uid: str | None = None,
) -> None:
    """`CreditChanged`: a line of the credit ledger, or (without one) a new limit; `row` is the customer after it."""
    data = {
        **_who(row),
        "amount": None if amount is None else text(amount),
        "transaction_type": transaction_type,
        "order_uid": order_uid,
        "credit_limit": text(row.credit_limit),
        "credit_used": text(row.credit_used),
    }
    emit(session, "CreditChanged", subject=row.uid, version=row.version, data=data, cause=order_uid)


def _who(row: Any) -> dict[str, Any]:
    return {"customer_id": row.id, "customer_uid": row.uid}
