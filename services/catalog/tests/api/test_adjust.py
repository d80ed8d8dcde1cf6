"""`POST /api/products/{id}/adjust/`: units more or less, with a reason and a name."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from catalog.domain.models import StockMovement
from chassis.db import ALL_ACCOUNTS
from chassis.testing import counted_statements


def adjust(client, made, delta, reason="broken", **how):
    return client.post(f"/api/products/{made['id']}/adjust/", {"delta": delta, "reason": reason}, **how)


def test_an_employee_adjusts_and_is_named(client, product, published, books_balance, database):
    made = product(current_stock=12)
    answer = adjust(client, made, -3, " broken ", role="EMPLOYEE", user_id=7)
    assert (answer.status, answer.json["current_stock"], answer.json["low_stock"]) == (200, 9, True)
    assert client.get(f"/api/products/{made['id']}/").json == answer.json
    adjusted, low = published("StockAdjusted", "LowStockReached")
    assert adjusted.data == {
        "product_id": made["id"], "product_uid": made["uid"], "delta": -3, "reason": "broken", "current_stock": 9,
    }  # fmt: skip
    assert (low.data["current_stock"], low.version) == (9, 2)
    with database.read(ALL_ACCOUNTS) as session:
        row = session.execute(select(StockMovement).order_by(StockMovement.id.desc())).scalars().first()
    assert (row.kind, row.delta, row.balance, row.reason) == ("adjustment", -3, 9, "broken")
    assert row.actor_uid == "00000000-0000-7000-8000-000000000007"
    assert adjust(client, made, 2, "found").json["current_stock"] == 11
    books_balance()


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, {"delta": ["This field is required."], "reason": ["This field is required."]}),
        ({"delta": 0, "reason": "x"}, {"delta": ["This value may not be zero."]}),
        ({"delta": 1.5, "reason": "x"}, {"delta": ["A valid integer is required."]}),
        ({"delta": 1, "reason": " "}, {"reason": ["This field may not be blank."]}),
        ({"delta": 1, "reason": "x" * 201}, {"reason": ["Ensure this field has no more than 200 characters."]}),
        ({"delta": -6, "reason": "x"}, {"delta": ["Only 5 units are in stock, 2 of them reserved."]}),
        ({"delta": -4, "reason": "x"}, {"delta": ["Only 5 units are in stock, 2 of them reserved."]}),
    ],
)
def test_what_is_wrong_is_said_and_changes_nothing(client, product, stock_of, published, body, error):
    made = product(current_stock=5)
    client.post(f"/api/products/{made['id']}/reserve/", {"amount": 2})
    answer = client.post(f"/api/products/{made['id']}/adjust/", body)
    assert (answer.status, answer.json) == (400, error)
    assert (stock_of(made["id"]), published("StockAdjusted")) == (5, [])


def test_below_zero(client, product):
    assert adjust(client, product(current_stock=1), -2).json == {"delta": ["Only 1 unit is in stock."]}
    assert adjust(client, product(current_stock=0), -2).json == {"delta": ["Only 0 units are in stock."]}
    assert adjust(client, product(current_stock=2), -2).json["current_stock"] == 0


def test_a_retry_adjusts_once(client, product, stock_of):
    made = product(current_stock=5)
    first = adjust(client, made, 4, headers={"Idempotency-Key": "a"})
    again = adjust(client, made, 4, headers={"Idempotency-Key": "a"})
    assert (first.data, "true") == (again.data, again.headers["Idempotent-Replayed"])
    assert stock_of(made["id"]) == 9


def test_a_stale_reading_is_refused_when_the_client_says_so(client, product, hold, stock_of):
    made = product(current_stock=9)
    path = f"/api/products/{made['id']}/"
    tag = client.get(path).headers["ETag"]
    hold({made["id"]: 1})
    assert adjust(client, made, 1, headers={"If-Match": tag}).status == 412
    assert client.patch(path, {"current_stock": 20}, headers={"If-Match": tag}).status == 412
    assert stock_of(made["id"]) == 8
    assert adjust(client, made, 1, headers={"If-Match": client.get(path).headers["ETag"]}).status == 200


def test_others_products_are_not_there(client, product):
    assert adjust(client, product(account_id=2), 1).status == 404
    made = product()
    client.delete(f"/api/products/{made['id']}/")
    assert adjust(client, made, 1).status == 404


def test_statements_of_an_adjustment(client, product, app):
    made = product(current_stock=50)
    adjust(client, made, -1)
    with counted_statements(app) as statements:
        assert adjust(client, made, -1).status == 200
    assert len(statements) == 5, "take, read, move, ledger, StockAdjusted"
