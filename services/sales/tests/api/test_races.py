"""Sixteen at once on one order, or with one key: one winner, one event, and a state that fits them."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from chassis.columns import utcnow
from chassis.db import ALL_ACCOUNTS
from sales.domain.models import Order
from sales.sweeps import cancel_expired

ROUNDS = 5
ITEMS = [{"product_id": 15, "quantity": 2}]


def pay(client, order_id, method="CASH"):
    return lambda: client.post(f"/api/orders/{order_id}/pay/", {"payment_method": method})


def cancel(client, order_id):
    return lambda: client.post(f"/api/orders/{order_id}/cancel/", {})


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_many_payments_pay_once(client, make_order, published, race, round_):
    order = make_order()
    answers = race(pay(client, order["id"], "CASH"), pay(client, order["id"], "CARD"))
    assert Counter(answer.status for answer in answers) == {200: 1, 400: 15}
    [winner] = [answer.json for answer in answers if answer.status == 200]
    [event] = published("OrderPaid")
    assert event.data["payment_method"] == winner["payment_method"]
    assert client.get(f"/api/orders/{order['id']}/").json["payment_method"] == winner["payment_method"]


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_an_order_is_paid_or_cancelled_never_both(client, catalog, make_order, published, race, round_):
    order = make_order()
    answers = race(pay(client, order["id"]), cancel(client, order["id"]))
    assert Counter(answer.status for answer in answers) == {200: 1, 400: 15}
    [event] = published("OrderPaid", "OrderCancelled")
    status = client.get(f"/api/orders/{order['id']}/").json["status"]
    assert status == {"OrderPaid": "PAID", "OrderCancelled": "CANCELLED"}[event.type]
    assert len(catalog.holds) == (1 if status == "PAID" else 0)


def test_many_cancellations_cancel_once(client, make_order, published, race):
    order = make_order()
    answers = race(cancel(client, order["id"]))
    assert Counter(answer.status for answer in answers) == {200: 1, 400: 15}
    assert len(published("OrderCancelled")) == 1


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_an_order_that_expires_while_it_is_paid(client, database, settings, make_order, published, race, round_):
    orders = [make_order()["id"] for _ in range(3)]
    with database.transaction(ALL_ACCOUNTS) as session:
        session.execute(update(Order).values(created_at=utcnow() - timedelta(hours=25)))
    answers = race(lambda: cancel_expired(database, settings), *(pay(client, order) for order in orders))
    cancel_expired(database, settings)  # what a payment had in hand when the others swept
    paid = sum(answer.status == 200 for answer in answers if answer is not None)
    events = Counter(event.subject for event in published("OrderPaid", "OrderCancelled"))
    assert list(events.values()) == [1, 1, 1]
    assert len(published("OrderPaid")) == paid
    statuses = Counter(order["status"] for order in client.get("/api/orders/").json)
    assert (statuses["PAID"], statuses["CANCELLED"]) == (paid, 3 - paid)


@pytest.mark.parametrize("round_", range(ROUNDS))
def test_one_key_makes_one_order(client, catalog, database, published, race, round_):
    answers = race(lambda: client.post("/api/orders/", {"items": ITEMS}, headers={"Idempotency-Key": "k"}))
    assert {answer.status for answer in answers} == {201}
    assert len({answer.data for answer in answers}) == 1
    with database.read(ALL_ACCOUNTS) as session:
        assert session.execute(select(func.count(Order.id))).scalar_one() == 1
    [event] = published()
    assert set(catalog.holds) == {event.subject}
    assert catalog.released == set()


def test_many_different_orders_at_once(client, catalog, database, published, race):
    answers = race(lambda: client.post("/api/orders/", {"items": ITEMS}))
    assert {answer.status for answer in answers} == {201}
    assert len({answer.json["ticket_folio"] for answer in answers}) == 16
    assert {event.subject for event in published("OrderCreated")} == set(catalog.holds)
