"""`/api/sessions/`: 001 §7–8."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import update

from auth.domain.models import LoginSession
from chassis.db import ALL_ACCOUNTS, utcnow

SESSIONS = "/api/sessions/"
CLOSED = (200, {"status": "Sesión cerrada correctamente"})
REVOKED = {"detail": "Token has been revoked. Please login again.", "code": "token_revoked"}
NOT_FOUND = (404, {"detail": "Not found."})


def change(database, session_id, **values):
    with database.transaction(ALL_ACCOUNTS) as session:
        session.execute(update(LoginSession).where(LoginSession.id == session_id).values(**values))


def test_the_list_is_as_001_prints_it(door, client, database):
    for _ in range(10):
        door.login(ip="192.168.1.50")
    change(
        database, 10, created_at=datetime(2023, 10, 27, 10, tzinfo=UTC),
        expires_at=datetime(2123, 11, 3, 10, tzinfo=UTC), user_agent="Mozilla/5.0 (Windows NT 10.0; Win64; x64)...",
    )  # fmt: skip
    answer = client.get(SESSIONS)
    assert (answer.status, answer.headers["X-Total-Count"]) == (200, "10")
    assert answer.json[0] == {
        "id": 10,
        "user_agent": "Mozilla/5.0 (Windows NT 10.0; Win64; x64)...",
        "ip_address": "192.168.1.50",
        "created_at": "2023-10-27T10:00:00Z",
        "expires_at": "2123-11-03T10:00:00Z",
        "is_revoked": False,
    }
    assert [row["id"] for row in answer.json] == list(range(10, 0, -1))
    page = client.get(f"{SESSIONS}?page=1&page_size=3")
    assert ([row["id"] for row in page.json], page.headers["X-Total-Count"]) == ([10, 9, 8], "10")


def test_active_sessions_of_every_login_and_no_others(door, client, database):
    door.login()
    door.device()
    door.login()
    door.login()
    change(database, 3, revoked_at=utcnow())
    change(database, 4, expires_at=utcnow() - timedelta(seconds=1))
    assert [row["id"] for row in client.get(SESSIONS).json] == [2, 1]


@pytest.mark.parametrize("role", ["ADMIN", "OWNER", "EMPLOYEE"])
def test_every_role_closes_its_own(door, client, gateway, published, role):
    pair = door.login().json
    answer = client.post(f"{SESSIONS}1/revoke/", role=role)
    assert (answer.status, answer.json) == CLOSED
    assert door.refresh(pair["refresh"]).json == REVOKED
    assert len(gateway.calls) == 1
    (event,) = published("SessionRevoked")
    assert event.data["reason"] == "revoked"
    again = client.post(f"{SESSIONS}1/revoke/", role=role)
    assert (again.status, again.json) == CLOSED
    assert len(published("SessionRevoked")) == 1


def test_strangers_sessions_are_not_found_and_go_on(door, client, employee, company, published):
    company("dos")
    for pair in (door.login("employee_01", "password123").json, door.login("owner_dos").json):
        answer = client.post(f"{SESSIONS}{pair['session_id']}/revoke/")
        assert (answer.status, answer.json) == NOT_FOUND
        assert door.refresh(pair["refresh"]).status == 200
    assert client.get(SESSIONS).json == []
    assert published("SessionRevoked") == []
    assert client.post(f"{SESSIONS}1/revoke/", role="CLIENT", user_id=employee["id"]).status == 403


def test_a_repeated_key_gets_the_first_answer(door, client, published):
    door.login()
    keyed = {"headers": {"Idempotency-Key": "k1"}}
    first, second = (client.post(f"{SESSIONS}1/revoke/", **keyed) for _ in range(2))
    assert (first.status, first.data, second.headers["Idempotent-Replayed"]) == (200, second.data, "true")
    assert len(published("SessionRevoked")) == 1
