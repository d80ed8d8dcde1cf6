"""With catalog or customers away an order is refused at once and nothing is half done; what needs neither goes on."""

from __future__ import annotations

import socket
import time
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from chassis.columns import utcnow
from chassis.db import ALL_ACCOUNTS
from sales import clients
from sales.api import orders
from sales.config import Config
from sales.domain.models import Order

ITEMS = [{"product_id": 15, "quantity": 2}]


def stored(database):
    with database.read(ALL_ACCOUNTS) as session:
        return session.execute(select(func.count(Order.id))).scalar_one()


def refused(answer):
    assert answer.status == 503
    assert answer.json == {"detail": "Service temporarily unavailable, try again later."}
    return int(answer.headers["Retry-After"]) >= 1


def test_no_order_without_catalog(client, catalog, database, published):
    catalog.down = True
    for _ in range(7):  # the circuit opens on the way
        assert refused(client.post("/api/orders/", {"items": ITEMS}, headers={"Idempotency-Key": "k"}))
    assert (stored(database), published()) == (0, [])


@pytest.mark.parametrize("status", [500, 503, 401, 404])
def test_no_order_when_catalog_answers_nonsense(client, catalog, database, status):
    catalog.on("POST", "/internal/holds/", lambda _body: (status, {"detail": "?"}))
    if status == 404:
        catalog.respond = lambda *_: (404, {"detail": "?"})
    try:
        assert refused(client.post("/api/orders/", {"items": ITEMS}))
    finally:
        vars(catalog).pop("respond", None)
    assert stored(database) == 0


def test_an_order_is_not_stored_on_a_hold_that_catalog_may_be_giving_up(client, catalog, database, monkeypatch):
    moments = iter([utcnow(), utcnow() + timedelta(seconds=31)])
    monkeypatch.setattr(orders, "utcnow", lambda: next(moments))
    assert refused(client.post("/api/orders/", {"items": ITEMS}))
    assert (stored(database), catalog.holds) == (0, {})


def test_a_key_is_free_again_when_catalog_is_back(client, catalog, database):
    catalog.down = True
    assert refused(client.post("/api/orders/", {"items": ITEMS}, headers={"Idempotency-Key": "k"}))
    catalog.down = False
    assert client.post("/api/orders/", {"items": ITEMS}, headers={"Idempotency-Key": "k"}).status == 201
    assert stored(database) == 1


@pytest.mark.parametrize("callee", ["catalog", "customers"])
def test_a_service_that_hangs_is_given_up_within_three_seconds(app, client, settings, database, callee):
    with socket.socket() as deaf:  # takes the connection, never answers
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        clients.install(app, Config.from_env(**{**vars(settings), f"{callee}_url": url}))
        began = time.monotonic()
        assert refused(client.post("/api/orders/", {"items": ITEMS, "customer": 1 if callee == "customers" else None}))
        assert time.monotonic() - began < 3
    assert stored(database) == 0


def test_no_order_for_an_unheard_of_customer_without_customers(client, catalog, customers, database):
    customers.down = True
    assert refused(client.post("/api/orders/", {"items": ITEMS, "customer": 1}))
    assert (catalog.calls, stored(database)) == ([], 0)


def test_a_known_customer_needs_no_customers_service(client, customers, deliver):
    customers.down = True
    deliver("CustomerCreated", {"customer_id": 1})
    assert client.post("/api/orders/", {"items": ITEMS, "customer": 1}).status == 201


def test_paying_and_cancelling_need_nobody(client, catalog, make_order, published):
    paid, cancelled = make_order()["id"], make_order()["id"]
    catalog.down = True
    assert client.post(f"/api/orders/{paid}/pay/", {"payment_method": "CASH"}).status == 200
    assert client.post(f"/api/orders/{cancelled}/cancel/", {}).status == 200
    assert client.get("/api/orders/").status == 200
    assert len(published("OrderCancelled")) == 1  # by which catalog restores the stock when it is back
