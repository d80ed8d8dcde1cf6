"""The read side of B2B clients: selects and the dictionaries that are answered."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Select, select, union
from sqlalchemy.orm import Session

from chassis.tenants import Tenant
from customers.domain.clients import Client
from customers.domain.phones import DEFAULT_COUNTRY, country_of

_COLUMNS = (
    Client.uid, Client.name, Client.email, Client.phone, Client.address, Client.discount, Client.currency,
    Client.price_type_uid, Client.is_active, Client.created_at, Client.updated_at,
)  # fmt: skip
LIVING = Client.deleted_at.is_(None)

_LOGIN = (
    Client.id, Client.uid, Client.account_id, Client.name, Client.email, Client.phone, Client.pin_hash,
    Client.credentials_version, Client.version,
)  # fmt: skip


MOST_WITH_ONE_PHONE = 10


def countries(session: Session) -> set[str]:
    """The countries of all accounts."""
    zones = session.scalars(select(Tenant.timezone).distinct())
    return {DEFAULT_COUNTRY, *(country_of(zone) for zone in zones)}


def active_by_phone(session: Session, phone: str, keys: Collection[str]) -> Sequence[Any]:
    """The active clients of the platform with one of these keys (their `_LOGIN` columns).

    At most one for each country, and those that had the number before there were keys. The client whose phone is
    written exactly so comes first.
    """
    same = (select(Client.id).where(what, LIVING) for what in (Client.phone_key.in_(keys), Client.phone == phone))
    asked = select(*_LOGIN).where(Client.id.in_(union(*same)), Client.is_active)
    return session.execute(asked.order_by(Client.phone != phone, Client.id).limit(MOST_WITH_ONE_PHONE)).all()


def pin_hashes(session: Session, uids: Collection[str]) -> dict[str, str]:
    """The stored hashes of these clients' PINs, by uid; a deleted one's too."""
    if not uids:
        return {}
    return dict(session.execute(select(Client.uid, Client.pin_hash).where(Client.uid.in_(uids))).all())


def found_clients(session: Session, *, uids: Collection[str]) -> list[dict[str, Any]]:
    """What B2B orders need to know of the living clients of these uids."""
    asked = select(Client.uid, Client.discount).where(Client.uid.in_(uids), LIVING).order_by(Client.uid)
    return [{"client_uid": row.uid, "discount_percent": row.discount} for row in session.execute(asked)]


def clients(own_uid: str | None) -> Select[*tuple[Any, ...]]:
    """The living clients by id; with `own_uid` that one alone."""
    statement: Select[*tuple[Any, ...]] = select(*_COLUMNS).where(LIVING).order_by(Client.id)
    return statement if own_uid is None else statement.where(Client.uid == own_uid)


def client_by(session: Session, own_uid: str | None, **wanted: str) -> dict[str, Any] | None:
    """The living client with this `uid` or `email`, if the asker may see it."""
    row = session.execute(clients(own_uid).filter_by(**wanted)).first()
    return client_dict(row) if row else None


def client_dict(row: Any) -> dict[str, Any]:
    """A row of `_COLUMNS` as the API shows it: everything but the PIN (004, Client)."""
    return {
        "uid": row.uid,
        "name": row.name,
        "email": row.email,
        "phone": row.phone,
        "address": row.address,
        "discount": row.discount,
        "currency": row.currency,
        "price_type_uid": row.price_type_uid,
        "active": row.is_active,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
    }


def login_dict(row: Any) -> dict[str, Any]:
    """What auth is told of a client who logs in."""
    return {column.key: getattr(row, column.key) for column in _LOGIN if column is not Client.pin_hash}
