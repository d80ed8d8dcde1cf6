"""Who logs in by which names. The users' rows are held by the caller, so nobody else changes these users' names."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from auth.domain.models import LoginName
from auth.domain.names import login_key
from chassis.db import insert_for

Names = Mapping[str, str]
"""`{"email": …, "username": …}`, or one of the two."""


def take_names(session: Session, wanted: Mapping[int, Names]) -> dict[int, list[str]]:
    """Give users, by their ids, names; answers the fields of those that somebody else has, by user.

    Of two users in `wanted` that want one name, one gets it.
    """
    pairs = sorted({(login_key(name), user_id) for user_id, names in wanted.items() for name in names.values()})
    if not pairs:
        return {}
    # In the order of names, so that two transactions that want the same two wait for, and never on, each other.
    rows = [{"name": key, "user_id": user_id} for key, user_id in pairs]
    statement = insert_for(session, LoginName).values(rows).on_conflict_do_nothing()
    returned = session.execute(statement.returning(LoginName.name, LoginName.user_id))
    taken = {(row.name, row.user_id) for row in returned}
    lost = {user_id: _lost(user_id, names, taken) for user_id, names in wanted.items()}
    return {user_id: fields for user_id, fields in lost.items() if fields}


def change_names(session: Session, wanted: Mapping[int, Names]) -> dict[int, list[str]]:
    """The same for users who have names already: `wanted` are all they keep or get."""
    columns = select(LoginName.name, LoginName.user_id)
    had = {(row.name, row.user_id) for row in session.execute(columns.where(LoginName.user_id.in_(wanted)))}
    keep = {(login_key(name), user_id) for user_id, names in wanted.items() for name in names.values()}
    if gone := sorted(name for name, _ in had - keep):
        session.execute(delete(LoginName).where(LoginName.user_id.in_(wanted), LoginName.name.in_(gone)))
    new = {
        user_id: {field: name for field, name in names.items() if (login_key(name), user_id) not in had}
        for user_id, names in wanted.items()
    }
    return take_names(session, new)


def _lost(user_id: int, names: Names, taken: set[tuple[str, int]]) -> list[str]:
    fields = [field for field, name in names.items() if (login_key(name), user_id) not in taken]
    # A user of a `full_name` alone has one name for both; told is the one that was given.
    if len(fields) == 2 and login_key(names["email"]) == login_key(names["username"]):
        return ["email"]
    return fields
