"""Who is calling and from where, in the terms of the use cases."""

from __future__ import annotations

from flask import request
from sqlalchemy import ColumnElement

from auth.domain.models import LoginSession
from auth.runtime import runtime
from auth.usecases.audit import Actor
from auth.usecases.sessions import Device
from auth.usecases.users import Ending
from chassis.access import current_user
from chassis.db import utcnow


def actor() -> Actor:
    """The logged-in caller, for the audit trail."""
    user = current_user()
    return Actor(user.uid, user.username, *_origin())


def stranger() -> Actor:
    """A caller who is not logged in."""
    return Actor(None, "", *_origin())


def device(
    *, client_type: str = "unknown", device_name: str = "", telegram_user_id: int | None = None,
    telegram_username: str = "",
) -> Device:  # fmt: skip
    """Where the request comes from; the address is the gateway's word, not the client's."""
    return Device(
        *_origin(), client_type=client_type, device_name=device_name, telegram_user_id=telegram_user_id,
        telegram_username=telegram_username,
    )  # fmt: skip


def ending() -> Ending:
    """What the caller does now, which may end sessions."""
    return Ending(by=actor(), now=utcnow(), revoking=runtime().logins.revoking)


def own_sessions() -> ColumnElement[bool]:
    """The caller's sessions, a user's or a client's."""
    user = current_user()
    # Users and clients are numbered apart.
    if user.kind == "client":
        return LoginSession.client_id == user.user_id
    return LoginSession.user_id == user.user_id


def _origin() -> tuple[str, str]:
    return request.remote_addr or "", request.headers.get("User-Agent", "")
