"""`POST /api/auth/logout/`: the session is over everywhere before the answer is out."""

import time

import jwt
import pytest
from sqlalchemy import func, select

from auth.domain.models import PendingRevocation
from auth.sweeps import deliver_revocations
from chassis.db import ALL_ACCOUNTS

DONE = {"message": "Sesión cerrada exitosamente"}
REVOKED = {"detail": "Token has been revoked. Please login again.", "code": "token_revoked"}


def sid_of(pair):
    return jwt.decode(pair["access"], options={"verify_signature": False})["sid"]


def pending(database):
    with database.read(ALL_ACCOUNTS) as session:
        return session.execute(select(func.count(PendingRevocation.sid))).scalar()


def test_the_gateway_knows_before_the_client_is_answered(door, gateway, database):
    pair = door.login().json
    answer = door.logout(pair["access"], pair["refresh"])
    assert (answer.status, answer.json) == (200, DONE)
    ((method, path, body, caller),) = gateway.calls
    assert (method, path, caller.caller) == ("POST", "/revocations", "auth")
    (told,) = body["revocations"]
    assert told["sid"] == sid_of(pair)
    assert told["exp"] >= jwt.decode(pair["access"], options={"verify_signature": False})["exp"]
    assert pending(database) == 0


def test_the_refresh_token_is_dead(door):
    pair = door.login().json
    door.logout(pair["access"], pair["refresh"])
    assert (door.refresh(pair["refresh"]).status, door.refresh(pair["refresh"]).json) == (401, REVOKED)


def test_the_fact_is_told(door, published):
    pair = door.login().json
    door.logout(pair["access"])
    (event,) = published("SessionRevoked")
    assert (event.subject, event.version, event.account_id) == (sid_of(pair), 1, 1)
    assert event.data["reason"] == "logout"


@pytest.mark.parametrize("refresh", [None, "", "garbage"])
def test_the_access_token_alone_names_the_session(door, refresh):
    pair = door.login().json
    assert door.logout(pair["access"], refresh).json == DONE
    assert door.refresh(pair["refresh"]).json == REVOKED


def test_a_refresh_token_of_ones_own_other_session_ends_that_too(door):
    one, other, third = (door.login().json for _ in range(3))
    door.logout(one["access"], other["refresh"])
    assert [door.refresh(pair["refresh"]).status for pair in (one, other, third)] == [401, 401, 200]


def test_somebody_elses_refresh_token_ends_nothing_of_theirs(door, employee):
    theirs = door.login().json
    mine = door.login("employee_01", "password123").json
    assert door.logout(mine["access"], theirs["refresh"]).json == DONE
    assert door.refresh(theirs["refresh"]).status == 200


def test_a_second_logout_tells_nobody_again(door, gateway, published):
    pair = door.login().json
    door.logout(pair["access"])
    assert door.logout(pair["access"]).json == DONE
    assert len(gateway.calls) == 1
    assert len(published("SessionRevoked")) == 1


def test_a_gateway_that_is_away_is_told_later(door, gateway, database, settings):
    gateway.down = True
    pair = door.login().json
    started = time.monotonic()
    assert door.logout(pair["access"]).json == DONE
    assert time.monotonic() - started < 1.5
    assert pending(database) == 1
    gateway.down = False
    deliver_revocations(database, settings)
    assert [item["sid"] for item in gateway.calls[-1][2]["revocations"]] == [sid_of(pair)]
    assert pending(database) == 0
    before = len(gateway.calls)
    deliver_revocations(database, settings)
    assert len(gateway.calls) == before


def test_a_gateway_that_refuses_is_told_again(door, gateway, database):
    gateway.on("POST", "/revocations", 422, {"detail": "no"})
    assert door.logout(door.login().json["access"]).json == DONE
    assert pending(database) == 1


def test_a_logout_without_a_token_is_401(client):
    answer = client.post("/api/auth/logout/", {}, role=None)
    assert (answer.status, answer.json) == (401, {"detail": "Authentication credentials were not provided."})


def test_the_gateway_can_ask_for_all_revocations(door, client, company):
    assert client.internal("gateway", "GET", "/internal/revocations/", account_id=None).json == {"revocations": []}
    company("dos")
    pairs = [door.login().json, door.login("owner@dos.com").json]
    door.login()
    for pair in pairs:
        door.logout(pair["access"])
    known = client.internal("gateway", "GET", "/internal/revocations/", account_id=None).json["revocations"]
    assert {item["sid"] for item in known} == {sid_of(pair) for pair in pairs}
    assert all(3600 <= item["exp"] - time.time() <= 3700 for item in known)


def test_revocations_are_the_gateways_only(client):
    assert client.get("/internal/revocations/").status == 404
    assert client.get("/internal/revocations/", role=None).status == 404


@pytest.mark.usefixtures("revocations_read")
def test_auth_itself_refuses_a_dead_token_from_the_answer_on(door, client):
    pair = door.login().json
    assert client.get("/api/users/me/", token=pair["access"]).status == 200
    door.logout(pair["access"])
    answer = client.get("/api/users/me/", token=pair["access"])
    assert (answer.status, answer.json) == (401, REVOKED)
