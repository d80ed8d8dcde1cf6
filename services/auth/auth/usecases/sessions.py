"""Sessions: opening one, exchanging its refresh token, ending it.

Whatever changes a session takes its row first, so a refresh and a revocation of one session come one after the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, or_, select, text, update
from sqlalchemy.orm import Session

from auth import queries
from auth.domain.errors import AlreadyLoggedIn, SessionEnded
from auth.domain.facts import tell_sessions_revoked
from auth.domain.models import LoginSession, PendingRevocation, SpentRefreshToken, User
from auth.domain.principals import Principal, principal_of_client, principal_of_user
from auth.usecases import audit
from auth.usecases.audit import Actor
from chassis.db import insert_for
from chassis.problems import InvalidToken, NotFound, Problem
from chassis.revocations import note_revoked


@dataclass(frozen=True, slots=True)
class Device:
    """Where a login comes from. `ip_address` is the client's as the gateway saw it."""

    ip_address: str
    user_agent: str
    client_type: str = "unknown"
    device_name: str = ""
    telegram_user_id: int | None = None
    telegram_username: str = ""


@dataclass(frozen=True, slots=True)
class Opening:
    """A session to be: its id in tokens, its first refresh token's hash, how long it and its access tokens live (s).

    `exclusive`: a user's only one of its client type (002).
    """

    sid: str
    refresh_hash: str
    seconds: int
    access_seconds: int
    exclusive: bool = False


@dataclass(frozen=True, slots=True)
class Revoking:
    """How sessions are ended: for how long their access tokens may be alive, and who must hear of it."""

    seconds: int
    gateways: Sequence[str]


def open_user_session(
    session: Session, *, user: Any, opening: Opening, device: Device, now: datetime
) -> int | AlreadyLoggedIn | None:
    """A new session of `user`; its id, or AlreadyLoggedIn when it is to be exclusive and there is one.

    None when the user was deleted, blocked or given another role, last day or password since `user` was read: what does
    that takes the user's row before it ends the sessions, so it can't miss the one that is opened here.
    """
    still = session.execute(
        update(User)
        .where(
            User.id == user.id, User.is_active, User.password_hash == user.password_hash,
            User.role == user.role, User.expiry_date.is_not_distinct_from(user.expiry_date),
            or_(User.is_blocked.is_(False), User.blocked_until <= now),
        )
        .values(last_login_at=now)
        .returning(User.id)
    ).first()  # fmt: skip
    if still is None:
        return None
    slot = device.client_type if opening.exclusive else None
    if slot:  # one that has run out is in nobody's way
        session.execute(
            update(LoginSession)
            .where(LoginSession.user_id == user.id, LoginSession.slot == slot, LoginSession.expires_at <= now)
            .values(slot=None)
        )
    opened = _insert(session, principal_of_user(user), opening, device, now, slot=slot)
    return AlreadyLoggedIn(device.client_type) if opened is None else opened


def open_client_session(session: Session, *, client: Any, opening: Opening, device: Device, now: datetime) -> int:
    """A new session of a B2B client, whose row the caller holds; its id."""
    opened = _insert(session, principal_of_client(client), opening, device, now, slot=None)
    if opened is None:
        raise RuntimeError("a session without a slot can't be in the way of another")
    return opened


def _insert(
    session: Session, principal: Principal, opening: Opening, device: Device, now: datetime, *, slot: str | None
) -> int | None:
    owner = {"user_id" if principal.kind == "user" else "client_id": principal.id}
    statement = insert_for(session, LoginSession).values(
        account_id=principal.account_id, **owner, uid=opening.sid, refresh_hash=opening.refresh_hash, slot=slot,
        client_type=device.client_type, device_name=device.device_name, telegram_user_id=device.telegram_user_id,
        telegram_username=device.telegram_username, user_agent=device.user_agent[:512],
        ip_address=device.ip_address[:45], access_seconds=opening.access_seconds,
        created_at=now, last_activity=now, expires_at=now + timedelta(seconds=opening.seconds),
    )  # fmt: skip
    if slot:
        statement = statement.on_conflict_do_nothing(
            index_elements=["user_id", "slot"], index_where=text("slot IS NOT NULL AND revoked_at IS NULL")
        )
    opened = session.execute(statement.returning(LoginSession.id)).scalar()
    if opened is not None:
        by = Actor(principal.uid, principal.username, device.ip_address, device.user_agent)
        audit.record(
            session, audit.LOGIN, account_id=principal.account_id, subject=audit.subject_of(principal), by=by,
            sid=opening.sid, client_type=device.client_type, device_name=device.device_name,
        )  # fmt: skip
    return opened


@dataclass(frozen=True, slots=True)
class Refreshed:
    """A session that goes on: its id in tokens, whose it is, and how long its access tokens live (s)."""

    sid: str
    principal: Principal
    client_type: str
    access_seconds: int


def exchange_refresh(
    session: Session, *, old_hash: str, new_hash: str, now: datetime, seconds: int, grace: float, revoking: Revoking,
    by: Actor,
) -> Refreshed | Problem:  # fmt: skip
    """Put a session's next refresh token into force, or answer the problem to tell *after the commit*.

    One conditional update decides: of two uses of one token one wins. A token that was exchanged more than `grace`
    seconds ago is in wrong hands, or its owner is: the session ends.
    """
    turned = session.execute(
        update(LoginSession)
        .where(LoginSession.refresh_hash == old_hash, LoginSession.revoked_at.is_(None), LoginSession.expires_at > now)
        .values(refresh_hash=new_hash, last_activity=now, expires_at=now + timedelta(seconds=seconds))
        .returning(
            LoginSession.id, LoginSession.uid, LoginSession.user_id, LoginSession.client_id,
            LoginSession.client_type, LoginSession.access_seconds,
        )
    ).first()  # fmt: skip
    if turned is None:
        return _dead_token(session, old_hash, now, grace, revoking, by)
    session.execute(
        insert_for(session, SpentRefreshToken).values(
            token_hash=old_hash, session_id=turned.id, spent_at=now, expires_at=now + timedelta(seconds=seconds)
        )
    )
    principal = _still(session, turned, now)
    if principal is None:
        raise InvalidToken
    return Refreshed(turned.uid, principal, turned.client_type, turned.access_seconds)


def _still(session: Session, turned: Any, now: datetime) -> Principal | None:
    """Whose session it is, if they may still have one."""
    if turned.client_id is not None:
        client = queries.client(session, turned.client_id)
        if client is None or not client.is_active or queries.uids_of_users(session, client.account_id, [client.uid]):
            return None
        return principal_of_client(client)
    user = queries.user(session, turned.user_id)
    if user is None or queries.expired(user, now) or queries.blocked(user, now):
        return None
    return principal_of_user(user)


def _dead_token(session: Session, old_hash: str, now: datetime, grace: float, revoking: Revoking, by: Actor) -> Problem:
    spent = session.execute(
        select(SpentRefreshToken.session_id, SpentRefreshToken.spent_at).where(SpentRefreshToken.token_hash == old_hash)
    ).first()
    if spent is not None and now - spent.spent_at > timedelta(seconds=grace):
        which = LoginSession.id == spent.session_id
        end_sessions(session, which, reason="refresh_reused", now=now, revoking=revoking, by=by)
        return SessionEnded()
    ended = session.execute(
        select(LoginSession.id).where(LoginSession.refresh_hash == old_hash, LoginSession.revoked_at.is_not(None))
    ).first()
    return SessionEnded() if ended else InvalidToken()


def end_sessions(
    session: Session, which: ColumnElement[bool], *, reason: str, now: datetime, revoking: Revoking, by: Actor
) -> int:
    """End the live sessions that `which` selects; how many they were.

    Told as events, written into the audit trail, and noted for each gateway that has to hear of it.
    """
    until = now + timedelta(seconds=revoking.seconds)
    ended = session.execute(
        update(LoginSession)
        .where(which, LoginSession.revoked_at.is_(None))
        .values(revoked_at=now, revoke_reason=reason, revocation_expires_at=until)
        .returning(
            LoginSession.uid, LoginSession.user_id, LoginSession.client_id, LoginSession.account_id,
            LoginSession.client_type, LoginSession.device_name, LoginSession.expires_at,
        )
    ).all()  # fmt: skip
    if not ended:
        return 0
    owners = queries.owners(session, ended)
    entries = []
    revoked: dict[int, dict[str, str]] = {}
    for row in ended:
        owner = owners[row.user_id, row.client_id]
        revoked.setdefault(row.account_id, {})[row.uid] = owner.uid
        details = {"sid": row.uid, "reason": reason, "client_type": row.client_type, "device_name": row.device_name}
        entries.append(audit.Entry(audit.SESSION_ENDED, row.account_id, audit.subject_of(owner), details))
    note_revoked(session, {row.uid: until for row in ended})
    for account_id, sids in revoked.items():
        tell_sessions_revoked(session, sids, account_id=account_id, reason=reason, expires_at=until)
    audit.record_all(session, entries, by=by)
    if revoking.gateways:
        exp = int(until.timestamp())
        pending = [{"gateway": url, "sid": row.uid, "exp": exp} for url in revoking.gateways for row in ended]
        session.execute(insert_for(session, PendingRevocation).on_conflict_do_nothing(), pending)
    return sum(row.expires_at > now for row in ended)


def log_out(
    session: Session, *, sid: str, refresh_hash: str | None, mine: ColumnElement[bool], answer: Any, now: datetime,
    revoking: Revoking, by: Actor,
) -> Any:  # fmt: skip
    """End the session `sid` and, if it is one of `mine`, the one that the refresh token belongs to; `answer`."""
    which = and_(mine, or_(LoginSession.uid == sid, LoginSession.refresh_hash == (refresh_hash or "")))
    end_sessions(session, which, reason="logout", now=now, revoking=revoking, by=by)
    return answer


def log_out_everywhere(
    session: Session, *, mine: ColumnElement[bool], now: datetime, revoking: Revoking, by: Actor
) -> dict[str, Any]:
    """End all of `mine`; the answer of 002."""
    ended = end_sessions(session, mine, reason="logout_all", now=now, revoking=revoking, by=by)
    return {"message": f"Logged out from {ended} device(s)", "revoked_sessions": ended}


def revoke_session(
    session: Session, *, session_id: int, mine: ColumnElement[bool], answer: Any, now: datetime, revoking: Revoking,
    by: Actor,
) -> Any:  # fmt: skip
    """End one of `mine`; `answer`, also when it had ended before. NotFound when there is none of this id."""
    which = and_(mine, LoginSession.id == session_id)
    if session.execute(select(LoginSession.id).where(which)).first() is None:
        raise NotFound
    end_sessions(session, which, reason="revoked", now=now, revoking=revoking, by=by)
    return answer


def revoke_all_sessions(
    session: Session, *, mine: ColumnElement[bool], keep: str | None, now: datetime, revoking: Revoking, by: Actor
) -> dict[str, Any]:
    """End all of `mine` but the one with the sid `keep`; the answer of 002."""
    which = mine if keep is None else and_(mine, LoginSession.uid != keep)
    ended = end_sessions(session, which, reason="revoked_all", now=now, revoking=revoking, by=by)
    return {"message": f"{ended} session(s) revoked successfully", "revoked_count": ended}


def forget_sessions(session: Session, *, before: datetime, now: datetime, lasting: timedelta, most: int) -> int:
    """Delete sessions that ended or ran out `before` a moment, with their spent tokens; at most so many, and how many.

    One that ended has at most `lasting` to go until it would have run out: so far the index on `expires_at` is searched.
    """
    ids = session.scalars(
        select(LoginSession.id)
        .where(
            LoginSession.expires_at < before + lasting,
            or_(LoginSession.expires_at < before, LoginSession.revoked_at < before),
            or_(LoginSession.revocation_expires_at.is_(None), LoginSession.revocation_expires_at < now),
        )
        .order_by(LoginSession.expires_at)
        .limit(most)
    ).all()
    if ids:
        session.execute(delete(SpentRefreshToken).where(SpentRefreshToken.session_id.in_(ids)))
        session.execute(delete(LoginSession).where(LoginSession.id.in_(ids)))
    return len(ids)


def confirm_revocations(session: Session, *, gateway: str, sids: Sequence[str]) -> None:
    """Forget what a gateway has confirmed."""
    confirmed = and_(PendingRevocation.gateway == gateway, PendingRevocation.sid.in_(sids))
    if len(sids) > 1:  # in one order first, so that two that confirm the same never deadlock
        ordered = select(PendingRevocation.sid).where(confirmed).order_by(PendingRevocation.sid)
        session.execute(ordered.with_for_update())
    session.execute(delete(PendingRevocation).where(confirmed))
