"""`/api/auth/`: log in, refresh, log out (001 §1–2, 003 §2–3)."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from auth import queries
from auth.api.schemas import Login, LoginOut, Logout, MessageOut, Refresh, TokensOut
from auth.domain.tokens import token_hash
from auth.runtime import runtime
from auth.usecases.sessions import Device, log_out
from chassis import idempotency, web
from chassis.access import current_user, public
from chassis.blueprint import Blueprint
from chassis.db import utcnow
from chassis.json import json_response

blp = Blueprint("tokens", __name__, url_prefix="/api/auth")


@blp.post("/login/")
@public
@blp.body(Login)
@blp.response(200, LoginOut)
def login(body: dict[str, Any]) -> Response:
    """Open a session; one may have any number of them."""
    device = Device(request.remote_addr or "", request.headers.get("User-Agent", ""))
    name = body.get("email") or body["username"]
    done = runtime().logins.log_in(name=name, password=body["password"], device=device)
    pair = {"refresh": done.tokens.refresh, "access": done.tokens.access}
    user = queries.user_out(done.user)
    return json_response({**pair, "session_id": done.session_id, "user": user, "tokens": pair})


@blp.post("/refresh/")
@public
@blp.body(Refresh)
@blp.response(200, TokensOut)
def refresh(body: dict[str, Any]) -> Response:
    """Exchange a refresh token for the next pair; the old one is dead from then on."""
    pair = runtime().logins.refresh(token=body["refresh"])
    return json_response({"access": pair.access, "refresh": pair.refresh})


@blp.post("/logout/")
@idempotency.idempotent
@blp.body(Logout)
@blp.response(200, MessageOut)
def logout(body: dict[str, Any]) -> Response:
    """End the session; its tokens are refused everywhere from this answer on."""
    user, logins = current_user(), runtime().logins
    given = token_hash(body["refresh"]) if body.get("refresh") else None
    answer = web.respond(
        200, log_out, user_id=user.user_id, sid=user.sid, refresh_hash=given, now=utcnow(), revoking=logins.revoking
    )
    logins.tell_gateways()
    return answer
