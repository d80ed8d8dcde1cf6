"""`OrderCreated` confirms a hold, `OrderCancelled` releases it: twice, out of order, and after a failure."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from catalog import consumers
from catalog.domain.models import OrderHold
from chassis.db import ALL_ACCOUNTS
from chassis.messaging.handlers import batch, handle
from chassis.testing import counted_statements
from chassis.uids import new_uid


@pytest.fixture
def state_of(database):
    def state(order_uid):
        with database.read(ALL_ACCOUNTS) as session:
            return session.execute(select(OrderHold.state).where(OrderHold.order_uid == order_uid)).scalar()

    return state


@pytest.fixture
def told(event_of):
    """An order's event."""

    def make(type_, order_uid, **how):
        return event_of(type_, {"order_uid": order_uid}, subject=order_uid, **how)

    return make


def test_a_created_order_confirms_its_hold(product, hold, told, deliver, state_of, stock_of):
    cola, uid = product(current_stock=5), new_uid()
    hold({cola["id"]: 2}, order_uid=uid)
    assert state_of(uid) == "held"
    created = told("OrderCreated", uid)
    deliver(created)
    deliver(created)
    assert state_of(uid) == "confirmed"
    assert stock_of(cola["id"]) == 3


def test_a_cancelled_order_gives_its_stock_back_once(
    product, hold, release, told, deliver, state_of, stock_of, published, books_balance
):
    cola, uid = product(current_stock=5), new_uid()
    hold({cola["id"]: 2}, order_uid=uid)
    deliver(told("OrderCreated", uid))
    cancelled = told("OrderCancelled", uid, version=2)
    deliver(cancelled)
    deliver(cancelled)
    deliver(told("OrderCancelled", uid, version=2))
    release(uid)
    assert state_of(uid) == "released"
    assert stock_of(cola["id"]) == 5
    assert len(published("StockReleased")) == 1
    books_balance()


def test_cancelled_before_created(product, hold, told, deliver, state_of, stock_of):
    cola, uid = product(current_stock=5), new_uid()
    hold({cola["id"]: 2}, order_uid=uid)
    deliver(told("OrderCancelled", uid, version=2))
    deliver(told("OrderCreated", uid))
    assert state_of(uid) == "released"
    assert stock_of(cola["id"]) == 5


def test_cancelled_before_the_hold(product, hold, told, deliver, stock_of):
    cola, uid = product(current_stock=5), new_uid()
    deliver(told("OrderCancelled", uid, version=2))
    assert hold({cola["id"]: 2}, order_uid=uid).status == 409
    assert stock_of(cola["id"]) == 5


def test_a_batch_releases_orders_together(database, product, hold, told, deliver, stock_of, published, books_balance):
    cola, water = product(current_stock=10), product(current_stock=10)
    uids = [new_uid() for _ in range(3)]
    for number, uid in enumerate(uids, start=1):
        hold({cola["id"]: number, water["id"]: 1}, order_uid=uid)
    with counted_statements(database) as statements:
        deliver(*(told("OrderCancelled", uid, version=2) for uid in uids), told("OrderCreated", uids[0]))
    assert sum("INSERT INTO outbox" in statement for statement in statements) == 1, "one for all that it tells"
    assert (stock_of(cola["id"]), stock_of(water["id"])) == (10, 10)
    released = published("StockReleased")
    assert sorted(event.subject for event in released) == sorted(uids)
    assert {line["current_stock"] for event in released for line in event.data["lines"]} == {10}
    books_balance()


def test_a_failure_takes_all_back_and_the_retry_succeeds(
    database, product, hold, told, stock_of, published, books_balance
):
    cola, uid = product(current_stock=5), new_uid()
    hold({cola["id"]: 2}, order_uid=uid)
    cancelled = told("OrderCancelled", uid, version=2)

    def fails_late(session, events):
        consumers.on_orders_cancelled(session, events)
        raise RuntimeError("the power went")

    with pytest.raises(RuntimeError):
        handle(database, {"OrderCancelled": batch(fails_late)}, [cancelled])
    assert stock_of(cola["id"]) == 3
    assert published("StockReleased") == []
    handle(database, consumers.SUBSCRIPTIONS, [cancelled])
    assert stock_of(cola["id"]) == 5
    books_balance()


def test_another_accounts_event_changes_nothing(product, hold, told, deliver, state_of, stock_of):
    cola, uid = product(current_stock=5), new_uid()
    hold({cola["id"]: 2}, order_uid=uid)
    deliver(told("OrderCancelled", uid, account_id=2))
    assert state_of(uid) == "held"
    assert stock_of(cola["id"]) == 3
