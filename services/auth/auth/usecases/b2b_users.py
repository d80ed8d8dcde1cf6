"""Users in batches, found by uid: created, changed or deleted; all of a batch or nothing (004, contract 8).

A batch holds its account's row, so it has the users' places, roles and uids to itself until it commits.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from auth import queries
from auth.domain.errors import NamesTaken, NameTaken, NotYourEmail, UserLimitReached
from auth.domain.facts import tell_users
from auth.domain.models import UNLIMITED, Account, User
from auth.domain.plans import EMPLOYEE
from auth.domain.usernames import following_username, is_foreign_email
from auth.usecases import audit
from auth.usecases.login_names import change_names
from auth.usecases.places import hold_account, keep_a_manager, manages_for_good, take_places
from auth.usecases.users import Ending, NewUser, create_users, delete_users, end_sessions_of, entry_of, written
from chassis.batches import refuse_repeated
from chassis.problems import BadElements, NotFound
from chassis.search import search_text
from chassis.upserts import upsert

Element = Mapping[str, Any]
"""A user's columns as far as they are given, always with a uid."""
REQUIRED = ("username", "email", "password")
_CHANGEABLE = ("username", "email", "password_hash", "first_name", "last_name", "role")
_STATE = (*_CHANGEABLE, "uid", "is_active", "is_blocked", "blocked_reason", "blocked_until", "expiry_date")
_KNOWN: tuple[Any, ...] = (User.id, User.account_id, *(getattr(User, name) for name in _STATE))
_BLANK = {"first_name": "", "last_name": "", "role": EMPLOYEE}
_ANEW = {"is_active": True, "is_blocked": False, "blocked_reason": None, "blocked_until": None, "expiry_date": None}
"""What one has who is given again after a deletion."""


def check_users(session: Session, *, account_id: int, elements: Sequence[Element]) -> dict[str, str]:
    """What can be told before the passwords (`password`) are hashed; the hashes of the users that are there, by uid.

    BadElements, UserLimitReached.
    """
    for field in ("email", "username"):
        refuse_repeated(elements, field)
    living = {row.uid: row for row in session.execute(_named(elements)) if row.is_active}
    bad = {
        index: missing
        for index, element in enumerate(elements)
        if element["uid"] not in living
        and (missing := {name: ["This field is required."] for name in REQUIRED if name not in element})
    }
    if bad:
        raise BadElements(bad)
    plan = session.execute(select(Account.active_users, Account.max_users).where(Account.id == account_id)).one()
    if plan.max_users != UNLIMITED and plan.active_users + len(elements) - len(living) > plan.max_users:
        raise UserLimitReached(plan.max_users)
    return {uid: row.password_hash for uid, row in living.items()}


def upsert_users(session: Session, *, account_id: int, elements: Sequence[Element], ending: Ending) -> list[str]:
    """Create or change users (with `password_hash`); their uids, in the order of the elements.

    Another role or password ends a user's sessions. BadElements for names that are taken and, had somebody deleted a user
    since `check_users`, for fields that a new one needs; UserLimitReached, LastManager.
    """
    hold_account(session, account_id)
    index_of = {element["uid"]: index for index, element in enumerate(elements)}
    known = {row.uid: row for row in session.execute(_named(elements).order_by(User.id).with_for_update())}
    _refuse_incomplete(known, elements)
    _refuse_clients(session, account_id, known, index_of)
    given = {uid: {**_ANEW, **_BLANK, **elements[index_of[uid]]} if not row.is_active else elements[index_of[uid]]
             for uid, row in known.items()}  # fmt: skip
    # First those who are there: a new user may get a name that one of them gives up.
    states = {uid: _state(row, given[uid]) for uid, row in known.items()}
    lost = _change(session, account_id, known, states, ending)
    new = [NewUser(**{**_BLANK, **element}) for element in elements if element["uid"] not in known]
    try:
        if new:
            create_users(session, account_id=account_id, people=new, by=ending.by)
    except NamesTaken as taken:
        lost |= taken.fields
    if lost:
        raise BadElements(
            {index_of[uid]: {field: [NameTaken.words[field]] for field in fields} for uid, fields in lost.items()}
        )
    _refuse_foreign_emails(known, states, elements)
    if any(manages_for_good(row, ending.now) for row in known.values() if row.is_active):
        keep_a_manager(session, account_id, now=ending.now)
    return [element["uid"] for element in elements]


def delete_by_uid(
    session: Session, *, account_id: int, uids: Collection[str], ending: Ending, unknown: type[NotFound] | None = None
) -> None:
    """Deactivate users; none there at all: raises `unknown`, if given. LastManager."""
    ids = session.scalars(select(User.id).where(User.uid.in_(uids), User.is_active)).all()
    if not delete_users(session, account_id=account_id, ids=ids, ending=ending) and unknown:
        raise unknown


def _named(elements: Sequence[Element]) -> Any:
    return select(*_KNOWN).where(User.uid.in_([element["uid"] for element in elements]))


def _refuse_incomplete(known: Mapping[str, Any], elements: Sequence[Element]) -> None:
    needed = {"password_hash" if name == "password" else name: name for name in REQUIRED}
    bad = {
        index: {told: ["This field is required."] for name, told in needed.items() if name not in element}
        for index, element in enumerate(elements)
        if element["uid"] not in known or not known[element["uid"]].is_active
    }
    if any(bad.values()):
        raise BadElements({index: fields for index, fields in bad.items() if fields})


def _refuse_foreign_emails(
    known: Mapping[str, Any], states: Mapping[str, Element], elements: Sequence[Element]
) -> None:  # fmt: skip
    bad = {}
    for index, element in enumerate(elements):
        row = known.get(element["uid"])
        state = element if row is None else states[row.uid]
        renamed = row is None or state["username"] != row.username
        if renamed and is_foreign_email(state["username"], state["email"]):
            bad[index] = {"username": [NotYourEmail.message]}
    if bad:
        raise BadElements(bad)


def _state(row: Any, given: Element) -> dict[str, Any]:
    changes = {name: value for name, value in given.items() if getattr(row, name, None) != value}
    return {**row._mapping, **given, **following_username(row, changes)}


def _refuse_clients(session: Session, account_id: int, known: Mapping[str, Any], index_of: Mapping[str, int]) -> None:
    """BadElements for new users whose uid is a client's. Clients are added while the account's row is held, as users are."""
    if taken := queries.uids_of_clients(session, account_id, index_of.keys() - known.keys()):
        raise BadElements({index_of[uid]: {"uid": ["client with this uid already exists."]} for uid in taken})


def _change(
    session: Session, account_id: int, known: Mapping[str, Any], states: Mapping[str, Element], ending: Ending
) -> dict[str, Sequence[str]]:
    """Write what differs, and tell and note it; the fields whose names are taken, by uid: then the caller gives up."""
    changed = {
        uid: [name for name in _STATE if states[uid][name] != getattr(row, name)] for uid, row in known.items()
    }  # fmt: skip
    changed = {uid: fields for uid, fields in changed.items() if fields}
    if not changed:
        return {}
    back = {uid for uid in changed if not known[uid].is_active}
    if back:
        take_places(session, account_id, len(back))
    named = [uid for uid, fields in changed.items() if {"username", "email"} & set(fields)]
    lost = change_names(
        session, {known[uid].id: {name: states[uid][name] for name in ("email", "username")} for uid in named}
    )
    if lost:
        return {uid: lost[known[uid].id] for uid in named if known[uid].id in lost}
    _write(session, [states[uid] for uid in changed])
    after = {user.uid: user for user in queries.users_by_id(session, [known[uid].id for uid in changed])}
    stayed = [uid for uid in changed if uid not in back]
    for field, reason in (("role", "role_changed"), ("password_hash", "password_changed")):
        ids = [known[uid].id for uid in stayed if field in changed[uid]]
        if ids:
            end_sessions_of(session, ids, reason, ending)
    entries = [entry_of(audit.USER_CREATED, after[uid], role=after[uid].role) for uid in back]
    entries += [entry for uid in stayed for entry in written(known[uid], after[uid], changed[uid])]
    entries += [entry_of(audit.PASSWORD_CHANGED, after[uid]) for uid in stayed if "password_hash" in changed[uid]]
    audit.record_all(session, entries, by=ending.by)
    tell_users(session, "UserCreated", [after[uid] for uid in sorted(back)], account_id=account_id)
    tell_users(session, "UserUpdated", [after[uid] for uid in stayed], account_id=account_id)
    return {}


def _write(session: Session, states: Sequence[Mapping[str, Any]]) -> None:
    rows = [
        {
            **{name: state[name] for name in _STATE},
            "search_text": search_text(state["first_name"], state["last_name"], state["username"], state["email"]),
        }
        for state in states
    ]  # fmt: skip
    upsert(session, User, rows, key=["uid"], returning=[User.id], changed={"version": User.version + 1})
