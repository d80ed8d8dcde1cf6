"""`/api/v1/auth/sessions/`: 002's list, detail, revoke and revoke_all."""

from datetime import UTC, datetime, timedelta

import jwt
import pytest
from sqlalchemy import insert, update

from auth.domain.models import LoginSession
from chassis.db import ALL_ACCOUNTS, utcnow

SESSIONS = "/api/v1/auth/sessions/"
REVOKED = {"detail": "Token has been revoked. Please login again.", "code": "token_revoked"}
NOT_FOUND = (404, {"detail": "Not found."})
EMPLOYEE = {"username": "employee_01", "password": "password123"}


def change(database, session_id, **values):
    with database.transaction(ALL_ACCOUNTS) as session:
        session.execute(update(LoginSession).where(LoginSession.id == session_id).values(**values))


def sid_of(pair):
    return jwt.decode(pair["access"], options={"verify_signature": False})["sid"]


def test_the_list_is_as_002_prints_it(door, client, database):
    door.device(device_name="Device Name", ip="127.0.0.1")
    change(
        database, 1, created_at=datetime(2024, 1, 1, tzinfo=UTC), last_activity=datetime(2024, 1, 1, 1, tzinfo=UTC),
        expires_at=datetime(2124, 1, 8, tzinfo=UTC),
    )  # fmt: skip
    answer = client.get(SESSIONS)
    assert (answer.status, answer.headers["X-Total-Count"]) == (200, "1")
    assert answer.json == [
        {
            "id": 1,
            "client_type": "telegram_bot",
            "device_name": "Device Name",
            "created_at": "2024-01-01T00:00:00Z",
            "last_activity": "2024-01-01T01:00:00Z",
            "expires_at": "2124-01-08T00:00:00Z",
            "ip_address": "127.0.0.1",
            "is_active": True,
        }
    ]
    assert client.get(f"{SESSIONS}1/").json == answer.json[0]


def test_active_ones_only_newest_first(door, client, database):
    for client_type in ("telegram_bot", "website", "mobile"):
        door.device(client_type)
    door.login()
    change(database, 2, revoked_at=utcnow())
    change(database, 3, expires_at=utcnow() - timedelta(seconds=1))
    assert [row["id"] for row in client.get(SESSIONS).json] == [4, 1]
    assert [client.get(f"{SESSIONS}{number}/").json["is_active"] for number in (1, 2, 3, 4)] == [
        True, False, False, True,
    ]  # fmt: skip


def test_filters_search_order_and_pages(door, client):
    door.device(device_name="Bot de Lupita", ip="10.0.0.1")
    door.device("mobile", device_name="Teléfono 100%", ip="10.0.0.2")
    door.login(ip="10.0.0.3")

    def found(query):
        return [row["id"] for row in client.get(f"{SESSIONS}?{query}").json]

    assert found("client_type=mobile") == [2]
    assert found("search=lupita") == found("search=10.0.0.1") == [1]
    assert found("search=100%25") == [2]
    assert found("search=%25") == [2]
    assert found("search=chatbot/1.0") == [3, 2, 1]
    assert found("ordering=created_at") == [1, 2, 3]
    page = client.get(f"{SESSIONS}?page=2&page_size=1")
    assert ([row["id"] for row in page.json], page.headers["X-Total-Count"]) == ([2], "3")
    assert 'rel="next"' in page.headers["Link"]
    assert client.get(f"{SESSIONS}?page=9").json == []
    assert client.get(f"{SESSIONS}?client_type=fax").json == {"client_type": ['"fax" is not a valid choice.']}
    assert client.get(f"{SESSIONS}?ordering=ip_address").status == 400


def test_a_session_can_be_asked_for_conditionally(door, client):
    door.device()
    tag = client.get(f"{SESSIONS}1/").headers["ETag"]
    assert client.get(f"{SESSIONS}1/", headers={"If-None-Match": tag}).status == 304


def test_revoke_answers_as_002_prints_it(door, client, gateway, published):
    mine, other = door.device().json, door.device("mobile").json
    answer = client.post(f"{SESSIONS}1/revoke/", token=other["access"])
    assert (answer.status, answer.json) == (200, {"message": "Session revoked successfully", "session_id": 1})
    assert [item["sid"] for item in gateway.calls[0][2]["revocations"]] == [sid_of(mine)]
    assert door.refresh(mine["refresh"]).json == REVOKED
    assert door.refresh(other["refresh"]).status == 200
    (event,) = published("SessionRevoked")
    assert (event.subject, event.data["reason"]) == (sid_of(mine), "revoked")
    assert client.post(f"{SESSIONS}1/revoke/", token=other["access"]).json == answer.json, "ending it again is no error"
    assert len(published("SessionRevoked")) == 1
    assert len(gateway.calls) == 1


def test_strangers_sessions_are_not_found_and_go_on(door, client, employee, company, published):
    company("dos")
    colleague = door.device(**EMPLOYEE).json
    stranger = door.device(username="owner_dos").json
    for pair in (colleague, stranger):
        path = f"{SESSIONS}{pair['session_id']}/"
        read, ended = client.get(path), client.post(f"{path}revoke/")
        assert (read.status, read.json) == (ended.status, ended.json) == NOT_FOUND
        assert door.refresh(pair["refresh"]).status == 200
    assert client.get(SESSIONS).json == []
    assert client.post(f"{SESSIONS}revoke_all/", {}).json["revoked_count"] == 0
    assert (client.get(f"{SESSIONS}999/").status, client.post(f"{SESSIONS}999/revoke/").status) == (404, 404)
    assert published("SessionRevoked") == []


def test_a_client_with_the_same_number_has_no_part_in_them(door, client):
    door.device()
    for method, path in (("GET", ""), ("GET", "1/"), ("POST", "1/revoke/"), ("POST", "revoke_all/")):
        assert client.call(method, SESSIONS + path, {}, role="CLIENT", user_id=1).status == 403
    assert len(client.get(SESSIONS).json) == 1


@pytest.mark.parametrize("body", [None, {}, {"keep_current": False}])
def test_revoke_all_ends_this_one_too(door, client, gateway, published, body):
    pairs = [door.device(kind).json for kind in ("telegram_bot", "website", "mobile")]
    answer = client.post(f"{SESSIONS}revoke_all/", body, token=pairs[0]["access"])
    assert (answer.status, answer.json) == (
        200,
        {"message": "3 session(s) revoked successfully", "revoked_count": 3},
    )
    assert [door.refresh(pair["refresh"]).json for pair in pairs] == [REVOKED] * 3
    assert {item["sid"] for item in gateway.calls[0][2]["revocations"]} == {sid_of(pair) for pair in pairs}
    assert {event.data["reason"] for event in published("SessionRevoked")} == {"revoked_all"}


def test_revoke_all_may_keep_the_current_one(door, client):
    pairs = [door.device().json, door.login().json, door.login().json]
    answer = client.post(f"{SESSIONS}revoke_all/", {"keep_current": True}, token=pairs[1]["access"])
    assert answer.json == {"message": "2 session(s) revoked successfully", "revoked_count": 2}
    assert [door.refresh(pair["refresh"]).status for pair in pairs] == [401, 200, 401]


def test_nonsense_for_keep_current_ends_nothing(door, client):
    pair = door.device().json
    answer = client.post(f"{SESSIONS}revoke_all/", {"keep_current": "perhaps"}, token=pair["access"])
    assert (answer.status, answer.json) == (400, {"keep_current": ["Must be a valid boolean."]})
    assert door.refresh(pair["refresh"]).status == 200


@pytest.mark.parametrize("path", ["1/revoke/", "revoke_all/"])
def test_a_repeated_key_gets_the_first_answer(door, client, published, path):
    pair = door.device().json
    keyed = {"token": pair["access"], "headers": {"Idempotency-Key": "k1"}}
    first, second = (client.post(SESSIONS + path, {}, **keyed) for _ in range(2))
    assert (first.status, first.data, second.headers["Idempotent-Replayed"]) == (200, second.data, "true")
    assert len(published("SessionRevoked")) == 1


def test_thousands_of_sessions_end_at_once(door, client, database, published, gateway):
    door.device()
    now = utcnow()
    rows = [
        {
            "account_id": 1, "user_id": 1, "uid": f"sid-{number}", "refresh_hash": f"hash-{number}", "access_seconds": 60,
            "created_at": now, "last_activity": now, "expires_at": now + timedelta(days=1),
        }
        for number in range(7000)
    ]  # fmt: skip
    with database.transaction(ALL_ACCOUNTS) as session:
        session.execute(insert(LoginSession), rows)
    answer = client.post("/api/v1/auth/sessions/revoke_all/", {})
    assert (answer.status, answer.json["revoked_count"]) == (200, 7001)
    assert len(published("SessionRevoked")) == 7001
    told = [[item["sid"] for item in call[2]["revocations"]] for call in gateway.calls]
    assert max(map(len, told)) == 100, "it writes a file for each, and its other requests wait"
    assert sum(map(len, told)) == len({sid for sids in told for sid in sids}) == 7001, (
        "it knows of each before the answer"
    )
