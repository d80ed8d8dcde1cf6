"""`/api/v1/auth/sessions/`: where one is logged in, and ending that from afar (002)."""

from __future__ import annotations

from typing import Any

from flask import Response

from auth.api.callers import actor, own_sessions
from auth.api.endings import respond_and_tell
from auth.api.session_schemas import DeviceSessionOut, RevokeAll, RevokedAllOut, RevokedOut, SessionQuery
from auth.runtime import runtime
from auth.session_queries import active_sessions, device_session_out, session_by_id
from auth.usecases.sessions import revoke_all_sessions, revoke_session
from chassis import conditional, idempotency
from chassis.access import current_user
from chassis.blueprint import Blueprint
from chassis.current import reading
from chassis.db import utcnow
from chassis.pagination import listed
from chassis.problems import NotFound

blp = Blueprint(
    "device_sessions",
    __name__,
    tag="Device sessions",
    url_prefix="/api/v1/auth/sessions",
    description="Where one is logged in.",
)


@blp.get("/")
@blp.doc(operationId="listDeviceSessions")
@blp.query(SessionQuery)
@blp.response(200, DeviceSessionOut(many=True))
def index(query: dict[str, Any]) -> Response:
    """One's own active sessions, newest first."""
    with reading() as session:
        return listed(session, active_sessions(own_sessions(), query), query, device_session_out)


@blp.get("/<int:session_id>/")
@blp.doc(operationId="getDeviceSession")
@blp.response(200, DeviceSessionOut)
def detail(session_id: int) -> Response:
    """One of one's own sessions, active or not."""
    with reading() as session:
        row = session_by_id(session, own_sessions(), session_id)
    if row is None:
        raise NotFound
    return conditional.detail(device_session_out(row))


@blp.post("/<int:session_id>/revoke/")
@blp.doc(operationId="revokeDeviceSession")
@idempotency.idempotent
@blp.response(200, RevokedOut)
def revoke(session_id: int) -> Response:
    """End one of one's own sessions; its tokens are refused everywhere from this answer on."""
    answer = {"message": "Session revoked successfully", "session_id": session_id}
    return respond_and_tell(
        200, revoke_session, session_id=session_id, mine=own_sessions(), answer=answer, now=utcnow(),
        revoking=runtime().logins.revoking, by=actor(),
    )  # fmt: skip


@blp.post("/revoke_all/")
@blp.doc(operationId="revokeAllDeviceSessions")
@idempotency.idempotent
@blp.body(RevokeAll)
@blp.response(200, RevokedAllOut)
def revoke_all(body: dict[str, Any]) -> Response:
    """End all of one's sessions, with `keep_current` all others."""
    return respond_and_tell(
        200, revoke_all_sessions, mine=own_sessions(), keep=current_user().sid if body["keep_current"] else None,
        now=utcnow(), revoking=runtime().logins.revoking, by=actor(),
    )  # fmt: skip
