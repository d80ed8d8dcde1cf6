"""`/api/sessions/`: where one is logged in, and ending that (001 §7–8)."""

from __future__ import annotations

from typing import Any

from flask import Response

from auth.api.callers import actor, own_sessions
from auth.api.endings import respond_and_tell
from auth.api.session_schemas import SessionOut, SessionQuery, StatusOut
from auth.runtime import runtime
from auth.session_queries import active_sessions, session_out
from auth.usecases.sessions import revoke_session
from chassis import idempotency
from chassis.blueprint import Blueprint
from chassis.current import reading
from chassis.db import utcnow
from chassis.pagination import listed

blp = Blueprint("sessions", __name__, tag="Sessions", url_prefix="/api/sessions", description="Where one is logged in.")

CLOSED = {"status": "Sesión cerrada correctamente"}


@blp.get("/")
@blp.doc(operationId="listSessions")
@blp.query(SessionQuery)
@blp.response(200, SessionOut(many=True))
def index(query: dict[str, Any]) -> Response:
    """One's own active sessions, newest first."""
    with reading() as session:
        return listed(session, active_sessions(own_sessions(), query), query, session_out)


@blp.post("/<int:session_id>/revoke/")
@blp.doc(operationId="revokeSession")
@idempotency.idempotent
@blp.response(200, StatusOut)
def revoke(session_id: int) -> Response:
    """End one of one's own sessions; its tokens are refused everywhere from this answer on."""
    return respond_and_tell(
        200, revoke_session, session_id=session_id, mine=own_sessions(), answer=CLOSED, now=utcnow(),
        revoking=runtime().logins.revoking, by=actor(),
    )  # fmt: skip
