"""A customer's personal data: all of it exported, and erased for good while the ledgers stay."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import inspect, select

from chassis.db import ALL_ACCOUNTS
from chassis.idempotency_keys import IdempotencyKey
from customers.domain.models import Customer

MARIA = {
    "first_name": "Maria", "last_name": "González", "phone_number": "5544332211", "email": "maria.gonzalez@email.com",
    "birth_date": "1995-08-20", "credit_limit": "500.00",
}  # fmt: skip


@pytest.fixture
def maria(client, deliver, order_paid, hold):
    """Maria, with a line or two of everything."""
    id_ = client.post("/api/customers/", MARIA).json["id"]
    deliver(order_paid(id_, 30, paid_at="2023-10-28T05:10:00.000000Z"))
    hold(id_, "CREDIT", "232.00")
    client.post(f"/api/customers/{id_}/pay-credit/", {"amount": "100", "description": "Cash payment at register"})
    return f"/api/customers/{id_}/"


def test_the_export_has_everything(client, maria):
    answer = client.get(maria + "export/", role="OWNER")
    assert (answer.status, answer.headers["Cache-Control"]) == (200, "no-store")
    body = answer.json
    assert {name: body["customer"][name] for name in MARIA} == MARIA
    assert body["customer"]["current_points"] == 30
    assert [(row["amount"], row["description"]) for row in body["points"]] == [(30, "Purchase - Ticket #F47AC10B")]
    assert [(row["amount"], row["transaction_type"]) for row in body["credit"]] == [
        ("232.00", "CHARGE"), ("100.00", "PAYMENT"),
    ]  # fmt: skip
    assert body["points"][0]["order_uid"]
    assert body["purchase_days"] == ["2023-10-27"]  # 23:10 in Mexico City


def test_a_deleted_customers_data_can_still_be_had_an_erased_ones_not(client, maria):
    client.delete(maria)
    assert client.get(maria + "export/").json["customer"]["deleted_at"]
    assert client.post(maria + "erase/").status == 204
    assert client.get(maria + "export/").status == 404
    assert client.post(maria + "erase/").status == 404


def test_erasing_forgets_the_person_and_keeps_the_ledgers(client, maria, published, database, books_balance):
    version = published()[-1].version
    assert client.post(maria + "erase/").status == 204
    for method, path in (("GET", ""), ("PATCH", ""), ("DELETE", ""), ("GET", "history/"), ("GET", "credit-history/")):
        assert client.call(method, maria + path, {} if method == "PATCH" else None).status == 404
    assert client.get("/api/customers/?search=maria").json == []
    deleted, erased = published()[-2:]
    assert (deleted.type, erased.type, deleted.version, erased.version) == (
        "CustomerDeleted", "CustomerErased", version + 1, version + 1,
    )  # fmt: skip
    assert set(erased.data) == {"customer_id", "customer_uid"}
    with database.read(ALL_ACCOUNTS) as session:
        row = session.execute(select(Customer.current_points, Customer.credit_used)).one()
    assert (row.current_points, str(row.credit_used)) == (30, "132.00")
    books_balance()


def test_nothing_in_the_database_tells_who_it_was(client, maria, database):
    client.post(maria + "erase/")
    with database.read(ALL_ACCOUNTS) as session:
        connection = session.connection()
        for table in set(inspect(database.engine).get_table_names()) - {"outbox", "inbox", "idempotency_keys"}:
            text = str(connection.exec_driver_sql(f"SELECT * FROM {table}").all()).lower()
            for word in ("maria", "gonz", "5544332211", r"\b1995(-|, )"):  # not the microseconds of a time
                assert not re.search(word, text), table


def test_phone_and_email_become_free(client, maria):
    client.post(maria + "erase/")
    assert client.post("/api/customers/", MARIA).status == 201


def test_a_purchase_told_after_it_counts_and_tells_nobody(client, maria, deliver, order_paid, books_balance, published):
    id_ = int(maria.split("/")[-2])
    client.post(maria + "erase/")
    deliver(order_paid(id_, 5))
    books_balance()
    assert published("PointsChanged")[-1].data["balance"] == 35
    assert client.get(maria).status == 404


def test_another_accounts_customer_is_not_found(client, maria, published):
    before = len(published())
    assert client.get(maria + "export/", account_id=2).status == 404
    assert client.post(maria + "erase/", account_id=2).status == 404
    assert client.get(maria).status == 200
    assert len(published()) == before


def test_a_retried_erasure_is_answered_as_the_first(client, maria):
    answers = [client.post(maria + "erase/", headers={"Idempotency-Key": "k"}).status for _ in range(2)]
    assert answers == [204, 204]


def test_an_erased_customer_does_not_come_back_by_a_repeated_request(client, database):
    headers = {"Idempotency-Key": "maria"}
    made = client.post("/api/customers/", MARIA, headers=headers)
    other = client.post(
        "/api/customers/", {**MARIA, "phone_number": "1", "email": None}, headers={"Idempotency-Key": "2"}
    )
    client.delete(f"/api/customers/{made.json['id']}/")
    assert client.post("/api/customers/", MARIA, headers=headers).json == made.json, "deleted is not erased"
    assert client.post(f"/api/customers/{made.json['id']}/erase/").status == 204
    with database.read(ALL_ACCOUNTS) as session:
        kept = session.scalars(select(IdempotencyKey.answer)).all()
    assert kept == [other.data], "of others the answers stay"
    again = client.post("/api/customers/", MARIA, headers=headers)
    assert again.status == 201
    assert again.json["id"] != made.json["id"], "a new request: somebody registers a new customer"


def test_an_erasure_in_one_account_leaves_the_answers_of_others(client, database):
    made = client.post("/api/customers/", MARIA)
    with database.transaction(2) as session:
        session.add(IdempotencyKey(scope="s", body_hash="b", about=f"customer:{made.json['id']}"))
    assert client.post(f"/api/customers/{made.json['id']}/erase/").status == 204
    with database.read(ALL_ACCOUNTS) as session:
        assert session.scalars(select(IdempotencyKey.scope)).all() == ["s"]


def test_a_chatbot_user_who_is_deleted_for_good_does_not_come_back_by_a_repeated_request(client, database):
    juan = {"mobile_number": "55 4433 2211", "name": "Juan"}
    assert client.post("/api/chatbotusers/", juan, headers={"Idempotency-Key": "j"}).status == 201
    assert client.delete("/api/chatbotusers/+525544332211/").status == 204
    with database.read(ALL_ACCOUNTS) as session:
        assert session.scalars(select(IdempotencyKey.answer)).all() == []
