"""`/api/v1/auth/token/` and `logout/`: a login a device, one of each client type at a time (002)."""

from __future__ import annotations

from typing import Any

from flask import Response

from auth import queries
from auth.api.callers import actor, device, own_sessions, stranger
from auth.api.endings import log_out_here, respond_and_tell
from auth.api.schemas import Logout, Refresh, TokensOut
from auth.api.session_schemas import DeviceLogin, DeviceLoginOut, DeviceLogoutOut, LogoutAllOut
from auth.runtime import runtime
from auth.usecases.sessions import log_out_everywhere
from chassis import idempotency
from chassis.access import public
from chassis.blueprint import Blueprint
from chassis.db import utcnow
from chassis.json import json_response

blp = Blueprint(
    "device_tokens", __name__, tag="Device login", url_prefix="/api/v1/auth", description="One session a device type."
)

LOGGED_OUT = {"message": "Logout successful", "detail": "Session revoked and tokens blacklisted"}


@blp.post("/token/")
@blp.doc(operationId="logInDevice")
@public
@blp.body(DeviceLogin)
@blp.response(200, DeviceLoginOut)
def login(body: dict[str, Any]) -> Response:
    """Log in with the one session of a client type; 401 while there is one."""
    name, password = body.pop("username"), body.pop("password")
    done = runtime().logins.log_in(name=name, password=password, device=device(**body), exclusive=True)
    pair = {"refresh": done.tokens.refresh, "access": done.tokens.access}
    return json_response({**pair, "user": queries.user_out(done.row), "session_id": done.session_id})


@blp.post("/token/refresh/")
@blp.doc(operationId="refreshDeviceTokens")
@public
@blp.body(Refresh)
@blp.response(200, TokensOut)
def refresh(body: dict[str, Any]) -> Response:
    """Exchange a refresh token for the next pair; the old one is dead from then on."""
    pair = runtime().logins.refresh(token=body["refresh"], by=stranger())
    return json_response({"access": pair.access, "refresh": pair.refresh})


@blp.post("/logout/")
@blp.doc(operationId="logOutDevice")
@idempotency.idempotent
@blp.body(Logout)
@blp.response(200, DeviceLogoutOut)
def logout(body: dict[str, Any]) -> Response:
    """Log out; the session's tokens are refused everywhere from this answer on."""
    return log_out_here(body.get("refresh"), LOGGED_OUT)


@blp.post("/logout/all/")
@blp.doc(operationId="logOutAllDevices")
@idempotency.idempotent
@blp.response(200, LogoutAllOut)
def logout_all() -> Response:
    """Log out everywhere, here too."""
    return respond_and_tell(
        200, log_out_everywhere, mine=own_sessions(), now=utcnow(), revoking=runtime().logins.revoking, by=actor()
    )
