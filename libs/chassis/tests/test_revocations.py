"""Revoked sessions on a service's own port, and whose word counts for a caller's address."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask, request
from sqlalchemy import select

from chassis import revocations
from chassis.db import ALL_ACCOUNTS, Database, utcnow
from chassis.forwarding import HEADER, Forwarded, credential
from chassis.revocations import RevokedSession, RevokedSessions, note_revoked, prune
from chassis.testing import counted_statements
from chassis.testing_client import ApiClient
from chassis.uids import new_uid

REVOKED = {"detail": "Token has been revoked. Please login again.", "code": "token_revoked"}


def revoke(database: Database, *sids: str, seconds: float = 60) -> None:
    with database.transaction(ALL_ACCOUNTS) as session:
        note_revoked(session, {sid: utcnow() + timedelta(seconds=seconds) for sid in sids})


def known(database: Database) -> set[str]:
    with database.read(ALL_ACCOUNTS) as session:
        return set(session.scalars(select(RevokedSession.sid)))


@pytest.mark.usefixtures("revocations_read")
@pytest.mark.parametrize("role", ["EMPLOYEE", "CLIENT"])
def test_a_service_refuses_a_token_from_the_event_of_its_revocation_on(
    client: ApiClient, deliver: Callable[..., Any], token_for: Callable[..., str], role: str
) -> None:
    dead, alive = new_uid(), new_uid()
    tokens = {sid: token_for(role, sid=sid) for sid in (dead, alive)}
    expected = 200 if role == "EMPLOYEE" else 403
    assert client.get("/api/widgets/", token=tokens[dead]).status == expected
    event = {"sid": dead, "expires_at": (utcnow() + timedelta(hours=1)).isoformat()}
    deliver("SessionRevoked", event)
    deliver("SessionRevoked", event)  # told again by a republish
    answer = client.get("/api/widgets/", token=tokens[dead])
    assert (answer.status, answer.json) == (401, REVOKED)
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert client.get("/api/widgets/", token=tokens[alive]).status == expected


def test_a_process_reads_revocations_by_the_clock_and_not_by_the_request(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [1000.0]
    monkeypatch.setattr(revocations, "REFRESH_SECONDS", 0.25)
    monkeypatch.setattr(revocations.time, "monotonic", lambda: clock[0])
    sessions = RevokedSessions(database)
    first, second, old = new_uid(), new_uid(), new_uid()
    revoke(database, first)
    with counted_statements(database) as statements:
        assert sessions.is_revoked(first)
        assert not sessions.is_revoked(second)
    assert len(statements) == 1
    revoke(database, second)
    assert not sessions.is_revoked(second)  # within the quarter of a second
    clock[0] += 0.3
    assert sessions.is_revoked(second)
    assert sessions.is_revoked(first)
    with database.transaction(ALL_ACCOUNTS) as session:  # committed long after it was noted
        session.add(RevokedSession(sid=old, noted_at=utcnow() - timedelta(hours=1), expires_at=utcnow() + timedelta(1)))
    clock[0] += 0.3
    assert not sessions.is_revoked(old)
    clock[0] += 60
    assert sessions.is_revoked(old)


def test_while_one_request_reads_others_go_on_for_half_a_second(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [1000.0]
    monkeypatch.setattr(revocations, "REFRESH_SECONDS", 0.25)
    monkeypatch.setattr(revocations.time, "monotonic", lambda: clock[0])
    sessions = RevokedSessions(database)
    assert not sessions.is_revoked("a")
    waited: list[bool] = []

    class Held:
        """A lock that another request holds."""

        def acquire(self, *, blocking: bool) -> bool:
            waited.append(blocking)
            return False

    monkeypatch.setattr(sessions, "_reading", Held())
    for seconds in (0.1, 0.2, 0.3):
        clock[0] = 1000 + seconds
        sessions.is_revoked("a")
    clock[0] = 1000.6
    sessions.is_revoked("a")
    assert waited == [False, True]


def test_a_revocation_is_kept_until_the_last_token_has_expired(database: Database) -> None:
    over, live = new_uid(), new_uid()
    revoke(database, over, seconds=-1)
    revoke(database, live)
    assert prune(database) == 1
    assert known(database) == {live}


@pytest.fixture
def addresses(settings: Any) -> Callable[..., tuple[str, str]]:
    """What an app takes for the caller's address and scheme, told so by a peer that sends these headers."""
    app = Flask("told")
    app.add_url_rule("/", view_func=lambda: [request.remote_addr, request.scheme])
    app.wsgi_app = Forwarded(app.wsgi_app, settings)  # type: ignore[method-assign]

    def told(**headers: str) -> tuple[str, str]:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return tuple(app.test_client().get("/", headers=sent, environ_base={"REMOTE_ADDR": "10.9.9.9"}).json)

    return told


def test_forwarded_addresses_count_with_the_gateways_credential_only(
    addresses: Callable[..., tuple[str, str]], settings: Any
) -> None:
    told = {"X_Forwarded_For": "203.0.113.9", "X_Forwarded_Proto": "https", "X_Forwarded_Host": "rival.example"}
    name = HEADER.replace("-", "_")
    own = credential(settings)
    assert own
    assert own not in ",".join(settings.service_keys)
    assert addresses(**told, **{name: own}) == ("203.0.113.9", "https")
    for wrong in ({}, {name: ""}, {name: own[:-1]}, {name: "é"}):
        assert addresses(**told, **wrong) == ("10.9.9.9", "http")


def test_a_service_that_shares_no_secret_with_the_gateway_believes_nobody(settings: Any) -> None:
    class Alone:
        service = settings.service

        def secret_for(self, caller: str, callee: str) -> str:
            return str(settings.secret_for("nobody", callee))

    assert credential(Alone()) is None  # type: ignore[arg-type]
    app = Forwarded(lambda environ, _start: [environ["REMOTE_ADDR"].encode()], Alone())  # type: ignore[arg-type]
    told = {"REMOTE_ADDR": "10.9.9.9", "HTTP_X_FORWARDED_FOR": "203.0.113.9", "HTTP_X_GATEWAY_CREDENTIAL": ""}
    assert list(app(told, None)) == [b"10.9.9.9"]
