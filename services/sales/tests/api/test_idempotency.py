"""A retried order, payment or cancellation has one effect and one answer, also when an attempt was lost half-way."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import OperationalError

from chassis.columns import utcnow
from chassis.db import ALL_ACCOUNTS
from chassis.idempotency import IdempotencyKey
from sales.domain.models import Order

ORDER = {"items": [{"product_id": 15, "quantity": 2}]}
KEY = {"Idempotency-Key": "k1"}


def stored(database):
    with database.read(ALL_ACCOUNTS) as session:
        return session.execute(select(func.count(Order.id))).scalar_one()


@pytest.fixture
def broken(monkeypatch):
    """The transaction of the next order fails once its order row is written."""

    def fail(*_args, **_how):
        monkeypatch.undo()
        raise OperationalError("INSERT", {}, Exception("disk full"))

    monkeypatch.setattr("sales.usecases.place_order.emit", fail)


def test_a_repeated_order_is_made_once(client, catalog, database, published):
    first = client.post("/api/orders/", ORDER, headers=KEY)
    again = client.post("/api/orders/", ORDER, headers=KEY)
    assert (again.status, again.data) == (201, first.data)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert (stored(database), len(published()), len(catalog.holds)) == (1, 1, 1)
    assert client.post("/api/orders/", {"items": [{"product_id": 15, "quantity": 3}]}, headers=KEY).status == 422
    assert client.post("/api/orders/", ORDER, headers=KEY, user_id=2).json["id"] != first.json["id"]


def test_a_repeated_payment_and_cancellation(client, make_order, published):
    paid, cancelled = make_order()["id"], make_order()["id"]
    for path, body in ((f"{paid}/pay/", {"payment_method": "CASH"}), (f"{cancelled}/cancel/", {})):
        first = client.post(f"/api/orders/{path}", body, headers=KEY)
        again = client.post(f"/api/orders/{path}", body, headers=KEY)
        assert (first.status, again.status, again.data) == (200, 200, first.data)
    assert len(published("OrderPaid", "OrderCancelled")) == 2


def test_a_lost_attempt_leaves_its_hold_to_the_retry(client, catalog, database, broken, published):
    assert client.post("/api/orders/", ORDER, headers=KEY).status == 503
    assert (stored(database), published(), len(catalog.holds)) == (0, [], 1)
    answer = client.post("/api/orders/", ORDER, headers=KEY)
    assert answer.status == 201
    assert len({body["order_uid"] for _, _, body, _ in catalog.calls}) == 1
    assert (stored(database), catalog.released, len(published("OrderCreated"))) == (1, set(), 1)


def test_a_retry_after_its_hold_was_given_up_takes_another(client, catalog, database, broken, published):
    assert client.post("/api/orders/", ORDER, headers=KEY).status == 503
    catalog.released = set(catalog.holds)  # catalog's sweep: sales knows no such order
    catalog.holds.clear()
    answer = client.post("/api/orders/", ORDER, headers=KEY)
    assert answer.status == 201
    [event] = published()
    assert set(catalog.holds) == {event.subject}
    assert client.post("/api/orders/", ORDER, headers=KEY).data == answer.data
    assert stored(database) == 1


def test_without_a_key_a_lost_attempt_gives_its_stock_back(client, catalog, database, broken):
    assert client.post("/api/orders/", ORDER).status == 503
    assert (stored(database), catalog.holds, len(catalog.released)) == (0, {}, 1)
    assert catalog.calls[-1][2] == {"never_made": True}, "it isn't a cancellation"


def test_a_key_that_has_outlived_its_day_makes_a_new_order(client, catalog, database):
    first = client.post("/api/orders/", ORDER, headers=KEY)
    with database.transaction(ALL_ACCOUNTS) as session:
        session.execute(delete(IdempotencyKey))
        session.execute(update(Order).values(created_at=utcnow() - timedelta(hours=25)))
    second = client.post("/api/orders/", ORDER, headers=KEY)
    assert second.status == 201
    assert second.json["id"] != first.json["id"]
    assert (stored(database), len(catalog.holds)) == (2, 2)
