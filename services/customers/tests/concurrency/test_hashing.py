"""Batches of PINs, and logins of clients meanwhile."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from chassis import hashing
from customers import client_batches
from customers.domain.pins import Pins

PATH = "/api/v1/client"


def element(number: int) -> dict[str, str]:
    return {"uid": f"c{number}", "name": "X", "phone": f"555000{number:04}", "pin_code": "1234"}


def pin_is_right(client, number: int) -> bool:
    body = {"phone": f"555000{number:04}", "pin_code": "1234"}
    return client.internal("auth", "POST", "/internal/clients/pin/", body, account_id=None).json["client"] is not None


def test_while_one_batch_hashes_others_get_503_and_pins_are_checked(client, monkeypatch):
    assert client.post(PATH, {"data": [element(1)]}).status == 200
    monkeypatch.setattr(hashing, "_TURN_SECONDS", 0.05)
    begun, over, real = Event(), Event(), Pins.hash

    def hash_slowly(self, pin):
        begun.set()
        assert over.wait(30)
        return real(self, pin)

    monkeypatch.setattr(Pins, "hash", hash_slowly)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(client.post, PATH, {"data": [element(2)]})
        assert begun.wait(30)
        refused = [client.post(PATH, {"data": [element(3 + number)]}) for number in range(3)]
        assert client.post(PATH, {"data": [{"uid": "c1", "name": "Y"}]}).status == 200  # without a PIN
        assert pin_is_right(client, 1)
        over.set()
        assert first.result().status == 200
    assert {(answer.status, answer.headers["Retry-After"]) for answer in refused} == {(503, "10")}
    assert client.get(f"{PATH}/c3").status == 404


@pytest.mark.parametrize("seconds", [-1.0])
def test_a_batch_that_cannot_be_answered_in_time_stores_nothing(client, monkeypatch, seconds):
    monkeypatch.setattr(client_batches, "ANSWER_SECONDS", seconds)
    answer = client.post(PATH, {"data": [element(1)]})
    assert (answer.status, answer.headers["Retry-After"]) == (503, "10")
    assert client.get(f"{PATH}/c1").status == 404
