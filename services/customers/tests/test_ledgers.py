"""Append-only means it: the database refuses to have a line of a ledger changed or deleted."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.exc import DBAPIError

from chassis.db import ALL_ACCOUNTS
from customers.domain.models import CreditTransaction, PointsTransaction


@pytest.mark.parametrize("ledger", [PointsTransaction, CreditTransaction])
@pytest.mark.parametrize("change", ["update", "delete"])
def test_no_statement_changes_or_deletes_a_line(register, hold, database, ledger, change):
    assert hold(register(points=50, credit_limit="100"), "CREDIT", "70").status == 200

    def lines():
        with database.read(ALL_ACCOUNTS) as session:
            return session.execute(select(ledger.id, ledger.amount, ledger.description)).all()

    before = lines()
    statement = update(ledger).values(amount=1) if change == "update" else delete(ledger)
    with pytest.raises(DBAPIError, match="append-only"), database.transaction(ALL_ACCOUNTS) as session:
        session.execute(statement)
    assert lines() == before != []
