"""The events that this service tells, as written down in `contracts/events/auth/`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from auth.domain.names import join_name
from chassis.messaging.outbox import Fact, emit_many


def account_fact(account: Any) -> Fact:
    """`AccountRegistered` or `AccountUpdated`; `account` has the account's columns."""
    data = {
        "account_id": account.id, "account_uid": account.uid, "company_name": account.company_name,
        "subscription_plan": account.subscription_plan, "timezone": account.timezone, "currency": account.currency,
    }  # fmt: skip
    return Fact(account.uid, account.version, data)


def user_fact(user: Any) -> Fact:
    """`UserCreated`, `UserUpdated` or `UserDeactivated`; `user` has the user's columns."""
    data = {
        "user_id": user.id, "user_uid": user.uid, "username": user.username,
        "full_name": join_name(user.first_name, user.last_name), "role": user.role, "is_active": user.is_active,
        "is_blocked": user.is_blocked, "blocked_until": _utc(user.blocked_until),
    }  # fmt: skip
    return Fact(user.uid, user.version, data)


def revocation_fact(sid: str, uid: str, reason: str, expires_at: datetime) -> Fact:
    """`SessionRevoked` of a session and its user's or client's uid."""
    return Fact(sid, 1, {"sid": sid, "user_uid": uid, "reason": reason, "expires_at": _utc(expires_at)})


def tell_account(session: Session, type_: str, account: Any) -> None:
    """Tell of an account that it opened or changed."""
    emit_many(session, type_, [account_fact(account)], account_id=account.id)


def tell_users(session: Session, type_: str, users: Iterable[Any], *, account_id: int) -> None:
    """Tell of users of one account that they came, changed or went."""
    emit_many(session, type_, map(user_fact, users), account_id=account_id)


def tell_sessions_revoked(
    session: Session, revoked: Mapping[str, str], *, account_id: int, reason: str, expires_at: datetime
) -> None:
    """`SessionRevoked` of each sid with its user's or client's uid; a session is revoked once, so its version is always 1."""
    facts = [revocation_fact(sid, uid, reason, expires_at) for sid, uid in revoked.items()]
    emit_many(session, "SessionRevoked", facts, account_id=account_id)


def _utc(moment: datetime | None) -> str | None:
    return None if moment is None else moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
