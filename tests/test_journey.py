"""The road from log-in to report: in fair weather, without the broker, and with workers killed at the worst moments."""

from __future__ import annotations

import contextlib
import os
import signal
import sqlite3
import time
from decimal import Decimal

import pika
import pytest
import requests

from cashier import SERVICES, Shop, drained, eventually
from native.errors import PlatformError
from native.platform import Platform


def settled(shop: Shop, sold: list[dict], tickets_before: tuple[int, Decimal]) -> None:
    """Each sale has arrived everywhere exactly once, and stays so."""
    points = sum(order["points_earned"] for order in sold)
    expected = tickets_before[0] + len(sold), tickets_before[1] + sum(Decimal(order["final_amount"]) for order in sold)
    eventually(lambda: shop.points >= points, "the points are there")
    eventually(lambda: shop.tickets()[0] >= expected[0], "the summary shows the sales")
    assert shop.points == points
    assert shop.tickets() == expected
    history = shop.api.get(f"/api/customers/{shop.customer['id']}/history/")
    assert sorted(row["description"] for row in history) == sorted(
        f"Purchase - Ticket #{order['ticket_folio']}" for order in sold
    )


def test_a_sale_travels_through_all_services(shop: Shop, platform: Platform) -> None:
    before = shop.tickets()
    order = shop.order(10)
    assert (order["status"], order["subtotal"], order["total_tax"]) == ("PENDING", "185.00", "29.60")
    assert (order["final_amount"], order["customer_name"]) == ("214.60", "Maria González")
    assert shop.stock == 990, "the stock is taken when the order is made"
    paid = shop.pay(order)
    assert (paid["status"], paid["payment_method"], paid["points_earned"]) == ("PAID", "CASH", 2)
    settled(shop, [{**order, **paid}], before)
    drained(platform)


def test_a_cancelled_order_gives_its_stock_back_at_once(shop: Shop) -> None:
    order = shop.order(10)
    assert shop.stock == 990
    answer = shop.api.post(f"/api/orders/{order['id']}/cancel/", {}, 200)
    assert answer == {
        "status": "Order cancelled",
        "detail": f"La orden {order['id']} fue cancelada y el stock restaurado.",
    }
    assert shop.stock == 1000


def test_selling_goes_on_without_the_broker_and_the_facts_arrive_after(shop: Shop, platform: Platform) -> None:
    before = shop.tickets()
    platform.stop_process("rabbitmq")
    try:
        started = time.monotonic()
        sold = [shop.sell() for _ in range(3)]
        assert time.monotonic() - started < 5
        assert shop.stock == 970
        assert (shop.points, shop.tickets()) == (0, before), "nothing could have arrived yet"
        for service in SERVICES:
            assert requests.get(platform.service_url(service) + "/readyz", timeout=5).status_code == 200
    finally:
        platform.start_process("rabbitmq")
    settled(shop, sold, before)
    drained(platform)


def test_kill_9_of_the_broker_loses_nothing(shop: Shop, platform: Platform) -> None:
    before = shop.tickets()
    sold = [shop.sell()]
    platform.kill("rabbitmq")
    sold += [shop.sell() for _ in range(3)]
    settled(shop, sold, before)
    drained(platform)


def freeze(platform: Platform, service: str) -> int:
    """Stop a worker in its tracks, but not while it has SQLite's one write lock: then nobody could sell; its pid."""
    pid = platform.pid(f"{service}-worker")
    file = platform.settings.home / "data" / f"{service}.db"

    def stopped_without_the_lock() -> bool:
        os.kill(pid, signal.SIGSTOP)
        if platform.settings.database != "sqlite":
            return True
        with contextlib.closing(sqlite3.connect(file, timeout=0.5, isolation_level=None)) as other:
            try:
                other.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                os.kill(pid, signal.SIGCONT)
                return False
            other.execute("ROLLBACK")
            return True

    eventually(stopped_without_the_lock, f"{service}'s worker stops between its transactions")
    return pid


@pytest.mark.parametrize("service", SERVICES)
def test_kill_9_of_a_worker_between_commit_and_publish(shop: Shop, platform: Platform, service: str) -> None:
    before = shop.tickets()
    worker = f"{service}-worker"
    frozen = freeze(platform, service)  # from now on nothing that is committed gets published or handled
    try:
        sold = [shop.sell() for _ in range(2)]
    finally:
        os.kill(frozen, signal.SIGKILL)
    eventually(lambda: platform.pid(worker) not in (0, frozen), f"{worker} runs again")
    settled(shop, sold, before)
    drained(platform)


def test_a_poison_message_stops_nobody_and_can_be_listed_replayed_and_purged(shop: Shop, platform: Platform) -> None:
    before = shop.tickets()
    broker = pika.BlockingConnection(pika.URLParameters(platform.broker_url))
    broker.channel().basic_publish(
        "mostrador.events", "sales.OrderPaid", b"{", pika.BasicProperties(message_id="poison", delivery_mode=2)
    )
    broker.close()
    sold = [shop.sell()]
    settled(shop, sold, before)
    for service in ("customers", "analytics"):

        def dead(service: str = service) -> bool:
            return "poison  sales.OrderPaid  InvalidEvent: not JSON" in platform.run(service, "dead", "list")

        eventually(dead, f"{service} has put it aside")
        assert platform.run(service, "dead", "replay", "poison") == "1 replayed\n"
        eventually(dead, f"{service} has tried it again and put it aside again")
        assert platform.run(service, "dead", "purge", "--all") == "1 purged\n"
        assert platform.run(service, "dead", "list") == "no dead letters\n"
    settled(shop, sold, before)


@pytest.mark.parametrize(
    ("worker", "failpoint"),
    [
        ("sales-worker", "relay.selected"),
        ("sales-worker", "relay.published"),
        ("sales-worker", "relay.confirmed"),
        ("customers-worker", "consumer.delivered"),
        ("customers-worker", "consumer.committed"),
        ("analytics-worker", "consumer.committed"),
        ("catalog-worker", "consumer.committed"),
    ],
)
def test_death_at_the_worst_moment_has_no_effect(shop: Shop, platform: Platform, worker: str, failpoint: str) -> None:
    before = shop.tickets()
    log = platform.settings.logs / f"{worker}.log"
    lived = log.read_text().count("failpoints_armed")
    platform.stop_process(worker)
    sold = [shop.sell()]
    with contextlib.suppress(PlatformError):  # it may well die before it counts as started
        platform.restart(worker, {"MOSTRADOR_FAILPOINTS": f"{failpoint}=1"})
    eventually(lambda: log.read_text().count("failpoints_armed") > lived + 1, f"{worker} died and was started again")
    platform.restart(worker, {"MOSTRADOR_FAILPOINTS": None})
    sold.append(shop.sell())
    settled(shop, sold, before)
    drained(platform)
