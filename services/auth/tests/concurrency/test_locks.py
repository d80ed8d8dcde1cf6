"""The row locks of auth, as another transaction meets them. SQLite has one writer at a time and needs none."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from auth import queries
from auth.domain.models import Account, User
from auth.usecases.places import hold_account
from chassis.db import ALL_ACCOUNTS
from chassis.testing_concurrency import lock_on


@pytest.fixture(autouse=True)
def _postgresql(database):
    if database.dialect == "sqlite":
        pytest.skip("one writer at a time")


@pytest.mark.parametrize(
    ("take", "model", "lock"),
    [
        (lambda session, user: hold_account(session, user.account_id), Account, "against writers"),
        (lambda session, user: queries.account(session, user.account_id, locked=True), Account, "against writers"),
        (lambda session, user: queries.account(session, user.account_id), Account, ""),
        (lambda session, user: queries.user(session, user.id, locked=True), User, "alone"),
        (lambda session, user: queries.user(session, user.id), User, ""),
    ],
    ids=["hold_account", "account locked", "account", "user locked", "user"],
)
def test_who_takes_an_account_or_a_user_keeps_it(database, take, model, lock):
    with database.read(ALL_ACCOUNTS) as session:
        user = session.execute(select(User.id, User.account_id)).first()
    rows = select(model.id).where(model.id == (user.id if model is User else user.account_id))
    assert lock_on(database, lambda session: take(session, user), rows, user.account_id) == lock
