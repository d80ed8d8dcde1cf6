"""Whose uids are: no user and client of an account share one, and a token says which kind its subject is."""

from __future__ import annotations

import jwt
import pytest
from sqlalchemy import select, update

from auth.domain.models import LoginSession, User
from chassis.db import ALL_ACCOUNTS

PIN_PATH = "/internal/clients/pin/"
BODY = {"phone": "+5255000001", "pin_code": "1234"}


def known(uid, id_=7):
    return {
        "id": id_, "uid": uid, "account_id": 1, "name": "N", "email": None, "phone": "+5255000001", "credentials_version": 1,
        "version": 1,
    }  # fmt: skip


def person(uid):
    return {
        "uid": uid, "username": "john", "email": "john@x.com", "password": "password456", "first_name": "J", "last_name": "D"
    }  # fmt: skip


@pytest.fixture
def log_in_client(client, customers):
    """`log_in_client("uid")`: the answer to the login of a client whom customers knows by that uid."""
    customers.reset()

    def log_in(uid):
        customers.on("POST", PIN_PATH, 200, {"client": known(uid)})
        return client.post("/api/v1/auth/login", BODY, role=None)

    yield log_in
    customers.reset()


def rename_user(database, user_id, uid):
    with database.transaction(ALL_ACCOUNTS) as session:
        session.execute(update(User).where(User.id == user_id).values(uid=uid))


def test_uids_of_users_are_told_as_the_contract_says(client, contracts, database, employee):
    contract = contracts.internal("auth", "uids")
    rename_user(database, employee["id"], "user-456")
    for deleted in (False, True):
        for example in contract["examples"]:
            (caller,) = contract["callers"]
            answer = client.internal(caller, contract["method"], contract["path"], example["request"])
            assert (answer.status, answer.json) == (example["status"], example["response"]), (example["name"], deleted)
        client.delete(f"/api/users/{employee['id']}/")
    body = {"uids": ["user-456"]}
    assert client.internal("customers", "POST", contract["path"], body, account_id=2).json == {"kinds": {}}
    assert client.internal("sales", "POST", contract["path"], body).status == 403


def test_a_new_user_gets_no_uid_that_is_a_clients(client, log_in_client, database):
    assert log_in_client("client-123").status == 200
    answer = client.post("/api/v1/user", {"data": [person("client-123")]})
    assert (answer.status, answer.json["status_message"]) == (400, "data[0].uid: client with this uid already exists.")
    with database.read(ALL_ACCOUNTS) as session:
        assert session.scalar(select(User.id).where(User.uid == "client-123")) is None


def test_a_client_with_a_users_uid_gets_no_token(client, log_in_client):
    assert client.post("/api/v1/user", {"data": [person("user-456")]}).status == 200
    answer = log_in_client("user-456")
    assert (answer.status, "data" in answer.json) == (401, False)
    assert client.post("/api/v1/auth/login", {"username": "john", "password": "password456"}, role=None).status == 200


def test_a_twin_of_before_gets_no_further_token(client, log_in_client, database, employee):
    pair = log_in_client("client-123").json["data"]
    rename_user(database, employee["id"], "client-123")
    assert client.post("/api/v1/auth/refresh", {"refresh_token": pair["refresh_token"]}, role=None).status == 401


@pytest.mark.parametrize("who", ["user", "client"])
def test_a_token_says_which_kind_its_subject_is(client, door, log_in_client, who):
    token = door.login().json["access"] if who == "user" else log_in_client("c-1").json["data"]["access_token"]
    assert jwt.decode(token, options={"verify_signature": False})["kind"] == who


def test_clients_and_users_of_the_same_number_are_told_apart(client, customers, database, employee):
    """Numbers are counted apart, so a client may have an employee's."""
    customers.on("POST", PIN_PATH, 200, {"client": known("client-123", employee["id"])})
    token = client.post("/api/v1/auth/login", BODY, role=None).json["data"]["access_token"]
    assert client.get("/api/v1/auth/me", token=token).json["data"]["entity_type"] == "client"
    with database.read(ALL_ACCOUNTS) as session:
        found = session.execute(select(LoginSession.user_id, LoginSession.client_id)).all()
    assert found == [(None, employee["id"])]
