"""B2B clients, many at once: one winner for a phone, guesses told no more than in a row, crossing batches all arrive."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from sqlalchemy import insert, select, text

from chassis.db import ALL_ACCOUNTS
from chassis.testing_concurrency import together, wait_for_a_lock
from customers.domain.clients import Client, PinFailures
from customers.domain.phones import keyed, phone_key

PATH = "/api/v1/client"
PIN = "/internal/clients/pin/"
THREADS = 16


def one(number, **fields):
    return {
        "uid": f"c{number}",
        "name": f"Client {number}",
        "phone": f"550000{number:04}",
        "pin_code": "1234",
        **fields,
    }


@pytest.mark.parametrize("accounts", [1, 4])
def test_one_phone_goes_to_one_client(client, published, accounts):
    def make(number):
        body = {"data": [one(number, phone="+525512345678"), one(number + 100)]}
        return client.post(PATH, body, account_id=number % accounts + 1)

    answers = together(THREADS, make)
    assert Counter(answer.status for answer in answers) == {200: 1, 400: THREADS - 1}
    refused = {answer.json["status_message"] for answer in answers if answer.status == 400}
    assert refused == {"data[0].phone: client with this phone already exists."}
    totals = [client.get(PATH, account_id=account + 1).json["metadata"]["total"] for account in range(accounts)]
    assert sum(totals) == 2
    assert len(published("ClientChanged")) == 2


def test_one_email_goes_to_one_client_of_the_account(client):
    answers = together(
        THREADS, lambda number: client.post(PATH, {"data": [one(number, email="a@x.mx")]}, account_id=number % 2 + 1)
    )
    assert Counter(answer.status for answer in answers) == {200: 2, 400: THREADS - 2}


def test_one_uid_at_once_is_one_client_with_every_change(client, published):
    answers = together(THREADS, lambda number: client.post(PATH, {"data": [one(1, pin_code=f"{number:04}")]}))
    assert {answer.status for answer in answers} == {200}
    events = published("ClientChanged")
    assert [event.version for event in events] == list(range(1, THREADS + 1))
    assert [event.data["credentials_version"] for event in events] == list(range(1, THREADS + 1))
    assert {event.data["client_id"] for event in events} == {events[0].data["client_id"]}


def test_crossing_batches_all_arrive(client):
    """Each batch takes the same phones and rows in another order, of old clients and of new ones."""
    assert client.post(PATH, {"data": [one(number) for number in range(10)]}).status == 200

    def write(number):
        elements = [one(n, pin_code=f"{number:04}", address=f"{number}") for n in range(20)]
        return client.post(PATH, {"data": elements[::-1] if number % 2 else elements})

    answers = together(8, write)
    assert Counter(answer.status for answer in answers) == {200: 8}
    rows = client.get(PATH).json["data"]
    assert len(rows) == 20
    assert len({row["address"] for row in rows}) == 1, "a batch is one"


def test_crossed_phones_of_two_accounts_are_refused_not_deadlocked(client):
    """Both insert the same phones, in opposite orders."""
    phones = [one(number)["phone"] for number in range(200)]

    def write(number):
        account_id = number % 2 + 1
        ordered = phones if account_id == 1 else phones[::-1]
        body = {"data": [one(1, uid=f"c{index:03}", phone=phone) for index, phone in enumerate(ordered)]}
        return client.post(PATH, body, account_id=account_id)

    answers = together(4, write)
    assert {answer.status for answer in answers} == {200, 400}
    held = [client.get(PATH, account_id=account_id).json["metadata"]["total"] for account_id in (1, 2)]
    assert sorted(held) == [0, 200]


@contextmanager
def patience(database):
    """Each transaction looks for a deadlock after 5 s of waiting, not 1: the one that waited first looks first, and is the
    victim, however slow the machine is.
    """

    def told(what):
        with database.transaction(ALL_ACCOUNTS) as session:
            session.execute(text(f"ALTER DATABASE {database.url.database} {what}"))
        database.engine.dispose()  # connections made from now on obey

    told("SET deadlock_timeout = '5s'")
    try:
        yield
    finally:
        told("RESET deadlock_timeout")


def phone(number):
    return {"phone": number, **keyed(number, phone_key(number, "MX"))}


def test_a_deadlock_is_tried_again(client, database):
    """A batch waits for a phone of another transaction, which then wants one that the batch has taken."""
    if database.dialect == "sqlite":
        pytest.skip("it has one writer at a time")
    body = {"data": [one(1, uid="a", phone="5511111111"), one(2, uid="b", phone="5522222222")]}
    other = {"name": "Other", "pin_hash": "", "account_id": 2}
    with patience(database), ThreadPoolExecutor(1) as pool:
        with database.transaction(2) as session:
            session.execute(insert(Client).values(uid="x", **phone("5522222222"), **other))
            answer = pool.submit(client.post, PATH, body)
            wait_for_a_lock(database)
            session.execute(insert(Client).values(uid="y", **phone("5511111111"), **other))
        taken = "client with this phone already exists."
        assert answer.result().json["status_message"] == f"data[0].phone: {taken}; data[1].phone: {taken}"


def test_guesses_at_once_are_told_no_more_than_in_a_row(client, database):
    assert client.post(PATH, {"data": [one(1)]}).status == 200

    def guess(pin_code="0000"):
        return client.internal("auth", "POST", PIN, {"phone": one(1)["phone"], "pin_code": pin_code}, account_id=None)

    answers = together(40, lambda _: guess())
    assert Counter(answer.status for answer in answers) == {200: 10, 429: 30}
    assert guess("1234").status == 429
    with database.read(ALL_ACCOUNTS) as session:
        assert len(session.scalars(select(PinFailures)).one().times) == 10, "what was refused does not prolong the lock"
    assert client.internal(
        "auth", "POST", PIN, {"phone": one(2)["phone"], "pin_code": "0000"}, account_id=None
    ).json == {"client": None}  # fmt: skip


def test_a_right_guess_among_many_is_told_only_within_the_ten(client):
    """Nine wrong and the right one are as many outcomes as may be told; after that the right one is refused as well."""
    assert client.post(PATH, {"data": [one(1)]}).status == 200

    def guess(number):
        pin_code = f"{1210 + number}"
        return client.internal("auth", "POST", PIN, {"phone": one(1)["phone"], "pin_code": pin_code}, account_id=None)

    answers = together(40, guess)  # 1234 is the twenty-fifth
    told = [answer for answer in answers if answer.status == 200]
    assert len([answer for answer in told if answer.json["client"] is None]) == 10
    assert len(told) <= 11
