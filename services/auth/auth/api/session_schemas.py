"""The shapes of 002's device sessions and of 001's sessions."""

from __future__ import annotations

from typing import Any

import marshmallow as ma

from auth.api.schemas import LoginName, Password, TokensOut, UserOut
from auth.domain.models import CLIENT_TYPES, UNKNOWN
from auth.session_queries import SESSION_ORDERINGS
from chassis import schemas
from chassis.pagination import ListQuery

_OPTIONAL: dict[str, Any] = {"blank": True, "allow_none": True}


class DeviceLogin(schemas.Schema):
    """`username` holds a username or an e-mail; everything of the device may be left out."""

    username = LoginName(required=True)
    password = Password(required=True)
    client_type = schemas.Choice(CLIENT_TYPES, load_default=UNKNOWN)
    device_name = schemas.Text(max_length=100, **_OPTIONAL)
    telegram_user_id = schemas.Integer(allow_none=True)
    telegram_username = schemas.Text(max_length=64, **_OPTIONAL)

    @ma.post_load
    def _without_nulls(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {name: value for name, value in data.items() if value is not None}


class DeviceLoginOut(TokensOut):
    """002's answer to a login."""

    user = schemas.Nested(UserOut)
    session_id = schemas.Integer()


class DeviceLogoutOut(schemas.Schema):
    """What a logout has done."""

    message = schemas.Text()
    detail = schemas.Text()


class LogoutAllOut(schemas.Schema):
    """How many sessions were ended."""

    message = schemas.Text()
    revoked_sessions = schemas.Integer()


class RevokeAll(schemas.Schema):
    """`keep_current`: all but the session of this request."""

    keep_current = schemas.Boolean(load_default=False)


class RevokedOut(schemas.Schema):
    """The session that was ended."""

    message = schemas.Text()
    session_id = schemas.Integer()


class RevokedAllOut(schemas.Schema):
    """How many sessions were ended."""

    message = schemas.Text()
    revoked_count = schemas.Integer()


class SessionQuery(ListQuery):
    """`search` looks at the device's name, the user agent and the address."""

    ordering = schemas.Ordering(SESSION_ORDERINGS)
    client_type = schemas.Choice(CLIENT_TYPES)


class DeviceSessionOut(schemas.Schema):
    """A session, as 002 prints it. `last_activity`: the login or the last refresh."""

    id = schemas.Integer()
    client_type = schemas.Choice(CLIENT_TYPES)
    device_name = schemas.Text()
    created_at = ma.fields.AwareDateTime()
    last_activity = ma.fields.AwareDateTime()
    expires_at = ma.fields.AwareDateTime()
    ip_address = schemas.Text()
    is_active = schemas.Boolean()


class SessionOut(schemas.Schema):
    """A session, as 001 prints it."""

    id = schemas.Integer()
    user_agent = schemas.Text()
    ip_address = schemas.Text()
    created_at = ma.fields.AwareDateTime()
    expires_at = ma.fields.AwareDateTime()
    is_revoked = schemas.Boolean()


class StatusOut(schemas.Schema):
    """001's sentence."""

    status = schemas.Text()
