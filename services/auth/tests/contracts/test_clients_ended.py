"""What auth promises customers: clients whose sessions end before customers answers."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from auth.domain.models import LoginSession
from chassis.db import ALL_ACCOUNTS

KNOWN = {
    "id": 7, "uid": "client-123", "account_id": 1, "name": "Abarrotes Lupita", "email": None, "phone": "+1234567890",
    "credentials_version": 1, "version": 3,
}  # fmt: skip


@pytest.fixture
def contract(contracts):
    return contracts.internal("auth", "clients_ended")


@pytest.fixture
def client_token(client, play):
    customers = play("customers")
    customers.on("POST", "/internal/clients/pin/", 200, {"client": KNOWN})
    answer = client.post("/api/v1/auth/login", {"phone": "+1234567890", "pin_code": "1234"}, role=None)
    assert answer.status == 200, answer
    return answer.json["data"]["access_token"]


def test_every_example_is_answered_as_written(client, contract):
    (caller,) = contract["callers"]
    for example in contract["examples"]:
        for _ in range(2):  # telling it again does no harm
            answer = client.internal(caller, contract["method"], example["path"], example["request"])
            assert (answer.status, answer.json) == (example["status"], example["response"])


def test_the_sessions_end_and_the_gateways_hear_before_the_answer(
    client, contract, client_token, database, gateway, published
):
    gateway.reset()
    gateway.on("POST", "/revocations", 204)
    example = contract["examples"][0]
    assert client.internal("customers", "POST", example["path"], example["request"]).status == 204
    with database.read(ALL_ACCOUNTS) as session:
        row = session.execute(select(LoginSession.uid, LoginSession.revoke_reason)).one()
    assert row.revoke_reason == "client_inactive"
    ((_, _, told, _),) = gateway.calls
    assert [each["sid"] for each in told["revocations"]] == [row.uid]
    (event,) = published("SessionRevoked")
    assert event.data["user_uid"] == "client-123"


def test_an_older_state_ends_nothing(client, contract, client_token, published):
    example = contract["examples"][0]
    older = {"clients": [{**example["request"]["clients"][0], "version": 2}]}
    assert client.internal("customers", "POST", example["path"], older).status == 204
    assert published("SessionRevoked") == []


def test_another_account_cannot_end_them(client, contract, client_token, company, published):
    company("dos")
    example = contract["examples"][0]
    client.internal("customers", "POST", example["path"], example["request"], account_id=2)
    assert published("SessionRevoked") == []


def test_nonsense_is_refused(client, contract, published):
    path = contract["path"]
    for body in ({}, {"clients": []}, {"clients": [{"client_id": 7}]}):
        assert client.internal("customers", "POST", path, body).status == 400
    assert client.internal("sales", "POST", path, {"clients": []}).status == 403
