"""Internal calls: the right token, the user's 503 in time, a circuit that spares threads."""

import time

import pytest

from chassis.http import InternalClient
from chassis.problems import Unavailable


@pytest.fixture
def catalog(play):
    played = play("catalog")
    played.reset()
    return played


@pytest.fixture
def calling(settings, catalog):
    """A client as the sales service has it."""

    class Sales:
        service = "sales"
        web_threads = 4
        secret_for = staticmethod(settings.secret_for)

    return InternalClient(Sales(), "catalog", catalog.url, timeout=0.3)


def test_an_answer_below_500_is_the_callers_to_read(calling, catalog):
    catalog.on("POST", "/internal/x", 409, {"detail": "taken"})
    answer = calling.call("POST", "/internal/x", account_id=7, body={"a": 1})
    assert (answer.status, answer.data) == (409, {"detail": "taken"})
    method, path, body, identity = catalog.calls[0]
    assert (method, path, body, identity.caller, identity.account_id) == ("POST", "/internal/x", {"a": 1}, "sales", 7)


def test_a_dead_callee_is_unavailable_and_the_circuit_opens(calling, catalog):
    catalog.down = True
    for _ in range(InternalClient.FAILURES_TO_OPEN):
        with pytest.raises(Unavailable):
            calling.call("GET", "/internal/x", account_id=1)
    catalog.down = False
    catalog.on("GET", "/internal/x", 200, {})
    with pytest.raises(Unavailable) as caught:
        calling.call("GET", "/internal/x", account_id=1)
    assert caught.value.headers["Retry-After"]
    assert catalog.calls == [], "an open circuit does not even try"


def test_a_closed_circuit_comes_back_by_one_try(calling, catalog, monkeypatch):
    monkeypatch.setattr(InternalClient, "OPEN_SECONDS", 0.0)
    catalog.down = True
    for _ in range(InternalClient.FAILURES_TO_OPEN):
        with pytest.raises(Unavailable):
            calling.call("GET", "/internal/x", account_id=1)
    catalog.down = False
    catalog.on("GET", "/internal/x", 200, {"up": True})
    assert calling.call("GET", "/internal/x", account_id=1).data == {"up": True}


def test_a_slow_callee_is_given_up(calling, catalog):
    catalog.on("GET", "/internal/slow", lambda _body: (time.sleep(1), (200, {}))[1])
    started = time.monotonic()
    with pytest.raises(Unavailable):
        calling.call("GET", "/internal/slow", account_id=1)
    assert time.monotonic() - started < 0.9


def test_a_5xx_is_unavailable(calling, catalog):
    catalog.on("GET", "/internal/x", 500, {"detail": "A server error occurred."})
    with pytest.raises(Unavailable):
        calling.call("GET", "/internal/x", account_id=1)
