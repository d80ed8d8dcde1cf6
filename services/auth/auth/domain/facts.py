"""The events that this service tells, as written down in `contracts/events/auth/`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from auth.domain.names import join_name
from chassis.messaging.outbox import emit


def tell_account(session: Session, type_: str, account: Any) -> None:
    """`AccountRegistered`; `account` has the account's columns."""
    data = {
        "account_id": account.id, "account_uid": account.uid, "company_name": account.company_name,
        "subscription_plan": account.subscription_plan, "timezone": account.timezone, "currency": account.currency,
    }  # fmt: skip
    emit(session, type_, subject=account.uid, version=account.version, data=data, account_id=account.id)


def tell_user(session: Session, type_: str, user: Any) -> None:
    """`UserCreated` or `UserUpdated`; `user` has the user's columns."""
    data = {
        "user_id": user.id, "user_uid": user.uid, "username": user.username,
        "full_name": join_name(user.first_name, user.last_name), "role": user.role, "is_active": user.is_active,
    }  # fmt: skip
    emit(session, type_, subject=user.uid, version=user.version, data=data, account_id=user.account_id)


def tell_session_revoked(
    session: Session, *, sid: str, user_uid: str, account_id: int, reason: str, expires_at: datetime
) -> None:
    """`SessionRevoked`; a session is revoked once, so its version is always 1."""
    text = expires_at.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    data = {"sid": sid, "user_uid": user_uid, "reason": reason, "expires_at": text}
    emit(session, "SessionRevoked", subject=sid, version=1, data=data, account_id=account_id)
