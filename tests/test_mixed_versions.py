"""Teams ship on their own: a service as it was before its last change works with the others of today, on today's schema."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pika
import pytest

from cashier import ROOT, Shop, drained, eventually
from native.platform import Platform
from versions import previous_version, restart, run_code, runs_before, unpack


@contextlib.contextmanager
def as_before(platform: Platform, folder: Path, *services: str) -> Iterator[None]:
    """These services run the code of before, on the schema of today, until the block ends."""
    names = []
    try:
        for service in services:
            revision = previous_version(service)
            if revision is None:
                pytest.skip(f"this checkout has no history, so there is no {service} of before")
            names += run_code(platform, service, unpack(service, revision, folder))
        restart(platform, names)
        yield
    finally:
        restart(platform, [name for service in services for name in run_code(platform, service, ROOT)])


def journey(platform: Platform, shop: Shop) -> None:
    """Order, pay in cash, pay with points, cancel: what each service then says of it."""
    tickets, revenue = shop.tickets()
    sold = shop.sell(100)
    assert (sold["status"], sold["final_amount"], sold["points_earned"]) == ("PAID", "2146.00", 21)
    eventually(lambda: shop.points == 21, "the points are there")

    order = shop.order(1)
    assert order["customer_name"] == "Maria González"
    shop.api.post(f"/api/orders/{order['id']}/pay/", {"payment_method": "POINTS"}, 400)
    assert shop.points == 21, "what is not enough stays"
    shop.api.post(f"/api/orders/{order['id']}/cancel/", {}, 200)
    eventually(lambda: shop.stock == 900, "the stock of the cancelled order is back")

    again = shop.sell(10)
    expected = tickets + 2, revenue + Decimal(sold["final_amount"]) + Decimal(again["final_amount"])
    eventually(lambda: shop.tickets() == expected, "the summary shows both sales")
    eventually(lambda: shop.points == 23, "the points of both are there")
    product, customer = shop.product["id"], shop.customer["id"]
    shop.api.get(f"/api/orders/{again['id']}/")
    assert shop.api.ask("PATCH", f"/api/products/{product}/", {"price": "20.00"}).status_code == 200
    assert shop.api.ask("PATCH", f"/api/customers/{customer}/", {"last_name": "Pérez"}).status_code == 200
    order = shop.order(1)
    assert order["subtotal"] == "20.00"
    drained(platform)


def test_sales_of_before_with_the_others_of_today(platform: Platform, shop: Shop, tmp_path: Path) -> None:
    with as_before(platform, tmp_path, "sales"):
        assert [runs_before(platform, service) for service in ("sales", "catalog", "customers")] == [True, False, False]
        journey(platform, shop)
        everything_was_taken(platform)


def test_sales_of_today_with_catalog_and_customers_of_before(platform: Platform, shop: Shop, tmp_path: Path) -> None:
    with as_before(platform, tmp_path, "catalog", "customers"):
        assert [runs_before(platform, service) for service in ("sales", "catalog", "customers")] == [False, True, True]
        journey(platform, shop)
        everything_was_taken(platform)


def everything_was_taken(platform: Platform) -> None:
    """Nobody was told anything that they could not take: nothing waits for another try, nothing was put aside."""
    broker = pika.BlockingConnection(pika.URLParameters(platform.broker_url))
    with contextlib.closing(broker):
        channel = broker.channel()

        def waiting(queue: str) -> int:
            return int(channel.queue_declare(queue, passive=True).method.message_count)

        for service in ("catalog", "sales", "customers", "analytics"):
            for queue in (f"{service}.inbox", f"{service}.retry"):
                eventually(lambda queue=queue: waiting(queue) == 0, f"{queue} is empty")  # type: ignore[misc]
            assert waiting(f"{service}.dead") == 0, service
