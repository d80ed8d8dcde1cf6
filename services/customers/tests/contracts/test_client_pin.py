"""What auth is promised: each example of the internal PIN check, replayed, and those of `ClientChanged`."""

from __future__ import annotations

import pytest

from chassis.db import ALL_ACCOUNTS, utcnow
from customers.domain.clients import Client


@pytest.fixture
def contract(contracts):
    found = contracts.internal("customers", "client_pin")
    return found | {"examples": {example["name"]: example for example in found["examples"]}}


@pytest.fixture
def ask(client, contract):
    def call(name, caller="auth"):
        body = contract["examples"][name]["request"]
        return client.internal(caller, contract["method"], contract["path"], body, account_id=None)

    return call


@pytest.fixture
def client_row(app, database):
    """Make the client of an answer, with a PIN."""

    def make(answer, pin_code, **fields):
        pins = app.extensions["customers"].check_pin.pins
        row = Client(**answer, pin_hash=pins.hash(pin_code), **fields)
        with database.transaction(ALL_ACCOUNTS) as session:
            session.add(row)

    return make


def as_promised(answer, example):
    assert (answer.status, answer.json) == (example["status"], example["response"])


@pytest.mark.parametrize("name", ["right", "right, of a client without e-mail"])
def test_a_right_pin(contract, ask, client_row, name):
    example = contract["examples"][name]
    client_row(example["response"]["client"], example["request"]["pin_code"])
    as_promised(ask(name), example)


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("wrong PIN", {}),
        ("unknown phone", {}),
        ("inactive client", {"is_active": False}),
        ("deleted client", {"is_active": False, "deleted_at": utcnow()}),
    ],
)
def test_nobody_who_may_log_in(contract, ask, client_row, name, fields):
    client_row(contract["examples"]["right"]["response"]["client"], "1234", **fields)
    as_promised(ask(name), contract["examples"][name])


def test_too_many_wrong_pins(contract, ask, client_row):
    client_row(contract["examples"]["right"]["response"]["client"], "1234")
    for _ in range(10):
        as_promised(ask("wrong PIN"), contract["examples"]["wrong PIN"])
    example = contract["examples"]["too many wrong PINs"]
    answer = ask("too many wrong PINs")
    as_promised(answer, example)
    assert 890 < int(answer.headers["Retry-After"]) <= int(example["headers"]["Retry-After"])


def test_it_is_for_auth_alone(client, ask, contract):
    assert contract["callers"] == ["auth"]
    assert ask("right", caller="sales").status == 403
    for role in (None, "ADMIN"):
        assert client.post(contract["path"], contract["examples"]["right"]["request"], role=role).status == 404
