"""Users come, change, are blocked and go; what they were allowed ends with the sessions that carry it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import and_, update
from sqlalchemy.orm import Session

from auth import queries
from auth.domain.errors import CannotBlockOneself, NamesTaken, NameTaken, NotYourEmail
from auth.domain.facts import tell_users
from auth.domain.models import LoginSession, User
from auth.domain.usernames import following_username, is_foreign_email
from auth.usecases import audit
from auth.usecases.audit import Actor, Entry, Subject
from auth.usecases.login_names import change_names, take_names
from auth.usecases.places import free_places, hold_account, keep_a_manager, manages_for_good, take_places
from auth.usecases.sessions import Revoking, end_sessions
from chassis.db import insert_for
from chassis.problems import NotFound, Problem
from chassis.search import search_text
from chassis.uids import new_uid

Precondition = Callable[[Mapping[str, Any]], None]
"""Sees the user as it is answered, before anything is changed, and may raise."""
_UNTOLD = {"search_text", "password_hash"}


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUser:
    """A user to be, in the words of the table."""

    username: str
    email: str
    password_hash: str = field(repr=False)
    first_name: str
    last_name: str
    role: str
    phone_number: str = ""
    address: str = ""
    uid: str = field(default_factory=new_uid)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """Who does what may end sessions, when, and how sessions are ended."""

    by: Actor
    now: datetime
    revoking: Revoking


def create_users(session: Session, *, account_id: int, people: Sequence[NewUser], by: Actor) -> list[Any]:
    """New users of an account, in the order given; UserLimitReached, NamesTaken."""
    take_places(session, account_id, len(people))
    rows = [
        {
            **asdict(person), "account_id": account_id,
            "search_text": search_text(person.first_name, person.last_name, person.username, person.email),
        }
        for person in people
    ]  # fmt: skip
    statement = insert_for(session, User).values(rows).returning(User.uid, User.id)
    ids = {row.uid: row.id for row in session.execute(statement)}
    lost = take_names(
        session, {ids[person.uid]: {"email": person.email, "username": person.username} for person in people}
    )
    if lost:
        raise NamesTaken({person.uid: lost[ids[person.uid]] for person in people if ids[person.uid] in lost})
    found = {user.uid: user for user in queries.users_by_id(session, ids.values())}
    made = [found[person.uid] for person in people]
    tell_users(session, "UserCreated", made, account_id=account_id)
    audit.record_all(session, [entry_of(audit.USER_CREATED, user, role=user.role) for user in made], by=by)
    return made


def create_user(
    session: Session, *, account_id: int, person: NewUser, by: Actor, words: Mapping[str, str] = NameTaken.words
) -> dict[str, Any]:
    """One new user, as the API answers it; NotYourEmail, NameTaken in these `words` by field."""
    try:
        [made] = create_users(session, account_id=account_id, people=[person], by=by)
    except NamesTaken as taken:
        raise NameTaken(taken.fields[person.uid], words) from None
    if is_foreign_email(person.username, person.email):
        raise NotYourEmail
    return queries.user_out(made)


def update_user(
    session: Session, *, account_id: int, user_id: int, changes: Mapping[str, Any], precondition: Precondition,
    ending: Ending, unknown: type[Problem] = NotFound,
) -> dict[str, Any]:  # fmt: skip
    """Set the given columns of an active user, `role` and `expiry_date` too.

    A username that is the user's e-mail stays so. NameTaken, NotYourEmail, LastManager, `unknown`.

    The tokens carry the role, so another one ends all sessions; so does a last day that is over. Name and e-mail are in
    the tokens too but open nothing: they are right from the next refresh on.
    """
    if changes.keys() & {"role", "expiry_date"}:
        hold_account(session, account_id)
    before = _hold(session, user_id, precondition, unknown)
    changed = {name: value for name, value in changes.items() if getattr(before, name) != value}
    if not changed:
        return queries.user_out(before)
    changed |= following_username(before, changed)
    state = {**before._mapping, **changed}
    names = {name: state[name] for name in ("email", "username")}
    if names.keys() & changed.keys() and (lost := change_names(session, {user_id: names})):
        raise NameTaken(lost[user_id])
    if "username" in changed and is_foreign_email(state["username"], state["email"]):
        raise NotYourEmail
    changed["search_text"] = search_text(state["first_name"], state["last_name"], *reversed(names.values()))
    user = _set(session, before, changed, ending)
    if "role" in changed:
        end_sessions_of(session, [user_id], "role_changed", ending)
    elif queries.expired(user, ending.now):
        end_sessions_of(session, [user_id], "expired", ending)
    audit.record_all(session, written(before, user, changed), by=ending.by)
    tell_users(session, "UserUpdated", [user], account_id=account_id)
    return queries.user_out(user)


def block_user(
    session: Session, *, account_id: int, user_id: int, is_blocked: bool, blocked_reason: str | None,
    blocked_until: datetime | None, precondition: Precondition, ending: Ending,
) -> dict[str, Any]:  # fmt: skip
    """Block a user, which ends all sessions, or lift the block; as it stands then, even if its time has passed already.

    CannotBlockOneself, LastManager, NotFound.
    """
    hold_account(session, account_id)
    before = _hold(session, user_id, precondition)
    if is_blocked and before.uid == ending.by.uid:
        raise CannotBlockOneself
    block = {"is_blocked": is_blocked, "blocked_reason": blocked_reason or None, "blocked_until": blocked_until}
    if not is_blocked:
        block.update(blocked_reason=None, blocked_until=None)
    if any(getattr(before, name) != value for name, value in block.items()):
        user = _set(session, before, block, ending)
        if is_blocked:
            end_sessions_of(session, [user_id], "blocked", ending)
        audit.record_all(session, [_block_entry(user)], by=ending.by)
        tell_users(session, "UserUpdated", [user], account_id=account_id)
    return {**queries.user_out(before), **block}


def delete_users(session: Session, *, account_id: int, ids: Collection[int], ending: Ending) -> int:
    """Deactivate users, ids of inactive or unknown ones among them; how many there were. LastManager.

    Their sessions end, their places in the plan are free, their login names stay taken.
    """
    hold_account(session, account_id)
    done = session.scalars(
        update(User)
        .where(User.id.in_(ids), User.account_id == account_id, User.is_active)
        .values(is_active=False, version=User.version + 1)
        .returning(User.id)
    ).all()
    if not done:
        return 0
    free_places(session, account_id, len(done))
    keep_a_manager(session, account_id, now=ending.now)
    end_sessions_of(session, done, "user_deleted", ending)
    gone = queries.users_by_id(session, done)
    audit.record_all(session, [entry_of(audit.USER_DELETED, user, role=user.role) for user in gone], by=ending.by)
    tell_users(session, "UserDeactivated", gone, account_id=account_id)
    return len(gone)


def delete_user(session: Session, *, account_id: int, user_id: int, precondition: Precondition, ending: Ending) -> None:
    """The same of one; NotFound."""
    hold_account(session, account_id)
    _hold(session, user_id, precondition)
    delete_users(session, account_id=account_id, ids=[user_id], ending=ending)


def change_password(session: Session, *, user: Any, new_hash: str, sid: str, ending: Ending) -> bool:
    """Give the user (with `password_hash` as it was read) another password and end all sessions but `sid`.

    False when it was changed meanwhile.
    """
    same = and_(User.id == user.id, User.is_active, User.password_hash == user.password_hash)
    if session.execute(update(User).where(same).values(password_hash=new_hash).returning(User.id)).first() is None:
        return False
    end_sessions_of(session, [user.id], "password_changed", ending, but=sid)
    audit.record_all(session, [entry_of(audit.PASSWORD_CHANGED, user)], by=ending.by)
    return True


def keep_password_hash(session: Session, *, user_id: int, old_hash: str, new_hash: str) -> None:
    """Store the same password hashed with the present parameters, unless it was changed meanwhile."""
    session.execute(
        update(User).where(User.id == user_id, User.password_hash == old_hash).values(password_hash=new_hash)
    )


def _hold(session: Session, user_id: int, precondition: Precondition, unknown: type[Problem] = NotFound) -> Any:
    user = queries.user(session, user_id, locked=True)
    if user is None:
        raise unknown
    precondition(queries.user_out(user))
    return user


def _set(session: Session, before: Any, values: Mapping[str, Any], ending: Ending) -> Any:
    """Change the row `before`, which is held; LastManager. The row after."""
    session.execute(update(User).where(User.id == before.id).values(**values, version=User.version + 1))
    after: Any = queries.user(session, before.id)
    if manages_for_good(before, ending.now) and not manages_for_good(after, ending.now):
        keep_a_manager(session, before.account_id, now=ending.now)
    return after


def end_sessions_of(session: Session, ids: Sequence[int], reason: str, ending: Ending, *, but: str = "") -> None:
    """End all sessions of these users, but one of them."""
    which = and_(LoginSession.user_id.in_(ids), LoginSession.uid != but)
    end_sessions(session, which, reason=reason, now=ending.now, revoking=ending.revoking, by=ending.by)


def written(before: Any, after: Any, changed: Collection[str]) -> list[Entry]:
    """What the audit trail says of a change of these columns."""
    entries = []
    if "role" in changed:
        entries.append(entry_of(audit.ROLE_CHANGED, after, **{"from": before.role, "to": after.role}))
    if fields := sorted(set(changed) - {"role"} - _UNTOLD):
        entries.append(entry_of(audit.USER_CHANGED, after, fields=fields))
    return entries


def _block_entry(user: Any) -> Entry:
    if not user.is_blocked:
        return entry_of(audit.USER_UNBLOCKED, user)
    until = user.blocked_until and user.blocked_until.isoformat()
    return entry_of(audit.USER_BLOCKED, user, reason=user.blocked_reason, until=until)


def entry_of(action: str, user: Any, **details: Any) -> Entry:
    """An entry about a user."""
    return Entry(action, user.account_id, Subject("user", user.uid, user.username), details)
