"""Endings of sessions: one transaction, then every gateway hears of it, then the client is answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec

from flask import Response
from sqlalchemy.orm import Session

from auth.api.callers import actor, own_sessions
from auth.domain.tokens import token_hash
from auth.runtime import runtime
from auth.usecases.sessions import log_out
from chassis import b2b, web
from chassis.access import current_user
from chassis.db import utcnow

P = ParamSpec("P")


def respond_and_tell(
    status: int, usecase: Callable[Concatenate[Session, P], Any], /, *args: P.args, **kwargs: P.kwargs
) -> Response:
    """`web.respond` for a use case that may end sessions; whoever got the answer finds them ended on every service."""
    answer = web.respond(status, usecase, *args, **kwargs)
    runtime().logins.tell_gateways()
    return answer


def done_and_tell(
    message: str, usecase: Callable[Concatenate[Session, P], Any], /, *args: P.args, **kwargs: P.kwargs
) -> Response:
    """The same with `b2b.done`."""
    answer = b2b.done(message, usecase, *args, **kwargs)
    runtime().logins.tell_gateways()
    return answer


def log_out_here(refresh: str | None, answer: dict[str, Any]) -> Response:
    """End the caller's session, and the one of the refresh token if that is the caller's too."""
    return respond_and_tell(
        200, log_out, sid=current_user().sid, refresh_hash=token_hash(refresh) if refresh else None,
        mine=own_sessions(), answer=answer, now=utcnow(), revoking=runtime().logins.revoking, by=actor(),
    )  # fmt: skip
