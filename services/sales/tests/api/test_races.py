"""Sixteen at once on one order, or with one key: one winner, one event, and a state that fits them."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from decimal import Decimal

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
    paid = sum(answer.status == 200 for answer in answers if not isinstance(answer, int))
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


def charged(customers, published):
    """What the customer has lost, once customers has heard what became of each order."""
    for event in published("OrderPaid", "OrderCancelled"):
        hold = customers.holds.get(event.subject)
        if hold is not None and hold["payment_method"] != event.data.get("payment_method"):
            customers._move(customers.holds.pop(event.subject), -1)
    return 1000 - customers.points[1], customers.used[1]


@pytest.mark.parametrize("methods", [("POINTS",), ("POINTS", "CREDIT"), ("POINTS", "CREDIT", "CASH")])
@pytest.mark.parametrize("round_", range(3))
def test_many_payments_charge_once(client, customers, database, make_order, published, race, rich, methods, round_):
    order = make_order(customer=rich)
    answers = race(*(pay(client, order["id"], method) for method in methods))
    statuses = Counter(answer.status for answer in answers)
    assert (statuses[200], statuses[200] + statuses[400] + statuses[409]) == (1, 16), statuses
    [winner] = [answer.json["payment_method"] for answer in answers if answer.status == 200]
    assert [event.data["payment_method"] for event in published("OrderPaid")] == [winner]
    due = {"POINTS": (231, 0), "CREDIT": (0, Decimal("230.11")), "CASH": (0, 0)}[winner]
    assert charged(customers, published) == due


@pytest.mark.parametrize("round_", range(3))
def test_one_key_charges_once(client, customers, make_order, published, race, rich, round_):
    order, key = make_order(customer=rich), {"Idempotency-Key": "k"}
    path, body = f"/api/orders/{order['id']}/pay/", {"payment_method": "POINTS"}
    answers = race(lambda: client.post(path, body, headers=key))
    # One that found its claim used up, but not yet the answer, is told to try again.
    assert {answer.status for answer in answers} <= {200, 409}
    again = client.post(path, body, headers=key)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert {answer.data for answer in answers if answer.status == 200} == {again.data}
    assert (len(published("OrderPaid")), charged(customers, published)) == (1, (231, 0))


@pytest.mark.parametrize("round_", range(3))
def test_points_against_cancelling_and_expiring(
    client, customers, database, settings, make_order, published, race, rich, round_
):
    order = make_order(customer=rich)
    with database.transaction(ALL_ACCOUNTS) as session:
        session.execute(update(Order).values(created_at=utcnow() - timedelta(hours=25)))
    race(pay(client, order["id"], "POINTS"), cancel(client, order["id"]), lambda: cancel_expired(database, settings))
    [event] = published("OrderPaid", "OrderCancelled")
    status = client.get(f"/api/orders/{order['id']}/").json["status"]
    assert status == {"OrderPaid": "PAID", "OrderCancelled": "CANCELLED"}[event.type]
    assert charged(customers, published) == ((231, 0) if status == "PAID" else (0, 0))


def test_many_different_orders_at_once(client, catalog, database, published, race):
    answers = race(lambda: client.post("/api/orders/", {"items": ITEMS}))
    assert {answer.status for answer in answers} == {201}
    assert len({answer.json["ticket_folio"] for answer in answers}) == 16
    assert {event.subject for event in published("OrderCreated")} == set(catalog.holds)
