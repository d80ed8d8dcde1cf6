"""A quote: what an order would cost, with nothing made, held or told; and the order then costs just that."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from chassis.db import ALL_ACCOUNTS
from sales.domain.models import Order

ITEMS = [{"product_id": 15, "quantity": 2}, {"product_id": 20, "quantity": 1}]
PATH = "/api/orders/quote/"


def stored(database):
    with database.read(ALL_ACCOUNTS) as session:
        return session.execute(select(func.count(Order.id))).scalar_one()


def promoted(catalog, product_id, percent, audience="ALL"):
    promotion = {"id": 4, "name": "Buen Fin", "discount_percent": percent, "target_audience": audience}
    catalog.products[product_id]["promotion"] = promotion


def test_each_discount_is_explained(client, catalog, maria):
    promoted(catalog, 15, "10.00")
    answer = client.post(PATH, {"customer": maria, "items": ITEMS})
    assert (answer.status, answer.json) == (200, {
        "customer": 1, "customer_name": "Maria González", "subtotal": "182.68", "total_tax": "26.27",
        "final_amount": "208.95", "money_saved_total": "18.24", "points_earned": 2, "is_available": True,
        "items": [
            {
                "product_id": 15, "product_name": "Coca Cola 600ml", "quantity": 2, "list_price": "91.21",
                "tax_rate": "16.00", "unit_price": "82.09", "tax_amount": "26.27", "discount_amount": "18.24",
                "amount": "164.18", "available": 5, "is_available": True,
                "discount": {
                    "kind": "PROMOTION", "promotion": 4, "name": "Buen Fin", "percent": "10.00", "amount_saved": "18.24",
                },
            },
            {
                "product_id": 20, "product_name": "Bolillo", "quantity": 1, "list_price": "18.50",
                "tax_rate": "EXENT", "unit_price": "18.50", "tax_amount": "0.00", "discount_amount": "0.00",
                "amount": "18.50", "available": 5, "is_available": True, "discount": None,
            },
        ],
    })  # fmt: skip


def test_nothing_is_made_held_or_told(client, catalog, database, published):
    for _ in range(2):
        assert client.post(PATH, {"items": ITEMS}, headers={"Idempotency-Key": "k"}).status == 200
    assert (stored(database), published(), catalog.holds) == (0, [], {})
    assert {path for _, path, _, _ in catalog.calls} == {"/internal/prices/"}


@pytest.mark.parametrize("promotion", [None, ("5.00", "ALL"), ("25.00", "ALL"), ("25.00", "FREQUENT_ONLY")])
@pytest.mark.parametrize("frequent", [True, False])
def test_the_order_costs_what_was_quoted(client, catalog, deliver, frequent, promotion):
    deliver("CustomerUpdated", {"customer_id": 1, "is_frequent": frequent, "birth_date": None}, version=2)
    if promotion:
        promoted(catalog, 15, *promotion)
    for customer in (1, None):
        body = {"customer": customer, "items": [*ITEMS, ITEMS[0]]}
        quoted, made = client.post(PATH, body).json, client.post("/api/orders/", body).json
        for name in ("subtotal", "total_tax", "final_amount", "money_saved_total", "customer_name"):
            assert quoted[name] == made[name]
        names = list(made["items"][0])
        assert [{name: item[name] for name in names} for item in quoted["items"]] == made["items"]


def test_a_birthday_is_named_and_never_stacks(client, catalog, deliver):
    from datetime import datetime
    from zoneinfo import ZoneInfo

    today = datetime.now(ZoneInfo("America/Mexico_City")).strftime("1996-%m-%d")
    deliver("CustomerCreated", {"customer_id": 1, "birth_date": today})
    for percent, kind, off in (
        (None, "BIRTHDAY", "10.00"),
        ("5.00", "BIRTHDAY", "10.00"),
        ("15.00", "PROMOTION", "15.00"),
    ):
        if percent:
            promoted(catalog, 30, percent)
        [item] = client.post(PATH, {"customer": 1, "items": [{"product_id": 30, "quantity": 1}]}).json["items"]
        assert (item["discount"]["kind"], item["discount"]["percent"]) == (kind, off)
        assert item["discount"]["amount_saved"] == item["discount_amount"]


def test_too_little_stock_is_said_line_by_line(client):
    items = [{"product_id": 15, "quantity": 6}, {"product_id": 20, "quantity": 5}]
    quoted = client.post(PATH, {"items": items}).json
    assert [item["is_available"] for item in quoted["items"]] == [False, True]
    assert quoted["is_available"] is False


def test_errors_are_those_of_an_order(client, catalog, maria):
    for body in (
        {},
        {"items": []},
        {"items": [{"product_id": 15, "quantity": 0}]},
        {"items": [ITEMS[0], {"product_id": 9, "quantity": 1}, ITEMS[0]]},
        {"items": ITEMS, "customer": 9},
        {"items": ITEMS, "customer": "x"},
    ):
        quoted, made = client.post(PATH, body), client.post("/api/orders/", body)
        assert (quoted.status, quoted.json) == (made.status, made.json)
        assert quoted.status == 400
    catalog.down = True
    answer = client.post(PATH, {"items": ITEMS})
    assert (answer.status, int(answer.headers["Retry-After"]) >= 1) == (503, True)


def test_catalogs_examples_are_understood(client, catalog, contracts):
    contract = contracts.internal("catalog", "prices")
    for example in contract["examples"]:
        catalog.on("POST", example["path"], example["status"], example["response"])
        answer = client.post(PATH, {"items": example["request"]["lines"]})
        assert answer.status == example["status"], example["name"]
        assert set(catalog.calls[-1][2]) == set(example["request"])
        if answer.status == 200:
            told = {line["product_id"]: line for line in example["response"]["lines"]}
            assert all(item["available"] == told[item["product_id"]]["available"] for item in answer.json["items"])
