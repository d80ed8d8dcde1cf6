"""Sales under test: names the service, plays catalog and customers, and makes orders."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from math import ceil
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
            if path == "/internal/prices/":
                return self._priced(body["lines"])
            return self._hold(body)

    def _priced(self, lines: list[dict[str, Any]]) -> tuple[int, Any]:
        status, answer = self._lines(lines)
        for line in answer.get("lines", []):
            line["available"] = 5
        return status, answer

    def _hold(self, body: dict[str, Any]) -> tuple[int, Any]:
        uid, lines = body["order_uid"], body["lines"]
        if uid in self.released:
            return 409, {"detail": "The stock of this order has been released."}
        status, answer = self._lines(lines)
        if status != 200:
            return status, answer
        self.holds[uid] = lines
        return 200, {"order_uid": uid, **answer}

    def _lines(self, lines: list[dict[str, Any]]) -> tuple[int, Any]:
        unknown = [line["product_id"] not in self.products for line in lines]
        if any(unknown):
            errors = [
                {"product_id": [f'Invalid pk "{line["product_id"]}" - object does not exist.']} if bad else {}
                for line, bad in zip(lines, unknown, strict=True)
            ]
            while not errors[-1]:
                errors.pop()
            return 400, {"items": errors}
        held = sorted(lines, key=lambda line: line["product_id"])
        return 200, {"lines": [{**self.products[line["product_id"]], "quantity": line["quantity"]} for line in held]}


class PlayedCustomers(PlayedService):
    """Customers with points and credit, which keep their promises: a hold an order, renewed when asked the same again."""

    def reset(self) -> None:
        super().reset()
        self.lock = Lock()
        self.points: dict[int, int] = {}
        self.limits: dict[int, Decimal] = {}
        self.used: dict[int, Decimal] = {}
        self.holds: dict[str, dict[str, Any]] = {}

    def respond(self, method: str, path: str, authorization: str, raw: bytes) -> tuple[int, Any]:
        status, data = super().respond(method, path, authorization, raw)
        if status != 404 or not path.startswith("/internal/holds/"):
            return status, data  # the test's own answer
        with self.lock:
            if path.endswith("/release/"):
                self._move(self.holds.pop(path.split("/")[3], None), -1)
                return 204, None
            return self._hold(self.calls[-1][2])

    def _hold(self, body: dict[str, Any]) -> tuple[int, Any]:
        customer, amount = body["customer_id"], Decimal(body["amount"])
        if customer not in self.points:
            return 404, {"detail": "Not found."}
        known = self.holds.get(body["order_uid"])
        if known is None:
            if body["payment_method"] == "POINTS" and self.points[customer] < amount:
                available, wanted = f"{self.points[customer]}.00", body["amount"]
                words = f"Puntos disponibles: {available}, Total a pagar: {wanted}"
                return 400, {"detail": f"Saldo de puntos insuficiente. {words}"}
            limit, used = self.limits[customer], self.used[customer]
            if body["payment_method"] == "CREDIT" and used + amount > limit:
                words = [f"Crédito insuficiente. Disponible: ${limit - used:.2f}"]
                return 400, {"error": words, "credit_limit": f"{limit:.2f}", "credit_used": f"{used:.2f}"}
            self.holds[body["order_uid"]] = body
            self._move(body, 1)
        elif known["payment_method"] != body["payment_method"]:
            return 409, {"detail": "This order holds another payment."}
        same = {name: body[name] for name in ("order_uid", "customer_id", "payment_method", "amount")}
        return 200, {**same, "points": ceil(amount) if body["payment_method"] == "POINTS" else None}

    def _move(self, hold: dict[str, Any] | None, sign: int) -> None:
        if hold is not None and hold["payment_method"] == "POINTS":
            self.points[hold["customer_id"]] -= sign * ceil(Decimal(hold["amount"]))
        elif hold is not None:
            self.used[hold["customer_id"]] += sign * Decimal(hold["amount"])


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
    customers = PlayedCustomers("customers", lambda: callee_settings)
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
def customers(played: dict[str, PlayedService]) -> PlayedCustomers:
    """The played customers service; it knows nobody unless told."""
    found = played["customers"]
    assert isinstance(found, PlayedCustomers)
    return found


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


@pytest.fixture
def rich(customers: PlayedCustomers, maria: int) -> int:
    """Customer 1 with 1,000 points and a credit line of 1,000.00."""
    customers.points[maria], customers.limits[maria], customers.used[maria] = 1000, Decimal(1000), Decimal(0)
    return maria
