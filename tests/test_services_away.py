"""Orders with catalog and customers down or deaf: what needs them is refused in time, what does not goes on."""

from __future__ import annotations

import os
import signal
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from decimal import Decimal
from typing import Any

import pytest

from cashier import Api, customer_of, eventually, new_customer, new_order, new_product, pay
from native.platform import Platform
from processes import children

TILLS = 40  # more than a service has threads


@pytest.fixture(scope="module")
def owner(platform: Platform) -> Api:
    """The administrator, logged in once."""
    return Api(platform.url, platform.admin.username, platform.admin.password)


@contextmanager
def without(platform: Platform, *names: str) -> Iterator[None]:
    for name in names:
        platform.stop_process(name)
    try:
        yield
    finally:
        for name in names:
            platform.start_process(name)
        platform.wait_healthy()


def test_with_catalog_and_customers_down_the_till_stays_open(owner: Api, platform: Platform) -> None:
    maria, thing = new_customer(owner, points=1000, limit="1000.00"), new_product(owner, "10.00", tax_rate="0")
    orders = [new_order(owner, thing, 1, maria) for _ in range(4)]
    body = {"items": [{"product_id": thing["id"], "quantity": 1}]}
    key = {"Idempotency-Key": uuid.uuid4().hex}
    with without(platform, "catalog-web", "customers-web"):
        for call in (
            lambda: pay(owner, orders[0], "POINTS", **key),
            lambda: pay(owner, orders[1], "CREDIT"),
            lambda: owner.ask("POST", "/api/orders/", body),
            lambda: owner.ask("POST", "/api/orders/quote/", body),
        ):
            began = time.monotonic()
            answer = call()
            assert time.monotonic() - began < 3
            assert answer.status_code == 503
            assert answer.json() == {"detail": "Service temporarily unavailable, try again later."}
            assert int(answer.headers["Retry-After"]) >= 1
        assert pay(owner, orders[2], "CASH").status_code == 200
        assert owner.ask("POST", f"/api/orders/{orders[3]['id']}/cancel/", {}).status_code == 200
        statuses = [owner.get(f"/api/orders/{order['id']}/")["status"] for order in orders]
        assert statuses == ["PENDING", "PENDING", "PAID", "CANCELLED"]
    eventually(lambda: pay(owner, orders[0], "POINTS", **key).status_code == 200, "the retry succeeds")
    eventually(lambda: pay(owner, orders[1], "CREDIT").status_code == 200, "credit too")
    eventually(lambda: owner.get(f"/api/products/{thing['id']}/")["current_stock"] == 97, "the stock came back")
    spent = customer_of(owner, maria)
    assert Decimal(spent["credit_used"]) == 10


@contextmanager
def frozen(platform: Platform, name: str) -> Iterator[None]:
    """A process that takes connections and never answers."""
    pids = [platform.pid(name), *children(platform.pid(name))]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def test_a_catalog_that_hangs_takes_no_thread_from_who_does_not_need_it(owner: Api, platform: Platform) -> None:
    thing = new_product(owner, "10.00")
    orders = [new_order(owner, thing) for _ in range(10)]
    body = {"items": [{"product_id": thing["id"], "quantity": 1}]}

    def timed(call: Any) -> tuple[int, float]:
        began = time.monotonic()
        return call().status_code, time.monotonic() - began

    def refuse(_: int) -> None:
        status, seconds = timed(lambda: Api.ask(owner, "POST", "/api/orders/", body))
        assert (status, seconds < 3) == (503, True), seconds

    with frozen(platform, "catalog-web"), ThreadPoolExecutor(TILLS) as tills:
        list(tills.map(refuse, range(8)))  # each waits its two seconds, and the circuit opens
        waiting = [tills.submit(refuse, number) for number in range(4 * TILLS)]
        others = [timed(lambda order=order: pay(owner, order, "CASH")) for order in orders]
        others += [timed(lambda order=order: owner.ask("GET", f"/api/orders/{order['id']}/")) for order in orders]
        for future in waiting:
            future.result()
    assert {status for status, _ in others} == {200}
    assert sorted(seconds for _, seconds in others)[len(others) // 2] < 0.5, others
    eventually(lambda: owner.ask("POST", "/api/orders/", body).status_code == 201, "orders are made again")
