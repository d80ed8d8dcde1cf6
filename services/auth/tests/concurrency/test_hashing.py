"""Many hashes at once, and logins meanwhile."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from sqlalchemy import func, select

from auth import user_batches
from auth.domain.models import User
from chassis import hashing
from chassis.db import ALL_ACCOUNTS

PATH = "/api/v1/user"


def person(name: str) -> dict[str, str]:
    return {
        "uid": name, "username": name, "email": f"{name}@x.com", "password": "password456", "first_name": "M",
        "last_name": "K",
    }  # fmt: skip


@pytest.fixture
def count(database):
    def users():
        with database.read(ALL_ACCOUNTS) as session:
            return session.scalar(select(func.count(User.id)))

    return users


@pytest.fixture
def slow(app, monkeypatch):
    """Hashing for batches and single users takes until `over` is set; logins are as ever."""
    monkeypatch.setattr(hashing, "_TURN_SECONDS", 0.05)
    begun, over = Event(), Event()
    passwords = app.extensions["auth"].passwords
    real = type(passwords).hash

    def hash_slowly(self, password):
        begun.set()
        assert over.wait(30)
        return real(self, password)

    monkeypatch.setattr(type(passwords), "hash", hash_slowly)
    yield begun, over
    over.set()


def test_while_one_batch_hashes_others_get_503_and_logins_are_answered(client, door, slow, count):
    begun, over = slow
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(client.post, PATH, {"data": [person("a"), person("b")]})
        assert begun.wait(30)
        refused = [client.post(PATH, {"data": [person(f"c{number}")]}) for number in range(7)]
        assert door.login().status == 200
        assert count() == 1
        over.set()
        assert first.result().status == 200
    assert {answer.status for answer in refused} == {503}
    assert all(int(answer.headers["Retry-After"]) > 0 for answer in refused)
    assert count() == 3


@pytest.mark.parametrize("what", ["user", "registration", "password"])
def test_single_hashes_in_parallel_leave_room_for_logins(client, door, slow, count, employee_body, what):
    begun, over = slow

    def one(number: int):
        if what == "user":
            return client.post("/api/users/", {**employee_body, "username": f"u{number}", "email": f"u{number}@x.com"})
        if what == "registration":
            body = {"email": f"o{number}@x.com", "password": "password123", "full_name": "A B", "company_name": "C"}
            return client.post("/api/auth/register/", body, role=None)
        body = {"current_password": "secure_password", "new_password": "password456"}
        return client.post("/api/users/me/password/", body)

    with ThreadPoolExecutor(8) as pool:
        first = pool.submit(one, 0)
        assert begun.wait(30)
        refused = list(pool.map(one, range(1, 8)))
        assert door.login().status == 200
        over.set()
        assert first.result().status in (200, 201)
    assert {(answer.status, answer.headers["Retry-After"]) for answer in refused} == {(503, "1")}


def test_a_batch_that_cannot_be_answered_in_time_stores_nothing(client, count, monkeypatch):
    monkeypatch.setattr(user_batches, "ANSWER_SECONDS", -1.0)
    answer = client.post(PATH, {"data": [person("a")]})
    assert (answer.status, answer.headers["Retry-After"]) == (503, "10")
    assert count() == 1
