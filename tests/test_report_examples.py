"""Every example that the API's document gives of a report, told as events and asked for through the gateway: the same figures.

The examples are the seed document's own (001, 26–31). The events go into analytics' queue alone: with numbers and days of
the document's choosing they would be nonsense to the other services.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pika
import pytest

from cashier import ROOT, Api, eventually
from chassis.messaging.envelope import Event
from native.platform import Platform

REPORTS = "/api/analytics"
OCTOBER = "start_date=2023-10-01&end_date=2023-10-31"
NO_SALE = "start_date=2024-12-31&end_date=2024-12-31"
Item = tuple[int, str, int, str]


@cache
def _document() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((ROOT / "contracts" / "openapi" / "mostrador.json").read_text())
    return found


def example(path: str, status: int, name: str) -> Any:
    """An answer as the API's document prints it."""
    answer = _document()["paths"][f"{REPORTS}/{path}"]["get"]["responses"][str(status)]
    return answer["content"]["application/json"]["examples"][name]["value"]


@cache
def _first_example(producer: str, type_: str) -> dict[str, Any]:
    schema = json.loads((ROOT / "contracts" / "events" / producer / f"{type_}.json").read_text())
    found: dict[str, Any] = schema["examples"][0]
    return found


class Teller:
    """Tells analytics what happened in one account."""

    def __init__(self, platform: Platform, company: Api) -> None:
        self.company, self.account = company, company.tokens["user"]["account"]["id"]
        self.broker = platform.broker_url
        self.events: list[Event] = []

    def product(
        self, id_: int, name: str, sku: str, stock: int, price: str = "10.00", final_price: str = "11.60"
    ) -> None:
        """Catalog's word of a product."""
        self._note(
            "catalog", "ProductCreated", product_id=id_, name=name, sku=sku, current_stock=stock, price=price,
            final_price=final_price,
        )  # fmt: skip

    def customer(self, id_: int, name: str, email: str) -> None:
        """Customers' word of a customer."""
        self._note("customers", "CustomerCreated", customer_id=id_, full_name=name, email=email)

    def sale(
        self, at: str | datetime, method: str, total: str, items: Sequence[Item], customer: int | None = None
    ) -> None:
        """A paid order, `at` by Mexico City's clock; each item's amount is tax-exclusive."""
        moment = datetime.fromisoformat(f"{at}:00-06:00") if isinstance(at, str) else at
        item = _first_example("sales", "OrderPaid")["items"][0]
        lines = [
            {**item, "product_id": id_, "product_name": name, "quantity": quantity, "amount": amount}
            for id_, name, quantity, amount in items
        ]
        self._note(
            "sales", "OrderPaid", order_uid=str(uuid.uuid4()), payment_method=method, final_amount=total, items=lines,
            customer_id=customer, paid_at=f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}",
        )  # fmt: skip

    def _note(self, producer: str, type_: str, **data: Any) -> None:
        id_, whole = str(uuid.uuid4()), {**_first_example(producer, type_), **data}
        self.events.append(Event(id_, f"/{producer}", type_, id_, datetime.now(UTC), self.account, 1, whole))

    def told(self) -> None:
        """Publish all of it and wait until an answer says that the newest is in its figures."""
        connection = pika.BlockingConnection(pika.URLParameters(self.broker))
        channel = connection.channel()
        for event in self.events:
            channel.basic_publish("", "analytics.inbox", event.to_bytes(), pika.BasicProperties(message_id=event.id))
        connection.close()
        newest = f"{self.events[-1].time:%Y-%m-%dT%H:%M:%S.%fZ}"

        def as_of() -> str | None:
            return self.company.ask("GET", f"{REPORTS}/reports/low-stock/").headers.get("X-Data-As-Of")

        eventually(lambda: as_of() == newest, "analytics has heard of all of it")


@pytest.fixture
def teller(platform: Platform, company: Api) -> Teller:
    """Of an account that has heard nothing yet."""
    return Teller(platform, company)


@pytest.fixture
def shown(teller: Teller) -> Callable[..., None]:
    """`shown("sales-summary/", "start_date=…", 200, "example")`: the answer is the document's example, amounts with cents."""

    def same(path: str, query: str, status: int, name: str) -> None:
        answer = teller.company.ask("GET", f"{REPORTS}/{path}?{query}")
        assert (answer.status_code, answer.json()) == (status, example(path, status, name))
        amounts = re.findall(
            r'"(?:\w*(?:revenue|ticket|amount|spent|cost|sale|profit)|total_spent_on_product)":(-?\d+\.\d+)',
            answer.text,
        )
        assert all(re.fullmatch(r"-?\d+\.\d\d", amount) for amount in amounts)

    return same


def test_the_sales_summary(teller: Teller, shown: Callable[..., None]) -> None:
    teller.sale("2023-01-15T09:00", "CASH", "5.00", [(3, "Cable", 1, "5.00")])
    teller.sale("2023-10-05T10:15", "CARD", "1160.00", [(1, "Laptop", 1, "1000.00")])
    teller.sale("2023-10-17T14:05", "CARD", "1218.00", [(1, "Laptop", 1, "1000.00"), (2, "Mouse", 1, "50.00")])
    teller.sale("2023-10-31T14:50", "CASH", "116.00", [(2, "Mouse", 2, "100.00")])
    teller.told()
    shown("sales-summary/", OCTOBER, 200, "example")
    shown("sales-summary/", NO_SALE, 400, "NoSales")


def test_the_product_ranking(teller: Teller, shown: Callable[..., None]) -> None:
    teller.sale("2023-01-15T09:00", "CASH", "5.00", [(4, "Cable", 1, "5.00")])
    teller.sale("2023-10-05T10:00", "CASH", "928.00", [(3, "Teclado", 5, "750.00"), (2, "Mouse", 1, "50.00")])
    teller.sale("2023-10-31T10:00", "CARD", "1276.00", [(1, "Laptop", 1, "1000.00"), (2, "Mouse", 2, "100.00")])
    teller.told()
    shown("product-ranking/", f"{OCTOBER}&criterion=ambos&limit=2", 200, "results")
    shown("product-ranking/", "start_date=2023-10-01&end_date=2023-10-01", 200, "no_items_sold")
    shown("product-ranking/", NO_SALE, 400, "NoSales")


def test_low_stock_and_dead_inventory(teller: Teller, shown: Callable[..., None]) -> None:
    teller.product(14, "Funda iPhone 12 Rosa", "F14", 15)
    teller.product(42, "Cargador Genérico USB-C", "C42", 50)
    for id_, name, stock in ((1, "Galletas Emperador", 2), (2, "Coca Cola 600ml", 8), (3, "Agua Ciel 1L", 0)):
        teller.product(id_, name, f"A{id_}", stock)
        teller.sale("2023-10-01T00:00", "CASH", "11.60", [(id_, name, 1, "10.00")])
    teller.sale("2023-09-30T23:59", "CASH", "11.60", [(42, "Cargador Genérico USB-C", 1, "10.00")])
    teller.told()
    shown("reports/low-stock/", "threshold=10", 200, "example")
    shown("reports/low-stock/", "", 200, "example")
    shown("reports/low-stock/", "threshold=diez", 200, "nothing")
    shown("reports/dead-inventory/", "reference_date=2023-10-01", 200, "example")
    shown("reports/dead-inventory/", "reference_date=ayer", 200, "nothing")


def test_a_customer_s_purchases(teller: Teller, shown: Callable[..., None]) -> None:
    teller.customer(5, "Juan Pérez", "juan.perez@email.com")
    teller.sale("2023-10-03T18:20", "CASH", "1000.00", [(1, "Laptop", 1, "1000.00")], 5)
    teller.sale("2023-10-12T10:00", "CARD", "300.00", [(2, "Mouse", 4, "200.00")], 5)
    teller.sale("2023-10-31T10:59", "CARD", "200.00", [(2, "Mouse", 3, "150.00")], 5)
    teller.told()
    shown("customer-sales/", f"customer_id=5&{OCTOBER}", 200, "results")
    shown("customer-sales/", f"customer_id=6&{OCTOBER}", 404, "NoSuchCustomer")


def test_a_customer_who_bought_nothing_in_the_period(teller: Teller, shown: Callable[..., None]) -> None:
    teller.customer(5, "Juan Pérez", "juan.perez@email.com")
    teller.sale("2023-11-01T00:00", "CASH", "1000.00", [(1, "Laptop", 1, "1000.00")], 5)
    teller.told()
    shown("customer-sales/", f"customer_id=5&{OCTOBER}", 200, "no_purchases")


def test_the_sales_velocity(teller: Teller, shown: Callable[..., None]) -> None:
    now = datetime.now(UTC)
    teller.product(1, "Laptop Gamer", "FAST123", 100)
    teller.product(2, "Mouse Viejo", "SLOW123", 50)
    teller.sale(now - timedelta(days=90), "CASH", "5800.00", [(1, "Laptop Gamer", 500, "5000.00")])
    teller.sale(now - timedelta(days=40), "CASH", "11.60", [(2, "Mouse Viejo", 1, "10.00")])
    for days, units in ((28, 25), (1, 35)):
        teller.sale(now - timedelta(days=days), "CASH", "580.00", [(1, "Laptop Gamer", units, "500.00")])
    teller.told()
    shown("sales-velocity/", "identifier=fast123&period_days=30", 200, "results")
    shown("sales-velocity/", "identifier=Laptop Gamer", 200, "results")
    shown("sales-velocity/", "identifier=SLOW123&period_days=30", 200, "no_sales")
    shown("sales-velocity/", "", 400, "NoIdentifier")
    shown("sales-velocity/", "identifier=FAST", 404, "NoSuchProduct")


def test_the_valuation(teller: Teller, shown: Callable[..., None]) -> None:
    shown("inventory-valuation/", "", 404, "NothingInStock")
    teller.product(1, "Monitor Gamer", "TEC001", 5)
    teller.product(2, "Teclado", "TEC002", 4, "25.00", "29.00")
    teller.product(3, "Agotado", "TEC003", 0, "99.00", "114.84")
    teller.told()
    shown("inventory-valuation/", "", 200, "everything")
    shown("inventory-valuation/", "product_identifier=TEC001", 200, "one_product")
    shown("inventory-valuation/", "product_identifier=TEC003", 404, "NothingInStock")
