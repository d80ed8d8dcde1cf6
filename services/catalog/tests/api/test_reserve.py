"""`/api/products/{id}/reserve/` as 001 §17.1 prints it: holds of carts, a user's own, that lapse."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from catalog.domain.models import CartHold
from catalog.sweeps import clear_cart_holds
from chassis.db import ALL_ACCOUNTS, utcnow
from chassis.testing import counted_statements


@pytest.fixture
def reserve(client):
    def call(product_id, amount, *, user_id=1, **how):
        return client.post(
            f"/api/products/{product_id}/reserve/", {"amount": amount}, role="EMPLOYEE", user_id=user_id, **how
        )

    return call


def lapse(database, *, user_id=None):
    with database.transaction(ALL_ACCOUNTS) as session:
        statement = update(CartHold).values(lapses_at=utcnow() - timedelta(seconds=1))
        session.execute(statement.where(CartHold.user_uid.endswith(str(user_id))) if user_id else statement)


def test_reserve_and_release_as_the_document_shows(client, product, reserve):
    made = product()
    answer = reserve(made["id"], 5)
    assert answer.status == 200
    assert answer.json == {
        "status": "success",
        "product": "Coca Cola 600ml",
        "reserved_quantity": 5,
        "available_to_sell": 95,
    }
    answer = reserve(made["id"], -2)
    assert answer.json == {
        "status": "success",
        "product": "Coca Cola 600ml",
        "reserved_quantity": 3,
        "available_to_sell": 97,
    }
    read = client.get(f"/api/products/{made['id']}/").json
    assert (read["current_stock"], read["reserved_quantity"], read["available_to_sell"]) == (100, 3, 97)


def test_too_much_is_case_c(client, product, reserve):
    made = product(current_stock=5)
    reserve(made["id"], 3)
    answer = reserve(made["id"], 3, user_id=2)
    assert (answer.status, answer.json) == (400, {"error": "Insufficient stock.", "available": 2})
    assert reserve(made["id"], 2, user_id=2).json["available_to_sell"] == 0
    assert reserve(made["id"], 1).json == {"error": "Insufficient stock.", "available": 0}


def test_releasing_more_than_reserved_is_case_d(client, product, reserve):
    made = product()
    reserve(made["id"], 2)
    answer = reserve(made["id"], -3)
    assert (answer.status, answer.json) == (400, {"error": "Cannot release more items than reserved."})
    assert client.get(f"/api/products/{made['id']}/").json["reserved_quantity"] == 2
    assert reserve(made["id"], -2).json["reserved_quantity"] == 0
    assert reserve(made["id"], -1).status == 400


@pytest.mark.parametrize(
    ("amount", "message"),
    [
        (0, "This value may not be zero."),
        ("0", "This value may not be zero."),
        (1.5, "A valid integer is required."),
        ("two", "A valid integer is required."),
        (True, "A valid integer is required."),
        (None, "This field may not be null."),
    ],
)
def test_bad_amounts(product, reserve, amount, message):
    answer = reserve(product()["id"], amount)
    assert (answer.status, answer.json) == (400, {"amount": [message]})


def test_a_missing_amount(client, product):
    answer = client.post(f"/api/products/{product()['id']}/reserve/", {})
    assert (answer.status, answer.json) == (400, {"amount": ["This field is required."]})


def test_a_release_takes_ones_own_hold_first_then_the_oldest(database, product, reserve):
    made = product()
    for user_id in (3, 1, 2):
        reserve(made["id"], 2, user_id=user_id)
    reserve(made["id"], 1, user_id=3)  # still the oldest: adding to a hold doesn't make it younger
    reserve(made["id"], -4, user_id=2)
    lapse(database, user_id=3)
    assert reserve(made["id"], 1, user_id=9).json["reserved_quantity"] == 2 + 1
    lapse(database, user_id=1)
    assert reserve(made["id"], 1, user_id=9).json["reserved_quantity"] == 2


def test_abandoned_carts_lapse_by_themselves(client, database, settings, product, reserve):
    made = product(current_stock=5)
    reserve(made["id"], 5)
    lapse(database)
    read = client.get(f"/api/products/{made['id']}/").json
    assert (read["reserved_quantity"], read["available_to_sell"]) == (0, 5)
    assert reserve(made["id"], -1).status == 400
    assert reserve(made["id"], 4).json["reserved_quantity"] == 4  # anew, not on top of what has lapsed
    lapse(database)
    clear_cart_holds(database, settings)
    with database.read(ALL_ACCOUNTS) as session:
        assert session.query(CartHold).count() == 0


def test_clearing_leaves_live_holds(client, database, settings, product, reserve):
    made = product()
    reserve(made["id"], 5)
    reserve(made["id"], 5, user_id=2)
    reserve(made["id"], -5, user_id=2)
    clear_cart_holds(database, settings)
    assert client.get(f"/api/products/{made['id']}/").json["reserved_quantity"] == 5
    with database.read(ALL_ACCOUNTS) as session:
        assert session.query(CartHold).count() == 1


def test_a_cart_holds_for_thirty_minutes_from_its_last_addition(database, settings, product, reserve):
    made = product()
    reserve(made["id"], 1)
    with database.read(ALL_ACCOUNTS) as session:
        left = session.query(CartHold.lapses_at).scalar() - utcnow()
    assert settings.cart_hold_minutes == 30
    assert timedelta(minutes=29, seconds=50) < left <= timedelta(minutes=30)


def test_an_inactive_product_can_not_be_reserved(product, reserve):
    answer = reserve(product(is_active=False)["id"], 1)
    assert (answer.status, answer.json) == (400, {"error": "Product is not active."})


def test_a_repeated_key_reserves_once(client, product, reserve):
    made = product()
    answers = [reserve(made["id"], 2, headers={"Idempotency-Key": "k"}) for _ in range(3)]
    assert len({answer.data for answer in answers}) == 1
    assert client.get(f"/api/products/{made['id']}/").json["reserved_quantity"] == 2


def test_an_unknown_product(reserve):
    assert reserve(99, 1).status == 404


def test_few_statements(app, product, reserve):
    made = product()
    with counted_statements(app) as seen:
        reserve(made["id"], 2)
    assert len(seen) == 3, seen


def test_clearing_goes_in_steps(database, settings, product, reserve, monkeypatch):
    monkeypatch.setattr("chassis.pruning.STEP", 2)
    made, pauses = product(), []
    for user_id in range(1, 6):
        reserve(made["id"], 1, user_id=user_id)
    lapse(database)
    monkeypatch.setattr(type(database), "give_way", lambda _self: pauses.append(1))
    clear_cart_holds(database, settings)
    assert len(pauses) == 2
    with database.read(ALL_ACCOUNTS) as session:
        assert session.query(CartHold).count() == 0
