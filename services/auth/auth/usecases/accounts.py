"""Opening accounts: a company and its first user, together or not at all."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from auth.domain.facts import tell_account
from auth.domain.models import Account
from auth.domain.plans import ADMIN, PLANS
from auth.domain.signing_keys import NewKey
from auth.queries import signing_keys
from auth.usecases.keys import add_key
from auth.usecases.users import create_user
from chassis.db import insert_for

_COLUMNS = (
    Account.id, Account.uid, Account.company_name, Account.subscription_plan, Account.timezone, Account.currency,
    Account.version,
)  # fmt: skip


def open_account(
    session: Session, *, plan: str, user: dict[str, Any], is_first: bool = False, **fields: Any
) -> dict[str, Any] | None:
    """A new account on `plan` and its first user (`user` as for `create_user`), who is answered.

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
    account = session.execute(statement.returning(*_COLUMNS)).first()
    if account is None:
        return None
    tell_account(session, "AccountRegistered", account)
    return create_user(session, account_id=account.id, **user)


def bootstrap(
    session: Session, *, company_name: str, email: str, username: str, password_hash: str, key: NewKey
) -> bool:
    """Make what is missing of: the first account with its ADMIN, the first signing key. Whether it made the account.

    Of several that run at once the first one's insert makes the others wait; then they find everything done.
    """
    admin = {
        "username": username, "email": email, "password_hash": password_hash, "role": ADMIN,
        "first_name": "Administrador", "last_name": "",
    }  # fmt: skip
    opened = open_account(session, plan="premium", user=admin, is_first=True, company_name=company_name, email=email)
    if not signing_keys(session):
        add_key(session, key=key)
    return opened is not None
