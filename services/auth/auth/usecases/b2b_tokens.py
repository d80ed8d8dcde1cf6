"""Tokens as 004 sees them: sessions, each by the uid that its tokens carry."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, and_
from sqlalchemy.orm import Session

from auth import b2b_queries
from auth.domain.errors import NotYourToken
from auth.domain.models import LoginSession
from auth.usecases.audit import Actor
from auth.usecases.sessions import Revoking, end_sessions
from chassis.problems import NotFound


def revoke_token(
    session: Session, *, uid: str, mine: ColumnElement[bool], now: datetime, revoking: Revoking, by: Actor
) -> None:
    """End the session `uid` if it is one of `mine`; NotYourToken for another's live one, NotFound if there is none."""
    named = LoginSession.uid == uid
    if end_sessions(session, and_(named, mine), reason="revoked", now=now, revoking=revoking, by=by):
        return
    raise NotYourToken if b2b_queries.live_sessions(session, named, now) else NotFound
