"""The events that this service tells, as written down in `contracts/events/customers/`."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from chassis.messaging.outbox import emit


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
    data = {"customer_id": row.id, "customer_uid": row.uid}
    emit(session, "CustomerDeleted", subject=row.uid, version=row.version, data=data)


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
    emit(session, "PointsChanged", subject=customer_uid, version=version, data=data)
