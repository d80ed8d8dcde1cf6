"""The read side: users with their account as the API answers them, revocations, published state. Never writes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, Select, and_, not_, or_, select
from sqlalchemy.orm import Session

from auth.domain.models import Account, Client, LoginName, LoginSession, PendingRevocation, SigningKey, User
from auth.domain.names import join_name, login_key, typed_key
from auth.domain.plans import MANAGERS, user_type
from auth.domain.principals import Principal, principal_of_client, principal_of_user
from chassis.db import utcnow
from chassis.search import matches

_ACCOUNT_FIELDS = (
    "id", "uid", "company_name", "email", "street", "exterior_number", "interior_number", "neighborhood", "postal_code",
    "city", "state", "country", "phone", "subscription_plan", "max_locations", "max_users", "timezone", "currency",
    "created_at",
)  # fmt: skip
_ACCOUNT: tuple[Any, ...] = (*(getattr(Account, name) for name in _ACCOUNT_FIELDS), Account.version)
_USER: tuple[Any, ...] = (
    User.id, User.uid, User.username, User.email, User.first_name, User.last_name, User.phone_number, User.address,
    User.account_id, User.role, User.is_active, User.is_blocked, User.blocked_reason, User.blocked_until,
    User.expiry_date, User.version,
    *(getattr(Account, name).label(f"account_{name}") for name in _ACCOUNT_FIELDS if name != "id"),
)  # fmt: skip
_CLIENT = (
    Client.id, Client.uid, Client.account_id, Client.name, Client.email, Client.phone, Client.is_active,
    Client.credentials_version, Client.version,
)  # fmt: skip
ORDERINGS: Mapping[str, Any] = {
    "id": User.id, "username": User.username, "email": User.email, "first_name": User.first_name,
    "last_name": User.last_name, "role": User.role, "created_at": User.created_at,
}  # fmt: skip
_zone = cache(ZoneInfo)


def user_by_login(session: Session, name: str) -> Any | None:
    """The user who logs in by this e-mail or username, with `password_hash`; deleted ones too."""
    typed = typed_key(name)
    rows = session.execute(
        select(*_USER, User.password_hash, LoginName.name.label("login_name"))
        .join(Account, Account.id == User.account_id)
        .join(LoginName, LoginName.user_id == User.id)
        .where(LoginName.name.in_({login_key(name), typed}))
    ).all()
    # Of two users whose older names differ in Unicode's form only, the one whose name was typed.
    return min(rows, key=lambda row: row.login_name != typed, default=None)


def found_users(session: Session, *, uids: Collection[str]) -> list[dict[str, Any]]:
    """The users of these uids who were not deleted, as B2B orders need to know them."""
    asked = select(User.uid).where(User.uid.in_(uids), User.is_active).order_by(User.uid)
    return [{"user_uid": uid} for uid in session.execute(asked).scalars()]


def uids_of_users(session: Session, account_id: int, uids: Collection[str]) -> set[str]:
    """Return the uids that are the account's users', deleted ones included."""
    return set(session.scalars(select(User.uid).where(User.account_id == account_id, User.uid.in_(uids))))


def uids_of_clients(session: Session, account_id: int, uids: Collection[str]) -> set[str]:
    """Return the uids that are the account's clients', deleted ones included."""
    return set(session.scalars(select(Client.uid).where(Client.account_id == account_id, Client.uid.in_(uids))))


def user(session: Session, user_id: int, *, locked: bool = False) -> Any | None:
    """An active user; `locked` keeps others from changing the row until the transaction ends."""
    statement = _active_users().where(User.id == user_id)
    # SQLite has no row locks and needs none: its write transactions come one after the other.
    return session.execute(statement.with_for_update(of=User) if locked else statement).first()


def user_with_password(session: Session, user_id: int) -> Any | None:
    """An active user, with `password_hash`."""
    return session.execute(_active_users().add_columns(User.password_hash).where(User.id == user_id)).first()


def users_by_id(session: Session, ids: Iterable[int]) -> Sequence[Any]:
    """Users, active or not, in the order of their ids."""
    statement = select(*_USER).join(Account, Account.id == User.account_id)
    return session.execute(statement.where(User.id.in_(list(ids))).order_by(User.id)).all()


def account(session: Session, account_id: int, *, locked: bool = False) -> Any | None:
    """An account's columns; `locked` as for `user`."""
    statement = select(*_ACCOUNT).where(Account.id == account_id)
    return session.execute(statement.with_for_update(key_share=True) if locked else statement).first()


def account_out(account: Any) -> dict[str, Any]:
    """An account as the API answers one."""
    return {name: getattr(account, name) for name in _ACCOUNT_FIELDS}


def client(session: Session, client_id: int) -> Any | None:
    """A B2B client, active or not."""
    return session.execute(select(*_CLIENT).where(Client.id == client_id)).first()


def clients(session: Session, ids: Collection[int]) -> Sequence[Any]:
    """The same of many, in the order of their ids."""
    return session.execute(select(*_CLIENT).where(Client.id.in_(ids)).order_by(Client.id)).all()


def client_by_phone(session: Session, tail: str) -> Any | None:
    """The one active client whose phone ends in these digits; None when there are several."""
    same = Client.phone.endswith(tail, autoescape=True)
    rows = session.execute(select(*_CLIENT).where(same, Client.is_active).limit(2)).all()
    return rows[0] if len(rows) == 1 else None


def owners(session: Session, sessions: Iterable[Any]) -> dict[tuple[int | None, int | None], Principal]:
    """Whose the sessions are, by (`user_id`, `client_id`)."""
    pairs = {(row.user_id, row.client_id) for row in sessions}
    user_ids = {user_id for user_id, _ in pairs if user_id is not None}
    client_ids = {client_id for _, client_id in pairs if client_id is not None}
    found: dict[tuple[int | None, int | None], Principal] = {}
    if user_ids:
        columns = (User.id, User.uid, User.account_id, User.username, User.email, User.role)
        rows = session.execute(select(*columns).where(User.id.in_(user_ids)))
        found |= {(row.id, None): principal_of_user(row) for row in rows}
    if client_ids:
        rows = session.execute(select(*_CLIENT).where(Client.id.in_(client_ids)))
        found |= {(None, row.id): principal_of_client(row) for row in rows}
    return found


def users(*, role: str | None = None, is_blocked: bool | None = None, search: str | None = None) -> Select[Any]:
    """The active users of the account in force."""
    statement = _active_users()
    if role:
        statement = statement.where(User.role == role)
    if is_blocked is not None:
        in_force = and_(User.is_blocked, or_(User.blocked_until.is_(None), User.blocked_until > utcnow()))
        statement = statement.where(in_force if is_blocked else not_(in_force))
    if search:
        statement = statement.where(matches(User.search_text, search))
    return statement


def _active_users() -> Select[Any]:
    return select(*_USER).join(Account, Account.id == User.account_id).where(User.is_active)


def may_log_in(user: Any, now: datetime) -> bool:
    """Whether the user is neither deleted nor expired (blocked is another matter)."""
    return bool(user.is_active) and not expired(user, now)


def expired(user: Any, now: datetime) -> bool:
    """Whether the user's last day is over where the account is."""
    return user.expiry_date is not None and now.astimezone(_zone(user.account_timezone)).date() > user.expiry_date


def blocked(user: Any, now: datetime) -> bool:
    """Whether a block is in force; one whose time has passed is over."""
    return bool(user.is_blocked) and (user.blocked_until is None or user.blocked_until > now)


def user_out(user: Any) -> dict[str, Any]:
    """A user as the API answers one: the union of the documents' fields, never the password."""
    now = utcnow()
    is_blocked = blocked(user, now)
    return {
        "id": user.id, "uid": user.uid, "username": user.username, "email": user.email,
        "first_name": user.first_name, "last_name": user.last_name,
        "full_name": join_name(user.first_name, user.last_name),
        "phone_number": user.phone_number, "address": user.address,
        "role": user.role, "user_type": user_type(user.role),
        "is_active": user.is_active, "is_staff": user.role in MANAGERS,
        "is_blocked": is_blocked,
        "blocked_reason": user.blocked_reason if is_blocked else None,
        "blocked_until": user.blocked_until if is_blocked else None,
        "profile": {"expired": expired(user, now), "expiry_date": user.expiry_date},
        "account": {name: getattr(user, f"account_{name}") for name in _ACCOUNT_FIELDS},
    }  # fmt: skip


def revocations(session: Session) -> list[dict[str, Any]]:
    """Every revoked session of which an access token may still be alive, all accounts; `exp` in epoch seconds."""
    rows = session.execute(
        select(LoginSession.uid, LoginSession.revocation_expires_at).where(
            LoginSession.revocation_expires_at > utcnow()
        )
    )
    return [{"sid": sid, "exp": int(expires.timestamp())} for sid, expires in rows if expires]


def pending_revocations(session: Session, *, gateway: str, most: int) -> list[dict[str, Any]]:
    """What a gateway has not confirmed, newest first: somebody waits for those."""
    columns = (PendingRevocation.sid, PendingRevocation.exp)
    mine = select(*columns).where(PendingRevocation.gateway == gateway)
    rows = session.execute(mine.order_by(PendingRevocation.exp.desc(), PendingRevocation.sid).limit(most))
    return [row._asdict() for row in rows]


def signing_keys(session: Session) -> list[Row[Any]]:
    """All keys in the order in which they sign."""
    columns = (SigningKey.kid, SigningKey.private_pem, SigningKey.public_jwk, SigningKey.signs_from)
    return list(session.execute(select(*columns).order_by(SigningKey.signs_from, SigningKey.kid)))


def is_bootstrapped(session: Session) -> bool:
    """Whether the first account is there, and a key to sign with."""
    first = session.execute(select(Account.id).where(Account.is_first)).first()
    return first is not None and bool(signing_keys(session))
