"""Accounts: a company and its first user open one together or not at all; its managers keep its data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select, text, update
from sqlalchemy.orm import Session

from auth import queries
from auth.domain.errors import NameTaken
from auth.domain.facts import tell_account
from auth.domain.models import Account
from auth.domain.plans import ADMIN, PLANS, PREMIUM
from auth.domain.signing_keys import NewKey
from auth.queries import signing_keys
from auth.usecases import audit
from auth.usecases.audit import SYSTEM, Actor, Subject
from auth.usecases.keys import add_key
from auth.usecases.users import NewUser, create_user
from chassis.db import insert_for
from chassis.problems import NotFound


def open_account(
    session: Session, *, plan: str, user: NewUser, by: Actor, is_first: bool = False,
    words: Mapping[str, str] = NameTaken.words, **fields: Any,
) -> dict[str, Any] | None:  # fmt: skip
    """A new account on `plan` and its first user, who is answered; NameTaken as by `create_user`.

    None, and nothing done, when `is_first` and there is a first account already.
    """
    limits = PLANS[plan]
    statement = insert_for(session, Account).values(
        subscription_plan=plan,
        max_locations=limits.max_locations,
        max_users=limits.max_users,
        is_first=is_first,
        **fields,
    )
    if is_first:
        statement = statement.on_conflict_do_nothing(index_elements=["is_first"], index_where=text("is_first"))
    account_id = session.execute(statement.returning(Account.id)).scalar()
    if account_id is None:
        return None
    account: Any = queries.account(session, account_id)
    tell_account(session, "AccountRegistered", account)
    audit.record(
        session,
        audit.ACCOUNT_REGISTERED,
        account_id=account_id,
        subject=_subject(account),
        by=by,
        subscription_plan=plan,
    )
    return create_user(session, account_id=account_id, person=user, by=by, words=words)


def update_account(
    session: Session, *, account_id: int, changes: Mapping[str, Any], precondition: Callable[[Mapping[str, Any]], None],
    by: Actor,
) -> dict[str, Any]:  # fmt: skip
    """Set the given columns of an account; `precondition` sees it as it is answered and may raise."""
    before = queries.account(session, account_id, locked=True)
    if before is None:
        raise NotFound
    precondition(queries.account_out(before))
    changed = {name: value for name, value in changes.items() if getattr(before, name) != value}
    if not changed:
        return queries.account_out(before)
    session.execute(update(Account).where(Account.id == account_id).values(**changed, version=Account.version + 1))
    account: Any = queries.account(session, account_id)
    tell_account(session, "AccountUpdated", account)
    audit.record(
        session, audit.ACCOUNT_CHANGED, account_id=account_id, subject=_subject(account), by=by, fields=sorted(changed)
    )
    return queries.account_out(account)


def tell_young_accounts(session: Session, *, since: datetime) -> int:
    """Tell `AccountUpdated` of every account opened `since` then, as it is now; returns how many.

    A service that bound its queue only after others did has missed the first telling; who heard it drops this one.
    """
    young = session.execute(select(Account).where(Account.created_at >= since).order_by(Account.id)).scalars().all()
    for account in young:
        tell_account(session, "AccountUpdated", account)
    return len(young)


def bootstrap(
    session: Session, *, company_name: str, email: str, username: str, password_hash: str, key: NewKey
) -> bool:
    """Make what is missing of: the first account with its ADMIN, the first signing key. Whether it made the account.

    Of several that run at once the first one's insert makes the others wait; then they find everything done.
    """
    admin = NewUser(
        username=username,
        email=email,
        password_hash=password_hash,
        role=ADMIN,
        first_name="Administrador",
        last_name="",
    )
    opened = open_account(
        session, plan=PREMIUM, user=admin, by=SYSTEM, is_first=True, company_name=company_name, email=email
    )
    if not signing_keys(session):
        add_key(session, key=key)
    return opened is not None


def _subject(account: Any) -> Subject:
    return Subject("account", account.uid, account.company_name)
