"""The internal PIN check beyond its contract's examples: the lock, and what nobody may learn from it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from chassis.db import ALL_ACCOUNTS, utcnow
from chassis.testing import counted_statements
from customers.domain.clients import Client, PinFailures
from customers.domain.pins import Pins
from customers.sweeps import prune

PHONE = "+525512345678"


@pytest.fixture
def ask(client):
    """`ask(pin, phone)`: one internal check."""

    def call(pin_code="1234", phone=PHONE):
        body = {"phone": phone, "pin_code": pin_code}
        return client.internal("auth", "POST", "/internal/clients/pin/", body, account_id=None)

    return call


@pytest.fixture
def pins(app):
    return app.extensions["customers"].check_pin.pins


@pytest.fixture
def lupita(database, pins):
    """Client 1 of account 1, whose PIN is 1234."""
    with database.transaction(1) as session:
        session.add(Client(uid="lupita", name="Lupita", phone=PHONE, pin_hash=pins.hash("1234")))


@pytest.fixture
def change(database):
    """`change(is_active=False)`: set columns of the client."""

    def set_columns(**values):
        with database.transaction(1) as session:
            for name, value in values.items():
                setattr(session.scalars(select(Client)).one(), name, value)

    return set_columns


def fail(ask, times, phone=PHONE):
    for _ in range(times):
        answer = ask("0000", phone)
        assert (answer.status, answer.json) == (200, {"client": None})


def test_a_right_pin_during_the_lock_is_refused_too(ask, lupita):
    fail(ask, 9)
    assert ask().json["client"]["uid"] == "lupita"
    fail(ask, 1)
    for pin in ("1234", "0000"):
        answer = ask(pin)
        assert answer.status == 429
        assert 890 < int(answer.headers["Retry-After"]) <= 900


def test_another_phone_is_unaffected(ask, lupita):
    fail(ask, 10, "+525500000000")
    assert ask(phone="+525500000000").status == 429
    assert ask().json["client"]["uid"] == "lupita"


def test_one_number_written_otherwise_is_the_same_number(ask, lupita):
    fail(ask, 5)
    fail(ask, 5, "+52 (55) 1234-5678")
    assert ask().status == 429


def test_the_lock_ends_when_the_oldest_failure_is_fifteen_minutes_old(ask, lupita, database):
    fail(ask, 10)
    with database.transaction(ALL_ACCOUNTS) as session:
        row = session.scalars(select(PinFailures)).one()
        row.times = [time - 901 if index < 1 else time for index, time in enumerate(row.times)]
    assert ask().json["client"]["uid"] == "lupita"
    fail(ask, 1)
    assert ask().status == 429


def test_a_refused_attempt_does_not_prolong_the_lock(ask, lupita, database):
    fail(ask, 10)
    for _ in range(3):
        ask()
    with database.read(ALL_ACCOUNTS) as session:
        assert len(session.scalars(select(PinFailures)).one().times) == 10


@pytest.mark.parametrize("fields", [{"is_active": False}, {"deleted_at": utcnow()}])
def test_guesses_at_who_may_not_log_in_count_alike(ask, lupita, change, fields):
    change(**fields)
    for _ in range(10):
        assert ask().json == {"client": None}
    assert ask().status == 429


@pytest.mark.parametrize(
    ("pin", "phone", "fields"),
    [
        ("1234", "+525500000000", {}),
        ("1234", "not a phone", {}),
        ("0000", PHONE, {"is_active": False}),
        ("1234", PHONE, {"is_active": False}),
        ("1234", PHONE, {"deleted_at": utcnow()}),
    ],
)
def test_nobody_costs_the_same_work_as_a_wrong_pin(app, ask, lupita, change, pins, monkeypatch, pin, phone, fields):
    """One hash of the same parameters and the same statements, whatever is wrong."""
    hashed = []
    verify = type(pins._passwords._hasher).verify
    monkeypatch.setattr(
        type(pins._passwords._hasher), "verify",
        lambda self, stored, given: hashed.append(stored.rsplit("$", 2)[0]) or verify(self, stored, given),
    )  # fmt: skip
    with counted_statements(app) as of_wrong:
        assert ask("0000").json == {"client": None}
    change(**fields)
    with counted_statements(app) as of_nobody:
        assert ask(pin, phone).json == {"client": None}
    assert of_nobody == of_wrong
    assert len(hashed) == 2
    assert hashed[0] == hashed[1]


def test_no_connection_is_held_while_hashing(app, client, ask, lupita, pins, monkeypatch):
    pool = app.extensions["mostrador"]["database"].engine.pool
    held = []
    real = {"verify": Pins.verify, "hash": Pins.hash}
    for name, method in real.items():
        monkeypatch.setattr(Pins, name, lambda *given, method=method: held.append(pool.checkedout()) or method(*given))
    assert ask().json["client"]
    body = {"data": [{"uid": "lupita", "pin_code": "1111"}, {"name": "B", "phone": "5511111111", "pin_code": "2222"}]}
    assert client.post("/api/v1/client", body).status == 200
    assert held == [0] * 4


def test_who_is_switched_off_while_the_pin_is_hashed_is_not_let_in(ask, lupita, change, monkeypatch):
    verify = Pins.verify
    monkeypatch.setattr(Pins, "verify", lambda *given: change(is_active=False) or verify(*given))
    assert ask().json == {"client": None}


def test_whose_pin_is_changed_meanwhile_neither(ask, lupita, change, pins, monkeypatch):
    verify, other = Pins.verify, pins.hash("9999")
    monkeypatch.setattr(Pins, "verify", lambda *given: change(pin_hash=other) or verify(*given))
    assert ask().json == {"client": None}


def test_old_failures_are_forgotten(ask, database, settings, lupita):
    fail(ask, 1)
    fail(ask, 1, "+525500000000")
    prune(database, settings)
    with database.transaction(ALL_ACCOUNTS) as session:
        rows = session.scalars(select(PinFailures)).all()
        assert len(rows) == 2
        rows[0].touched_at = utcnow() - timedelta(seconds=901)
    prune(database, settings)
    with database.read(ALL_ACCOUNTS) as session:
        assert len(session.scalars(select(PinFailures)).all()) == 1


def test_what_is_typed_is_not_kept(ask, database):
    fail(ask, 1, "5512345678")
    with database.read(ALL_ACCOUNTS) as session:
        assert "5512345678" not in repr(vars(session.scalars(select(PinFailures)).one()))
