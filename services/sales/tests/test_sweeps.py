"""Orders that nobody pays are cancelled by the system, oldest first, in small steps."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from chassis.columns import utcnow
from chassis.db import ALL_ACCOUNTS
from chassis.testing import counted_statements
from sales import sweeps
from sales.domain.models import Order
from sales.usecases.transitions import expire_orders


@pytest.fixture
def aged(database):
    """`aged(order_id, hours)` makes an order that old."""

    def age(order_id, hours):
        with database.transaction(ALL_ACCOUNTS) as session:
            at = utcnow() - timedelta(hours=hours)
            session.execute(update(Order).where(Order.id == order_id).values(created_at=at))

    return age


def statuses(database):
    with database.read(ALL_ACCOUNTS) as session:
        return dict(session.execute(select(Order.id, Order.status)).all())


def test_overdue_orders_of_all_accounts_are_cancelled(client, database, settings, make_order, aged, published):
    overdue, others, fresh, paid = make_order(), make_order(account_id=2), make_order(), make_order()
    client.post(f"/api/orders/{paid['id']}/pay/", {"payment_method": "CASH"})
    for order, hours in ((overdue, 24.1), (others, 30), (fresh, 23.9), (paid, 30)):
        aged(order["id"], hours)
    sweeps.cancel_expired(database, settings)
    assert statuses(database) == {
        overdue["id"]: "CANCELLED", others["id"]: "CANCELLED", fresh["id"]: "PENDING", paid["id"]: "PAID",
    }  # fmt: skip
    told = {event.data["order_id"]: event for event in published("OrderCancelled")}
    assert {id_: event.account_id for id_, event in told.items()} == {overdue["id"]: 1, others["id"]: 2}
    event = told[overdue["id"]]
    assert (event.version, event.data["reason"], len(event.data["items"])) == (2, "expired", 2)
    sweeps.cancel_expired(database, settings)
    assert len(published("OrderCancelled")) == 2


def test_zero_hours_means_never(client, database, settings, make_order, aged):
    aged(make_order()["id"], 10_000)
    sweeps.cancel_expired(database, replace(settings, order_expires_after_hours=0))
    assert list(statuses(database).values()) == ["PENDING"]


def test_small_steps_the_oldest_first(client, database, make_order, aged):
    orders = [make_order()["id"] for _ in range(3)]
    for order_id, hours in zip(orders, (25, 40, 30), strict=True):
        aged(order_id, hours)
    with database.transaction(ALL_ACCOUNTS) as session:
        assert expire_orders(session, older_than=timedelta(hours=24), limit=1) == 1
    assert statuses(database)[orders[1]] == "CANCELLED"
    assert list(statuses(database).values()).count("PENDING") == 2


def test_a_sweep_goes_on_until_nothing_is_overdue(client, database, settings, make_order, aged, monkeypatch):
    for _ in range(5):
        aged(make_order()["id"], 25)
    monkeypatch.setattr(sweeps, "BATCH", 2)
    sweeps.cancel_expired(database, settings)
    assert set(statuses(database).values()) == {"CANCELLED"}


def test_a_sweep_with_nothing_to_do_only_looks(client, database, settings, make_order):
    make_order()
    with counted_statements(database) as seen:
        sweeps.cancel_expired(database, settings)
    assert len(seen) == 1, seen
