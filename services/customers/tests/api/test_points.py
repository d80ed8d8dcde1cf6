"""Points by hand (001, 14 and 15): exact answers, never below zero, capped for employees, with the actor in the ledger."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from chassis.db import ALL_ACCOUNTS
from customers.domain.models import PointsTransaction

EARN = {"amount": 100, "transaction_type": "EARN", "description": "Purchase #1024 Bonus"}
REDEEM = {"amount": -50, "transaction_type": "REDEEM", "description": "Discount applied"}


@pytest.fixture
def path(register):
    return f"/api/customers/{register()}/"


def test_the_documents_example(client, path):
    client.post(path + "points/", {**EARN, "amount": 150, "description": "Before"})
    earned = client.post(path + "points/", EARN, role="EMPLOYEE")
    assert (earned.status, earned.json) == (201, {"status": "success", "new_balance": 250})
    redeemed = client.post(path + "points/", REDEEM, role="EMPLOYEE")
    assert (redeemed.status, redeemed.json) == (201, {"status": "success", "new_balance": 200})
    history = client.get(path + "history/").json[:2]
    assert [{name: row[name] for name in EARN} for row in history] == [REDEEM, EARN]
    assert set(history[0]) == {"id", "amount", "transaction_type", "description", "created_at"}
    assert history[0]["id"] > history[1]["id"]
    assert client.get(path).json["current_points"] == 200


@pytest.mark.parametrize("amount", [30, -30, "30"])
def test_redeeming_takes_off_whatever_the_sign(client, path, amount):
    client.post(path + "points/", EARN)
    assert client.post(path + "points/", {**REDEEM, "amount": amount}).json["new_balance"] == 70
    assert client.get(path + "history/").json[0]["amount"] == -30


def test_an_adjustment_goes_either_way(client, path, published):
    for amount, balance in ((40, 40), (-15, 25)):
        body = {"amount": amount, "transaction_type": "ADJUSTMENT"}
        assert client.post(path + "points/", body).json == {"status": "success", "new_balance": balance}
    told = published("PointsChanged")
    assert [(event.version, event.data["amount"], event.data["balance"]) for event in told] == [
        (2, 40, 40),
        (3, -15, 25),
    ]
    assert client.get(path + "history/").json[0]["description"] == ""


@pytest.mark.parametrize(
    "body", [{**REDEEM, "amount": 120}, {**REDEEM, "amount": -120, "transaction_type": "ADJUSTMENT"}]
)
def test_a_balance_never_goes_below_zero(client, path, published, body):
    client.post(path + "points/", {**EARN, "amount": 50})
    before = len(published())
    answer = client.post(path + "points/", body)
    assert (answer.status, answer.json) == (
        400,
        {"detail": "Saldo de puntos insuficiente. Puntos disponibles: 50.00, Total a pagar: 120.00"},
    )
    assert client.get(path).json["current_points"] == 50
    assert len(client.get(path + "history/").json) == 1
    assert len(published()) == before


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({}, {"amount": ["This field is required."], "transaction_type": ["This field is required."]}),
        ({**EARN, "amount": 0}, {"amount": ["This value may not be zero."]}),
        ({**REDEEM, "amount": 0}, {"amount": ["This value may not be zero."]}),
        ({**EARN, "amount": -5}, {"amount": ["Ensure this value is greater than or equal to 1."]}),
        ({**EARN, "amount": 1.5}, {"amount": ["A valid integer is required."]}),
        ({**EARN, "amount": 100_001}, {"amount": ["Ensure this value is less than or equal to 100000."]}),
        ({**EARN, "amount": 100_001, "transaction_type": "ADJUSTMENT"}, {
            "amount": ["Ensure this value is less than or equal to 100000."],
        }),
        ({**EARN, "transaction_type": "GIFT"}, {"transaction_type": ['"GIFT" is not a valid choice.']}),
        ({**EARN, "description": "x" * 256}, {"description": ["Ensure this field has no more than 255 characters."]}),
    ],
)  # fmt: skip
def test_bad_fields_are_named_and_nothing_changes(client, path, body, errors):
    answer = client.post(path + "points/", body)
    assert (answer.status, answer.json) == (400, errors)
    assert client.get(path + "history/").json == []


@pytest.mark.parametrize("amount", [100_001, 3_000_000_000, 2**53])
def test_what_is_taken_is_limited_by_the_balance_alone(client, path, amount):
    """What one line may add is: 100,000 points. Whoever collected more can spend them at once."""
    for taking in ({**REDEEM, "amount": amount}, {"amount": -amount, "transaction_type": "ADJUSTMENT"}):
        answer = client.post(path + "points/", taking)
        assert (answer.status, answer.json) == (
            400,
            {"detail": f"Saldo de puntos insuficiente. Puntos disponibles: 0.00, Total a pagar: {amount}.00"},
        )
    for _ in range(2):
        client.post(path + "points/", {**EARN, "amount": 100_000})
    assert client.post(path + "points/", {**REDEEM, "amount": 150_000}).json["new_balance"] == 50_000


def test_unknown_deleted_and_foreign_customers_are_not_found(client, path, register):
    other = f"/api/customers/{register(account_id=2)}/"
    client.delete(path)
    for where in ("/api/customers/999/", path, other):
        assert (answer := client.post(where + "points/", EARN)).status == 404, answer
        assert client.post(where + "points/", REDEEM).status == 404


def test_the_ledger_keeps_who_did_it(client, path, database):
    client.post(path + "points/", EARN, role="EMPLOYEE", user_id=7)
    with database.read(ALL_ACCOUNTS) as session:
        assert session.scalars(select(PointsTransaction.actor_uid)).all() == ["00000000-0000-7000-8000-000000000007"]


def test_a_retried_post_counts_once(client, path):
    answers = [client.post(path + "points/", EARN, headers={"Idempotency-Key": "k"}) for _ in range(2)]
    assert answers[0].data == answers[1].data
    assert answers[1].headers["Idempotent-Replayed"] == "true"
    assert client.post(path + "points/", {**EARN, "amount": 5}, headers={"Idempotency-Key": "k"}).status == 422
    assert client.get(path).json["current_points"] == 100


def test_an_employee_adds_so_many_points_a_day_and_no_more(client, register):
    """1,000 requests of an employee at once could not pass it either: the cap is one conditional statement."""
    paths = [f"/api/customers/{register()}/points/" for _ in range(4)]
    body = {**EARN, "amount": 999}
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda n: client.post(paths[n % 4], body, role="EMPLOYEE", user_id=7), range(16)))
    assert Counter(answer.status for answer in answers) == {201: 10, 400: 6}
    refused = next(answer.json for answer in answers if answer.status == 400)
    assert refused == {"amount": ["No more than 10000 points a day can be added by hand; 10 are left today."]}
    adjustment = {"amount": 11, "transaction_type": "ADJUSTMENT"}
    assert client.post(paths[0], adjustment, role="EMPLOYEE", user_id=7).status == 400
    assert client.post(paths[0], {**adjustment, "amount": 10}, role="EMPLOYEE", user_id=7).status == 201
    assert client.post(paths[0], REDEEM, role="EMPLOYEE", user_id=7).status == 201  # takes, adds nothing
    assert client.post(paths[0], body, role="EMPLOYEE", user_id=8).status == 201  # a colleague's day is another
    assert client.post(paths[0], {**body, "amount": 100_000}, role="OWNER", user_id=7).status == 201
    assert client.post(paths[0], {**body, "amount": 10_001}, role="EMPLOYEE", user_id=9).status == 400


def test_two_and_thirty_redemptions_of_a_balance_for_ten(client, register, shown, books_balance):
    customer_id = register(points=100)
    path = f"/api/customers/{customer_id}/points/"
    with ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(lambda _: client.post(path, {**REDEEM, "amount": 10}), range(32)))
    assert Counter(answer.status for answer in answers) == {201: 10, 400: 22}
    assert {answer.json["detail"] for answer in answers if answer.status == 400} == {
        "Saldo de puntos insuficiente. Puntos disponibles: 0.00, Total a pagar: 10.00"
    }
    assert sorted(answer.json["new_balance"] for answer in answers if answer.status == 201) == list(range(0, 100, 10))
    assert shown(customer_id)["current_points"] == 0
    books_balance()
