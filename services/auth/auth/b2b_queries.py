"""The read side of the B2B surface: users, clients and tokens as 004 prints them. Never writes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from auth.domain.models import LoginName, LoginSession, User
from auth.domain.names import login_key
from auth.domain.principals import CLIENT
from auth.queries import blocked
from chassis.db import utcnow

_USER: tuple[Any, ...] = (
    User.id, User.uid, User.username, User.email, User.first_name, User.last_name, User.role, User.phone_number,
    User.is_blocked, User.blocked_until, User.created_at,
)  # fmt: skip
_SESSION = (
    LoginSession.uid, LoginSession.last_activity, LoginSession.access_seconds, LoginSession.user_agent,
    LoginSession.ip_address,
)  # fmt: skip


def users() -> Select[Any]:
    """The active users of the account in force, by age."""
    return select(*_USER).where(User.is_active).order_by(User.id)


def user_by_uid(session: Session, uid: str) -> Any | None:
    """An active user of the account in force."""
    return session.execute(users().where(User.uid == uid)).first()


def user_by_name(session: Session, field: str, name: str) -> Any | None:
    """The one whose `email` or `username` it is, whatever its case."""
    key = login_key(name)
    found = session.execute(users().join(LoginName, LoginName.user_id == User.id).where(LoginName.name == key)).first()
    # Both stand in one space of names; this one may be the user's under the other heading.
    return found if found and login_key(getattr(found, field)) == key else None


def user_out(user: Any) -> dict[str, Any]:
    """A user as 004's lists show one."""
    role = user.role.lower()
    return {
        **me_out(user), "user_role": role, "phone_number": user.phone_number,
        "is_blocked": blocked(user, utcnow()), "created_at": user.created_at,
    }  # fmt: skip


def me_out(user: Any) -> dict[str, Any]:
    """A user as 004's `me` shows one."""
    return {
        "uid": user.uid, "username": user.username, "email": user.email, "first_name": user.first_name,
        "last_name": user.last_name, "role": user.role.lower(),
    }  # fmt: skip


def client_out(client: Any) -> dict[str, Any]:
    """A client as `me` shows one."""
    return {
        "uid": client.uid, "name": client.name, "email": client.email, "phone": client.phone, "role": CLIENT.lower(),
    }  # fmt: skip


def live_sessions(session: Session, which: ColumnElement[bool], now: datetime) -> Sequence[Any]:
    """Those of `which` that are neither ended nor over, newest first."""
    alive = (LoginSession.revoked_at.is_(None), LoginSession.expires_at > now)
    return session.execute(select(*_SESSION).where(which, *alive).order_by(LoginSession.id.desc())).all()


def token_out(row: Any, *, current: str) -> dict[str, Any]:
    """A session as 004's list of tokens shows it: by its newest access token. `current` is the caller's session."""
    issued_at = row.last_activity.replace(microsecond=0)
    return {
        "token_uid": row.uid,
        "issued_at": issued_at,
        "expires_at": issued_at + timedelta(seconds=row.access_seconds),
        "last_used": row.last_activity,
        "user_agent": row.user_agent,
        "ip_address": row.ip_address,
        "is_current": row.uid == current,
    }
