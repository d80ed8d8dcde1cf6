"""The read side of sessions: which ones are active, and how 001 and 002 print one. Never writes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session

from auth.domain.models import LoginSession
from chassis.db import utcnow
from chassis.ordering import order_by

_SESSION: tuple[Any, ...] = (
    LoginSession.id, LoginSession.client_type, LoginSession.device_name, LoginSession.user_agent,
    LoginSession.ip_address, LoginSession.created_at, LoginSession.last_activity, LoginSession.expires_at,
    LoginSession.revoked_at,
)  # fmt: skip
_SEARCHED = (LoginSession.device_name, LoginSession.user_agent, LoginSession.ip_address)
SESSION_ORDERINGS: Mapping[str, Any] = {
    "id": LoginSession.id, "created_at": LoginSession.created_at, "last_activity": LoginSession.last_activity,
    "expires_at": LoginSession.expires_at,
}  # fmt: skip


def active_sessions(mine: ColumnElement[bool], query: Mapping[str, Any]) -> Select[Any]:
    """Those of `mine` that are neither ended nor over, newest first; `query` as a `SessionQuery` has it."""
    statement = select(*_SESSION).where(mine, LoginSession.revoked_at.is_(None), LoginSession.expires_at > utcnow())
    if "client_type" in query:
        statement = statement.where(LoginSession.client_type == query["client_type"])
    if "search" in query:
        statement = statement.where(or_(*(each.icontains(query["search"], autoescape=True) for each in _SEARCHED)))
    return statement.order_by(*order_by(query.get("ordering"), SESSION_ORDERINGS, [LoginSession.id.desc()]))


def session_by_id(session: Session, mine: ColumnElement[bool], session_id: int) -> Any | None:
    """One of `mine`, ended ones too for as long as they are kept."""
    return session.execute(select(*_SESSION).where(mine, LoginSession.id == session_id)).first()


def session_out(row: Any) -> dict[str, Any]:
    """A session as 001 §7 prints it."""
    fields = ("id", "user_agent", "ip_address", "created_at", "expires_at")
    return {**{name: getattr(row, name) for name in fields}, "is_revoked": row.revoked_at is not None}


def device_session_out(row: Any) -> dict[str, Any]:
    """A session as 002 prints it."""
    fields = ("id", "client_type", "device_name", "created_at", "last_activity", "expires_at", "ip_address")
    is_active = row.revoked_at is None and row.expires_at > utcnow()
    return {**{name: getattr(row, name) for name in fields}, "is_active": is_active}
