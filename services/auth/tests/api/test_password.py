"""`POST /api/users/me/password/`: one's own password."""

import pytest
from sqlalchemy import select

from auth.domain.models import LoginSession, User
from chassis.db import ALL_ACCOUNTS

URL = "/api/users/me/password/"
CHANGE = {"current_password": "password123", "new_password": "new_password"}
WRONG = {"current_password": ["The current password is not correct."]}


@pytest.fixture
def logged_in(employee, door):
    """Three logins of the employee."""
    return [door.login("employee_01", "password123").json for _ in range(3)]


@pytest.fixture
def kept(database):
    """The password's hash and the live sessions of user 2."""

    def state():
        with database.read(ALL_ACCOUNTS) as session:
            stored = session.execute(select(User.password_hash).where(User.id == 2)).scalar()
            live = select(LoginSession.id).where(LoginSession.user_id == 2, LoginSession.revoked_at.is_(None))
            return stored, list(session.scalars(live.order_by(LoginSession.id)))

    return state


def test_the_other_sessions_end_and_this_one_goes_on(client, door, logged_in, kept, gateway, published):
    this, *others = logged_in
    answer = client.post(URL, CHANGE, token=this["access"])
    assert (answer.status, answer.json) == (200, {"message": "Contraseña actualizada exitosamente"})
    assert kept()[1] == [this["session_id"]]
    assert len({item["sid"] for call in gateway.calls for item in call[2]["revocations"]}) == 2
    assert {event.data["reason"] for event in published("SessionRevoked")} == {"password_changed"}
    assert door.refresh(this["refresh"]).status == 200
    assert [door.refresh(login["refresh"]).status for login in others] == [401, 401]
    assert [door.login("employee_01", password).status for password in ("password123", "new_password")] == [401, 200]
    entries = [(entry["action"], entry["subject"]["name"]) for entry in client.get("/api/auth/audit/").json]
    assert ("password_changed", "employee_01") in entries
    assert b"argon2" not in client.get("/api/auth/audit/").data


def test_a_wrong_one_changes_nothing(client, logged_in, kept):
    before = kept()
    answer = client.post(URL, {**CHANGE, "current_password": "password124"}, token=logged_in[0]["access"])
    assert (answer.status, answer.json) == (400, WRONG)
    assert kept() == before
    (entry, *_) = client.get("/api/auth/audit/").json
    assert (entry["action"], entry["details"]["reason"]) == ("login_failed", "wrong_password")


def test_wrong_ones_count_as_failed_logins(client, door, logged_in, kept):
    before, token = kept(), logged_in[0]["access"]
    wrong = {**CHANGE, "current_password": "password124"}
    statuses = [client.post(URL, wrong, token=token).status for _ in range(11)]
    assert statuses == [400] * 10 + [429]
    late = client.post(URL, CHANGE, token=token)
    assert (late.status, "Retry-After" in late.headers) == (429, True)
    assert door.login("employee@enterprise.com", "password123").status == 429
    assert kept() == before


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, {name: ["This field is required."] for name in CHANGE}),
        ({**CHANGE, "new_password": "1234567"}, {"new_password": ["Ensure this field has at least 8 characters."]}),
        (
            {**CHANGE, "new_password": "x" * 129},
            {"new_password": ["Ensure this field has no more than 128 characters."]},
        ),
        ({**CHANGE, "current_password": ""}, {"current_password": ["This field may not be blank."]}),
    ],
)
def test_bad_bodies_are_told_and_are_no_failures(client, logged_in, kept, body, message):
    before = kept()
    for _ in range(11):
        answer = client.post(URL, body, token=logged_in[0]["access"])
        assert (answer.status, answer.json) == (400, message)
    assert kept() == before


def test_a_key_does_not_keep_the_answer(client, logged_in):
    key = {"Idempotency-Key": "k"}
    first, second = (client.post(URL, CHANGE, token=logged_in[0]["access"], headers=key) for _ in range(2))
    assert (first.status, second.status, second.json) == (200, 400, WRONG)


def test_one_who_is_gone_has_no_password(client, employee):
    client.delete("/api/users/2/")
    answer = client.post(URL, CHANGE, role="EMPLOYEE", user_id=2)
    assert (answer.status, answer.json["code"]) == (401, "token_revoked")
