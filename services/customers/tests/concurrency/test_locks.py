"""The row locks of customers, as another transaction meets them. SQLite has one writer at a time and needs none."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from chassis.testing_concurrency import lock_on
from customers.domain.models import Customer
from customers.usecases.locks import lock_customers


@pytest.fixture(autouse=True)
def _postgresql(database):
    if database.dialect == "sqlite":
        pytest.skip("one writer at a time")


def test_lock_customers_keeps_them_to_itself(database, register):
    ids = [register(), register()]
    rows = select(Customer.id).where(Customer.id.in_(ids))
    assert lock_on(database, lambda session: lock_customers(session, ids), rows) == "alone"
    assert lock_on(database, lambda session: lock_customers(session, []), rows) == ""
    others = select(Customer.id).where(Customer.id == register())
    assert lock_on(database, lambda session: lock_customers(session, ids), others) == ""
