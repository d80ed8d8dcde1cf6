"""Sales under test: names the service, plays catalog and customers, and makes orders."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier, Lock
from typing import Any

import pytest
from flask import Flask

from chassis.testing import SERVICE_KEYS
from chassis.testing_client import ApiAnswer, ApiClient
from chassis.testing_services import PlayedService
from sales import clients
from sales.config import Config

ITEMS = [{"product_id": 15, "quantity": 2}, {"product_id": 20, "quantity": 1}]
RACERS = 16


class PlayedCatalog(PlayedService):
    """A catalog with a few products, which keeps its promises: a hold a uid, all lines or none, none after a release."""

    def reset(self) -> None:
        super().reset()
        self.lock = Lock()
        self.holds: dict[str, list[dict[str, Any]]] = {}
        self.released: set[str] = set()
        self.products = {
            15: _product(15, "Coca Cola 600ml", "91.21", "16.00"),
            20: _product(20, "Bolillo", "18.50", "EXENT"),
            30: _product(30, "Arroz 1 kg", "10.05", "0.00"),
        }

    def respond(self, method: str, path: str, authorization: str, raw: bytes) -> tuple[int, Any]:
        status, data = super().respond(method, path, authorization, raw)
        if status != 404:
            return status, data  # the test's own answer
        body = self.calls[-1][2]
        with self.lock:
            if path.endswith("/release/"):
                self.released.add(path.split("/")[3])
                self.holds.pop(path.split("/")[3], None)
                return 204, None
            return self._hold(body)

    def _hold(self, body: dict[str, Any]) -> tuple[int, Any]:
        uid, lines = body["order_uid"], body["lines"]
        if uid in self.released:
            return 409, {"detail": "The stock of this order has been released."}
        unknown = [line["product_id"] not in self.products for line in lines]
        if any(unknown):
            errors = [
                {"product_id": [f'Invalid pk "{line["product_id"]}" - object does not exist.']} if bad else {}
                for line, bad in zip(lines, unknown, strict=True)
            ]
            while not errors[-1]:
                errors.pop()
            return 400, {"items": errors}
        self.holds[uid] = lines
        held = sorted(lines, key=lambda line: line["product_id"])
        return 200, {
            "order_uid": uid,
            "lines": [{**self.products[line["product_id"]], "quantity": line["quantity"]} for line in held],
        }


def _product(product_id: int, name: str, list_price: str, tax_rate: str) -> dict[str, Any]:
    return {
        "product_id": product_id, "product_uid": f"01939d5e-0000-7000-8000-{product_id:012d}", "sku": f"SKU-{product_id}",
        "name": name, "list_price": list_price, "tax_rate": tax_rate, "promotion": None,
    }  # fmt: skip


@pytest.fixture(scope="session")
def service_name() -> str:
    return "sales"


@pytest.fixture(scope="session")
def played() -> Iterator[dict[str, PlayedService]]:
    callee_settings = Config.from_env(database_url="sqlite://", service_keys=SERVICE_KEYS)
    catalog = PlayedCatalog("catalog", lambda: callee_settings)
    customers = PlayedService("customers", lambda: callee_settings)
    yield {"catalog": catalog, "customers": customers}
    catalog.close()
    customers.close()


@pytest.fixture(scope="session")
def extra_settings(played: dict[str, PlayedService]) -> dict[str, Any]:
    return {"catalog_url": played["catalog"].url, "customers_url": played["customers"].url}


@pytest.fixture(autouse=True)
def catalog(played: dict[str, PlayedService], request: pytest.FixtureRequest) -> PlayedCatalog:
    """The played catalog, fresh; so are the app's clients and their circuits."""
    for service in played.values():
        service.reset()
    if "client" in request.fixturenames:
        app: Flask = request.getfixturevalue("app")
        clients.install(app, request.getfixturevalue("settings"))
    found = played["catalog"]
    assert isinstance(found, PlayedCatalog)
    return found


@pytest.fixture
def customers(played: dict[str, PlayedService]) -> PlayedService:
    """The played customers service; it knows nobody unless told."""
    return played["customers"]


@pytest.fixture
def make_order(client: ApiClient) -> Callable[..., Any]:
    """`make_order()`: a PENDING order's answer, `make_order(items=…, customer=1)`."""

    def make(**body: Any) -> Any:
        how = {name: body.pop(name) for name in ("account_id", "user_id") if name in body}
        answer = client.post("/api/orders/", {"items": ITEMS, **body}, **how)
        assert answer.status == 201, answer
        return answer.json

    return make


@pytest.fixture
def race() -> Callable[..., list[ApiAnswer]]:
    """`race(call, other)`: 16 threads set off at once, taking the calls in turn; returns the answers."""

    def run(*calls: Callable[[], ApiAnswer]) -> list[ApiAnswer]:
        start = Barrier(RACERS)

        def runner(number: int) -> ApiAnswer:
            start.wait(10)
            return calls[number % len(calls)]()

        with ThreadPoolExecutor(RACERS) as pool:
            return list(pool.map(runner, range(RACERS)))

    return run


@pytest.fixture
def maria(deliver):
    """Customer 1, born on a day that is not today."""
    today = datetime.now(UTC)
    born = (today + timedelta(days=90)).strftime("1995-%m-%d").replace("02-29", "03-01")
    deliver("CustomerCreated", {"customer_id": 1, "full_name": "Maria González", "birth_date": born}, version=1)
    return 1
