"""Making and changing users."""

from __future__ import annotations

from typing import Any

from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from auth import queries
from auth.domain.errors import NameTaken, UserLimitReached
from auth.domain.facts import tell_user
from auth.domain.models import UNLIMITED, Account, LoginName, User
from auth.domain.names import login_key
from chassis.db import insert_for
from chassis.problems import NotFound
from chassis.search import search_text

EMAIL_TAKEN = "custom user with this email already exists."
USERNAME_TAKEN = "A user with that username already exists."


def create_user(
    session: Session,
    *,
    account_id: int,
    username: str,
    email: str,
    password_hash: str,
    first_name: str,
    last_name: str,
    role: str,
    phone_number: str = "",
    address: str = "",
    email_taken: str = EMAIL_TAKEN,
) -> dict[str, Any]:
    """A new user of an account, as the API answers one.

    UserLimitReached when the plan allows no more; NameTaken, with `email_taken` as the words for the e-mail.
    """
    _take_place(session, account_id)
    user_id = session.execute(
        insert_for(session, User)
        .values(
            account_id=account_id, username=username, email=email, password_hash=password_hash, role=role,
            first_name=first_name, last_name=last_name, phone_number=phone_number, address=address,
            search_text=search_text(first_name, last_name, username, email),
        )
        .returning(User.id)
    ).scalar_one()  # fmt: skip
    _take_names(session, user_id, {"email": email, "username": username}, email_taken)
    row = queries.user(session, user_id)
    tell_user(session, "UserCreated", row)
    return queries.user_out(row)


def update_user(session: Session, *, user_id: int, changes: dict[str, Any]) -> dict[str, Any]:
    """Change an active user's own data (`username email first_name last_name phone_number address`); NameTaken."""
    row = queries.user(session, user_id, locked=True)
    if row is None:
        raise NotFound
    changes = {name: value for name, value in changes.items() if getattr(row, name) != value}
    if not changes:
        return queries.user_out(row)
    names = {field: changes.get(field, getattr(row, field)) for field in ("username", "email")}
    if "username" in changes or "email" in changes:
        _change_names(session, user_id, names)
    full = {field: changes.get(field, getattr(row, field)) for field in ("first_name", "last_name")}
    changes["search_text"] = search_text(full["first_name"], full["last_name"], names["username"], names["email"])
    session.execute(update(User).where(User.id == user_id).values(**changes, version=User.version + 1))
    row = queries.user(session, user_id)
    tell_user(session, "UserUpdated", row)
    return queries.user_out(row)


def _take_place(session: Session, account_id: int) -> None:
    """Count one more active user, in one statement with the plan's limit: the last place goes to one."""
    taken = session.execute(
        update(Account)
        .where(Account.id == account_id, or_(Account.max_users == UNLIMITED, Account.active_users < Account.max_users))
        .values(active_users=Account.active_users + 1)
        .returning(Account.id)
    ).first()
    if taken is None:
        limit = session.execute(select(Account.max_users).where(Account.id == account_id)).scalar()
        if limit is None:
            raise NotFound
        raise UserLimitReached(limit)


def _take_names(session: Session, user_id: int, names: dict[str, str], email_taken: str = EMAIL_TAKEN) -> None:
    keys = {field: login_key(name) for field, name in names.items()}
    # In the order of names, so that two transactions that want the same two wait for, and never on, each other.
    rows = [{"name": key, "user_id": user_id} for key in sorted(set(keys.values()))]
    statement = insert_for(session, LoginName).values(rows).on_conflict_do_nothing().returning(LoginName.name)
    taken = set(session.scalars(statement))
    messages = {"email": email_taken, "username": USERNAME_TAKEN}
    lost = {field: messages[field] for field, key in keys.items() if key not in taken}
    if lost:
        raise NameTaken(lost)


def _change_names(session: Session, user_id: int, names: dict[str, str]) -> None:
    keys = {login_key(name) for name in names.values()}
    session.execute(delete(LoginName).where(LoginName.user_id == user_id, LoginName.name.not_in(keys)))
    kept = set(session.scalars(select(LoginName.name).where(LoginName.user_id == user_id)))
    new = {field: name for field, name in names.items() if login_key(name) not in kept}
    if new:
        _take_names(session, user_id, new)


def keep_password_hash(session: Session, *, user_id: int, old_hash: str, new_hash: str) -> None:
    """Store the same password hashed with the present parameters, unless it was changed meanwhile."""
    session.execute(
        update(User).where(User.id == user_id, User.password_hash == old_hash).values(password_hash=new_hash)
    )
