"""A user at the counter: the API as the black-box tests use it."""

from __future__ import annotations

import itertools
import time
import uuid
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pika
import requests
from requests.adapters import HTTPAdapter

from native.platform import Platform

SERVICES = ("auth", "catalog", "sales", "customers", "analytics")
ROOT = Path(__file__).resolve().parent.parent
_numbers = itertools.count(1)


def eventually(look: Callable[[], Any], what: str, seconds: float = 60) -> Any:
    """Look until something true is seen, and return it."""
    deadline = time.monotonic() + seconds
    while not (seen := look()):
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.05)
    return seen


def drained(platform: Platform) -> None:
    """No outbox holds anything and no event lies among the dead."""

    def figure(service: str, name: str) -> float:
        url = f"http://127.0.0.1:{platform.settings.ports.worker(service)}/metrics"
        try:
            lines = requests.get(url, timeout=5).text.splitlines()
        except requests.ConnectionError:  # it is just starting again
            return float("inf")
        assert any(line.startswith(name) for line in lines), f"{service} says nothing of {name}"
        return sum(float(line.split()[-1]) for line in lines if line.startswith(name) and not line.startswith("#"))

    for service in SERVICES:
        eventually(lambda s=service: figure(s, "mostrador_outbox_depth") == 0, f"{service}'s outbox is empty")  # type: ignore[misc]


def dead_letters(platform: Platform) -> dict[str, int]:
    """How many each service has."""
    broker = pika.BlockingConnection(pika.URLParameters(platform.broker_url))
    try:
        queues = {service: f"{service}.dead" for service in SERVICES}
        channel = broker.channel()
        return {
            service: channel.queue_declare(queue, passive=True).method.message_count
            for service, queue in queues.items()
        }
    finally:
        broker.close()


class From(HTTPAdapter):
    """Connections from another address of this machine."""

    def __init__(self, address: str) -> None:
        self.address = address
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs, source_address=(self.address, 0))


class Api:
    """The API as a logged-in user sees it."""

    def __init__(self, url: str, login: str, password: str) -> None:
        self.url = url
        self.http = requests.Session()
        answer = self.ask("POST", "/api/auth/login/", {"username": login, "password": password})
        assert answer.status_code == 200, answer.text
        self.tokens = answer.json()
        self.http.headers["Authorization"] = f"Bearer {self.tokens['access']}"

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> requests.Response:
        """One request, whatever comes of it."""
        return self.http.request(method, self.url + path, json=body, headers=headers, timeout=15)

    def get(self, path: str) -> Any:
        """What a GET answers; it must succeed."""
        answer = self.ask("GET", path)
        assert answer.status_code == 200, (path, answer.status_code, answer.text)
        return answer.json()

    def post(self, path: str, body: Any = None, status: int = 201, **headers: str) -> Any:
        """What a POST answers; it must have that status."""
        answer = self.ask("POST", path, body, **headers)
        assert answer.status_code == status, (path, answer.status_code, answer.text)
        return answer.json() if answer.content else None


class Shop:
    """A product, a customer, and what selling does to them."""

    def __init__(self, api: Api) -> None:
        self.api = api
        number = next(_numbers)
        self.supplier = api.post("/api/suppliers/", {"name": f"Distribuidora {number}", "rfc": "DBE101010XYZ"})
        self.product = api.post(
            "/api/products/",
            {
                "name": "Coca Cola 600ml",
                "sku": f"KO-600-{uuid.uuid4().hex[:8]}",
                "price": "18.50",
                "tax_rate": "0.16",
                "current_stock": 1000,
                "supplier": self.supplier["id"],
            },
        )
        self.customer = api.post(
            "/api/customers/",
            {"first_name": "Maria", "last_name": "González", "phone_number": f"55{uuid.uuid4().int % 10**8:08d}"},
        )

    def order(self, quantity: int = 10) -> dict[str, Any]:
        """A new PENDING order."""
        items = [{"product_id": self.product["id"], "quantity": quantity}]
        made: dict[str, Any] = self.api.post("/api/orders/", {"customer": self.customer["id"], "items": items})
        return made

    def pay(self, order: dict[str, Any]) -> dict[str, Any]:
        """Pay it in cash."""
        paid: dict[str, Any] = self.api.post(f"/api/orders/{order['id']}/pay/", {"payment_method": "CASH"}, 200)
        return paid

    def sell(self, quantity: int = 10) -> dict[str, Any]:
        """Order and pay."""
        order = self.order(quantity)
        return {**order, **self.pay(order)}

    @property
    def points(self) -> int:
        balance: int = self.api.get(f"/api/customers/{self.customer['id']}/")["current_points"]
        return balance

    @property
    def stock(self) -> int:
        units: int = self.api.get(f"/api/products/{self.product['id']}/")["current_stock"]
        return units

    def tickets(self) -> tuple[int, Decimal]:
        """Tickets and revenue of the whole account in the sales summary."""
        answer = self.api.ask("GET", "/api/analytics/sales-summary/")
        if answer.status_code == 400:  # nothing was ever sold
            return 0, Decimal(0)
        general = answer.json()["general_summary"]
        return general["total_tickets"], Decimal(str(general["total_revenue"]))


def new_product(owner: Api, price: str, **fields: Any) -> dict[str, Any]:
    """A product of 100 pieces, unless told."""
    body = {"name": "Coca Cola 600ml", "sku": uuid.uuid4().hex, "price": price, "current_stock": 100, **fields}
    made: dict[str, Any] = owner.post("/api/products/", body)
    return made


def new_customer(owner: Api, *, points: int = 0, limit: str = "0.00") -> dict[str, Any]:
    """A customer with so many points and such a credit line."""
    names = {"first_name": "Maria", "last_name": "González", "phone_number": f"55{uuid.uuid4().int % 10**8:08d}"}
    made: dict[str, Any] = owner.post("/api/customers/", {**names, "credit_limit": limit})
    if points:
        earned = {"amount": points, "transaction_type": "EARN", "description": "Bonus"}
        owner.post(f"/api/customers/{made['id']}/points/", earned)
    return made


def new_order(api: Api, product: dict[str, Any], quantity: int = 1, customer: dict[str, Any] | None = None) -> Any:
    """A PENDING order of one product."""
    items = [{"product_id": product["id"], "quantity": quantity}]
    return api.post("/api/orders/", {"customer": customer and customer["id"], "items": items})


def pay(api: Api, order: dict[str, Any], method: str, **headers: str) -> requests.Response:
    """What comes of an attempt to pay it."""
    return api.ask("POST", f"/api/orders/{order['id']}/pay/", {"payment_method": method}, **headers)


def customer_of(api: Api, customer: dict[str, Any]) -> dict[str, Any]:
    """The customer as they are now."""
    found: dict[str, Any] = api.get(f"/api/customers/{customer['id']}/")
    return found
