"""Fixtures of the API tests: what the other services tell, at moments by Mexico City's winter clock."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from analytics.api import charts
from chassis.uids import new_uid


@pytest.fixture(autouse=True)
def _no_charts_of_other_tests():
    charts._kept.clear()


@pytest.fixture
def sell(deliver, contracts):
    """`sell("2023-10-05T14:00", "CASH", [(1, "Mouse", 2, "100.00")])` in Mexico City's winter, 6 hours behind UTC."""
    item = contracts.event("OrderPaid")[1]["examples"][0]["items"][0]

    def make(paid_at, method, lines, *, total=None, account_id=1, customer_id=None):
        items = [
            {**item, "product_id": id_, "product_name": name, "quantity": quantity, "amount": amount}
            for id_, name, quantity, amount in lines
        ]
        moment = datetime.fromisoformat(f"{paid_at}:00.000000-06:00").astimezone(UTC)
        data = {
            "order_uid": new_uid(), "paid_at": f"{moment:%Y-%m-%dT%H:%M:%S.%fZ}", "payment_method": method, "items": items,
            "final_amount": total or lines[0][3], "customer_id": customer_id,
        }  # fmt: skip
        deliver("OrderPaid", data, account_id=account_id, time=moment)

    return make


@pytest.fixture
def stock(deliver):
    """`stock(14, "Funda iPhone 12 Rosa", 15, price="10.00", final_price="11.60")`: a product as catalog tells it."""

    def make(id_, name, units, *, version=1, type_="ProductCreated", account_id=1, **fields):
        data = {"product_id": id_, "name": name, "sku": f"SKU-{id_}", "current_stock": units, **fields}
        deliver(type_, data, version=version, account_id=account_id)

    return make


@pytest.fixture
def customer(deliver):
    """`customer(5, "Juan Pérez", "juan.perez@email.com")`: a customer as customers tells it."""

    def make(id_, name, email=None, *, version=1, account_id=1):
        first, _, last = name.partition(" ")
        data = {"customer_id": id_, "first_name": first, "last_name": last, "full_name": name, "email": email}
        deliver("CustomerCreated", data, version=version, account_id=account_id)

    return make


@pytest.fixture
def today(monkeypatch):
    """`today("2023-10-31")`: it is noon of that day in Mexico City."""

    def make(day):
        moment = datetime.fromisoformat(f"{day}T18:00:00+00:00")
        monkeypatch.setattr("chassis.tenants.utcnow", lambda: moment)

    return make
