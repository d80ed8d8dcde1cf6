"""Sessions: opening one, exchanging its refresh token, ending it.

Whatever changes a session takes its row first, so a refresh and a revocation of one session come one after the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, or_, select, update
from sqlalchemy.orm import Session

from auth import queries
from auth.domain.errors import SessionEnded
from auth.domain.facts import tell_session_revoked
from auth.domain.models import LoginSession, PendingRevocation, SpentRefreshToken, User
from chassis.db import insert_for
from chassis.problems import InvalidToken, Problem


@dataclass(frozen=True, slots=True)
class Device:
    """Where a login comes from. `ip_address` is the client's as the gateway saw it."""

    ip_address: str
    user_agent: str
    client_type: str = "unknown"


@dataclass(frozen=True, slots=True)
class Revoking:
    """How sessions are ended: for how long their access tokens may be alive, and who must hear of it."""

    seconds: int
    gateways: Sequence[str]


def open_session(
    session: Session, *, user: Any, sid: str, refresh_hash: str, device: Device, now: datetime, seconds: int
) -> int | None:
    """A new session of `user` that lives `seconds` unless refreshed; its id.

    None when the user was deleted, blocked or given another password since `user` was read: what does that takes the
    user's row before it ends the sessions, so it can't miss the one that is opened here.
    """
    still = session.execute(
        update(User)
        .where(
            User.id == user.id, User.is_active, User.password_hash == user.password_hash,
            or_(User.is_blocked.is_(False), User.blocked_until <= now),
        )
        .values(last_login_at=now)
        .returning(User.id)
    ).first()  # fmt: skip
    if still is None:
        return None
    opened: int = session.execute(
        insert_for(session, LoginSession)
        .values(
            account_id=user.account_id, user_id=user.id, uid=sid, refresh_hash=refresh_hash,
            client_type=device.client_type, user_agent=device.user_agent[:512], ip_address=device.ip_address[:45],
            created_at=now, last_activity=now, expires_at=now + timedelta(seconds=seconds),
        )
        .returning(LoginSession.id)
    ).scalar_one()  # fmt: skip
    return opened


def exchange_refresh(
    session: Session, *, old_hash: str, new_hash: str, now: datetime, seconds: int, grace: float, revoking: Revoking
) -> tuple[Any, Any] | Problem:
    """Put a session's next refresh token into force; (session, user), or the problem to answer *after the commit*.

    One conditional update decides: of two uses of one token one wins. A token that was exchanged more than `grace`
    seconds ago is in wrong hands, or its owner is: the session ends.
    """
    turned = session.execute(
        update(LoginSession)
        .where(LoginSession.refresh_hash == old_hash, LoginSession.revoked_at.is_(None), LoginSession.expires_at > now)
        .values(refresh_hash=new_hash, last_activity=now, expires_at=now + timedelta(seconds=seconds))
        .returning(LoginSession.id, LoginSession.uid, LoginSession.user_id, LoginSession.client_type)
    ).first()
    if turned is None:
        return _dead_token(session, old_hash, now, grace, revoking)
    session.execute(
        insert_for(session, SpentRefreshToken).values(
            token_hash=old_hash, session_id=turned.id, spent_at=now, expires_at=now + timedelta(seconds=seconds)
        )
    )
    user = queries.user(session, turned.user_id)
    if user is None or queries.expired(user, now) or queries.blocked(user, now):
        raise InvalidToken
    return turned, user


def _dead_token(session: Session, old_hash: str, now: datetime, grace: float, revoking: Revoking) -> Problem:
    spent = session.execute(
        select(SpentRefreshToken.session_id, SpentRefreshToken.spent_at).where(SpentRefreshToken.token_hash == old_hash)
    ).first()
    if spent is not None and now - spent.spent_at > timedelta(seconds=grace):
        end_sessions(session, LoginSession.id == spent.session_id, reason="refresh_reused", now=now, revoking=revoking)
        return SessionEnded()
    ended = session.execute(
        select(LoginSession.id).where(LoginSession.refresh_hash == old_hash, LoginSession.revoked_at.is_not(None))
    ).first()
    return SessionEnded() if ended else InvalidToken()


def end_sessions(
    session: Session, which: ColumnElement[bool], *, reason: str, now: datetime, revoking: Revoking
) -> int:
    """End the live sessions that `which` selects, tell it, and note which gateways have to hear; how many they were."""
    until = now + timedelta(seconds=revoking.seconds)
    ended = session.execute(
        update(LoginSession)
        .where(which, LoginSession.revoked_at.is_(None))
        .values(revoked_at=now, revoke_reason=reason, revocation_expires_at=until)
        .returning(LoginSession.uid, LoginSession.user_id, LoginSession.account_id)
    ).all()
    if not ended:
        return 0
    users = session.execute(select(User.id, User.uid).where(User.id.in_({row.user_id for row in ended})))
    uids = {user.id: user.uid for user in users}
    for row in ended:
        tell_session_revoked(
            session, sid=row.uid, user_uid=uids[row.user_id], account_id=row.account_id, reason=reason, expires_at=until
        )
    if revoking.gateways:
        exp = int(until.timestamp())
        pending = [{"gateway": url, "sid": row.uid, "exp": exp} for url in revoking.gateways for row in ended]
        session.execute(insert_for(session, PendingRevocation).values(pending).on_conflict_do_nothing())
    return len(ended)


def log_out(
    session: Session, *, user_id: int, sid: str, refresh_hash: str | None, now: datetime, revoking: Revoking
) -> dict[str, str]:
    """End the session `sid` and, if it is the same user's, the one that the refresh token belongs to; 003's answer."""
    mine = or_(LoginSession.uid == sid, LoginSession.refresh_hash == (refresh_hash or ""))
    which = and_(LoginSession.user_id == user_id, mine)
    end_sessions(session, which, reason="logout", now=now, revoking=revoking)
    return {"message": "Sesión cerrada exitosamente"}


def confirm_revocations(session: Session, *, gateway: str, sids: Sequence[str]) -> None:
    """Forget what a gateway has confirmed. One by one in order, so that two that confirm the same never deadlock."""
    for sid in sorted(sids):
        session.execute(
            delete(PendingRevocation).where(PendingRevocation.gateway == gateway, PendingRevocation.sid == sid)
        )
