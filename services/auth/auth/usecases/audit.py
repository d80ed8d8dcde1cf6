"""The audit trail: each security event is written down in the transaction of what it tells of."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from auth.domain.models import Account, AuditEntry
from auth.domain.principals import Principal
from chassis.db import utcnow

LOGIN, LOGIN_FAILED, LOGIN_LOCKED, LOGIN_REFUSED = "login", "login_failed", "login_locked", "login_refused"
SESSION_ENDED = "session_ended"
ACCOUNT_REGISTERED, ACCOUNT_CHANGED = "account_registered", "account_changed"
USER_CREATED, USER_CHANGED, USER_DELETED = "user_created", "user_changed", "user_deleted"
ROLE_CHANGED, PASSWORD_CHANGED = "role_changed", "password_changed"
USER_BLOCKED, USER_UNBLOCKED = "user_blocked", "user_unblocked"
KEY_ROTATED = "key_rotated"
ACTIONS = (
    LOGIN, LOGIN_FAILED, LOGIN_LOCKED, LOGIN_REFUSED, SESSION_ENDED, ACCOUNT_REGISTERED, ACCOUNT_CHANGED,
    USER_CREATED, USER_CHANGED, USER_DELETED, ROLE_CHANGED, PASSWORD_CHANGED, USER_BLOCKED, USER_UNBLOCKED, KEY_ROTATED,
)  # fmt: skip

LEAST_DAYS = 30
"""For so long the database itself refuses to delete an entry, whatever the settings say."""


ROWS = 2000  # in one statement


@dataclass(frozen=True, slots=True)
class Actor:
    """Who did something, and from where; without a `uid` it was nobody who is logged in, or the platform itself."""

    uid: str | None = None
    name: str = ""
    ip_address: str = ""
    user_agent: str = ""


SYSTEM = Actor(name="system")


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom or what an entry is about: a `user`, a `client`, an `account`, a `key`, or a `login` by an unknown name."""

    type: str
    uid: str | None = None
    name: str = ""


def subject_of(principal: Principal) -> Subject:
    """A user or a client."""
    return Subject(principal.kind, principal.uid, principal.username)


@dataclass(frozen=True, slots=True)
class Entry:
    """One event of an account; None: of the first one, the operator's."""

    action: str
    account_id: int | None
    subject: Subject
    details: dict[str, Any]


def record(
    session: Session, action: str, *, account_id: int | None, subject: Subject, by: Actor, **details: Any
) -> None:
    """Write one event down; `details` are JSON values, and never secrets."""
    record_all(session, [Entry(action, account_id, subject, details)], by=by)


def record_all(session: Session, entries: Iterable[Entry], *, by: Actor) -> None:
    """Write events of one actor down, some thousands by each statement: databases bind only so many values."""
    first_account = select(Account.id).where(Account.is_first).scalar_subquery()
    now = utcnow()
    rows = [
        {
            "account_id": first_account if entry.account_id is None else entry.account_id,
            "at": now, "action": entry.action,
            "subject_type": entry.subject.type, "subject_uid": entry.subject.uid,
            "subject_name": entry.subject.name[:254],
            "actor_uid": by.uid, "actor_name": by.name[:254], "ip_address": by.ip_address[:45],
            "user_agent": by.user_agent[:512], "details": entry.details,
        }
        for entry in entries
    ]  # fmt: skip
    for start in range(0, len(rows), ROWS):
        session.execute(insert(AuditEntry).values(rows[start : start + ROWS]))


def forget_entries(session: Session, *, before: datetime, most: int) -> int:
    """Delete entries of `before` a moment, the oldest first; at most so many, and how many they were."""
    ids = session.scalars(select(AuditEntry.id).where(AuditEntry.at < before).order_by(AuditEntry.at).limit(most)).all()
    if ids:
        session.execute(delete(AuditEntry).where(AuditEntry.id.in_(ids)))
    return len(ids)
