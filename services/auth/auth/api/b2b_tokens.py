"""`/api/v1/auth/…` without a final slash: log in as a user or a client, refresh, see and revoke one's tokens (004).

A token is named by its session, which refreshing keeps: what 004 calls `token_uid` is the `sid` in the token.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flask import Response

from auth import b2b_queries, queries
from auth.api.b2b_schemas import B2bLogin, B2bRefresh, B2bTokensOut, MeOut, TokenOut
from auth.api.callers import actor, device, own_sessions, stranger
from auth.api.endings import done_and_tell
from auth.domain.errors import SessionEnded
from auth.domain.principals import CLIENT
from auth.logins import Tokens
from auth.runtime import runtime
from auth.usecases.b2b_tokens import revoke_token
from auth.usecases.sessions import end_sessions, log_out
from chassis import b2b
from chassis.access import STAFF, current_user, public, roles
from chassis.blueprint import Blueprint
from chassis.current import reading
from chassis.db import utcnow

blp = Blueprint(
    "b2b_tokens",
    __name__,
    tag="B2B login",
    url_prefix="/api/v1/auth",
    description="Logins of users and clients, and their tokens.",
)

_ANYBODY = (*STAFF, CLIENT)


@blp.post("/login")
@blp.doc(operationId="logInB2B")
@public
@blp.body(B2bLogin)
@blp.response(200, b2b.auth_one(B2bTokensOut))
def login(body: dict[str, Any]) -> Response:
    """Log in as a user or as a client, by the fields given; one may have any number of sessions."""
    logins = runtime().logins
    if "phone" in body:
        done = logins.log_in_client(phone=body["phone"], pin_code=body["pin_code"], device=device())
    else:
        done = logins.log_in(name=body["username"], password=body["password"], device=device(), b2b=True)
    return b2b.answer(_tokens_out(done.tokens))


@blp.post("/refresh")
@blp.doc(operationId="refreshB2BTokens")
@public
@blp.body(B2bRefresh)
@blp.response(200, b2b.auth_one(B2bTokensOut))
def refresh(body: dict[str, Any]) -> Response:
    """Exchange a refresh token for the next pair; the old one is dead from then on."""
    return b2b.answer(_tokens_out(runtime().logins.refresh(token=body["refresh_token"], by=stranger())))


@blp.get("/me")
@blp.doc(operationId="getB2BMe")
@roles(*_ANYBODY)
@blp.response(200, b2b.auth_one(MeOut))
def me() -> Response:
    """Who is logged in, and with which token."""
    caller = current_user()
    kind = caller.kind
    with reading() as session:
        row = queries.client(session, caller.user_id) if kind == "client" else queries.user(session, caller.user_id)
    if row is None:
        raise SessionEnded
    answered = b2b_queries.client_out(row) if kind == "client" else b2b_queries.me_out(row)
    token = {
        "token_uid": caller.sid,
        "issued_at": datetime.fromtimestamp(caller.issued_at, UTC),
        "expires_at": datetime.fromtimestamp(caller.expires_at, UTC),
    }
    return b2b.answer({"entity_type": kind, kind: answered, "token_info": token})


@blp.post("/logout")
@blp.doc(operationId="logOutB2B")
@roles(*_ANYBODY)
@blp.response(200, b2b.AUTH_DONE)
def logout() -> Response:
    """Log out; the session's tokens are refused everywhere from this answer on."""
    return done_and_tell(
        "logged out successfully", log_out, sid=current_user().sid, refresh_hash=None, mine=own_sessions(), answer=None,
        now=utcnow(), revoking=runtime().logins.revoking, by=actor(),
    )  # fmt: skip


@blp.get("/tokens")
@blp.doc(operationId="listB2BTokens")
@roles(*_ANYBODY)
@blp.response(200, b2b.auth_many(TokenOut))
def tokens() -> Response:
    """The caller's live sessions, newest first."""
    with reading() as session:
        rows = b2b_queries.live_sessions(session, own_sessions(), utcnow())
    return b2b.answer([b2b_queries.token_out(row, current=current_user().sid) for row in rows])


@blp.delete("/tokens/<token_uid>")
@blp.doc(operationId="revokeB2BToken")
@roles(*_ANYBODY)
@blp.response(200, b2b.AUTH_DONE)
def revoke(token_uid: str) -> Response:
    """End one of the caller's sessions."""
    return done_and_tell(
        "token revoked successfully", revoke_token, uid=token_uid, mine=own_sessions(),
        now=utcnow(), revoking=runtime().logins.revoking, by=actor(),
    )  # fmt: skip


@blp.post("/tokens/revoke-all")
@blp.doc(operationId="revokeAllB2BTokens")
@roles(*_ANYBODY)
@blp.response(200, b2b.AUTH_DONE)
def revoke_all() -> Response:
    """End all of the caller's sessions, this one too."""
    return done_and_tell(
        "all tokens revoked successfully", end_sessions, own_sessions(), reason="revoked_all",
        now=utcnow(), revoking=runtime().logins.revoking, by=actor(),
    )  # fmt: skip


def _tokens_out(pair: Tokens) -> dict[str, Any]:
    return {
        "access_token": pair.access,
        "refresh_token": pair.refresh,
        "token_type": "Bearer",
        "expires_in": pair.access_seconds,
        "expires_at": pair.expires_at,
        "entity_type": pair.holder.kind,
        "entity_uid": pair.holder.uid,
    }
