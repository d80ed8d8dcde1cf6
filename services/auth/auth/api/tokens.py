"""`/api/auth/`: log in, refresh, log out (001 §1–2, 003 §2–3)."""

from __future__ import annotations

from typing import Any

from flask import Response

from auth import queries
from auth.api.callers import device, stranger
from auth.api.endings import log_out_here
from auth.api.schemas import Login, LoginOut, Logout, MessageOut, Refresh, TokensOut
from auth.runtime import runtime
from chassis import idempotency
from chassis.access import public
from chassis.blueprint import Blueprint
from chassis.json import json_response

blp = Blueprint("tokens", __name__, tag="Login", url_prefix="/api/auth", description="Log in, refresh, log out.")


@blp.post("/login/")
@blp.doc(operationId="logIn")
@public
@blp.body(Login)
@blp.response(200, LoginOut)
def login(body: dict[str, Any]) -> Response:
    """Log in; one may have any number of sessions."""
    name = body.get("email") or body["username"]
    done = runtime().logins.log_in(name=name, password=body["password"], device=device())
    pair = {"refresh": done.tokens.refresh, "access": done.tokens.access}
    user = queries.user_out(done.row)
    return json_response({**pair, "session_id": done.session_id, "user": user, "tokens": pair})


@blp.post("/refresh/")
@blp.doc(operationId="refreshTokens")
@public
@blp.body(Refresh)
@blp.response(200, TokensOut)
def refresh(body: dict[str, Any]) -> Response:
    """Exchange a refresh token for the next pair; the old one is dead from then on."""
    pair = runtime().logins.refresh(token=body["refresh"], by=stranger())
    return json_response({"access": pair.access, "refresh": pair.refresh})


@blp.post("/logout/")
@blp.doc(operationId="logOut")
@idempotency.idempotent
@blp.body(Logout)
@blp.response(200, MessageOut)
def logout(body: dict[str, Any]) -> Response:
    """Log out; the session's tokens are refused everywhere from this answer on."""
    message = {"message": "Sesión cerrada exitosamente"}
    return log_out_here(body.get("refresh"), message)
