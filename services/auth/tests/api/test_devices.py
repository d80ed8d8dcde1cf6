"""`/api/v1/auth/token/`, `logout/`, `users/`: 002, with one active session of each client type."""

from datetime import timedelta

import jwt
import pytest
from sqlalchemy import func, select, update

from auth.domain.models import LoginFailures, LoginSession, SpentRefreshToken
from chassis.db import ALL_ACCOUNTS, utcnow

NO_ACCOUNT = {"detail": "No active account found with the given credentials"}
REVOKED = {"detail": "Token has been revoked. Please login again.", "code": "token_revoked"}
FORBIDDEN = {"detail": "You do not have permission to perform this action."}
EMPLOYEE = {"username": "employee_01", "password": "password123"}


def already(where):
    return {"detail": f"You are already logged in on {where}. Please logout first..."}


def sid_of(pair):
    return jwt.decode(pair["access"], options={"verify_signature": False})["sid"]


def stored(database, *columns):
    with database.read(ALL_ACCOUNTS) as session:
        return session.execute(select(*columns).order_by(LoginSession.id)).all()


def run_out(database):
    with database.transaction(ALL_ACCOUNTS) as session:
        session.execute(update(LoginSession).values(expires_at=utcnow() - timedelta(seconds=1)))


def test_a_login_answers_as_002_prints_it(door, client):
    answer = door.device(device_name="Bot de Lupita", telegram_user_id=123456, telegram_username="lupita")
    assert (answer.status, list(answer.json)) == (200, ["refresh", "access", "user", "session_id"])
    assert answer.json["session_id"] == 1
    assert answer.json["user"] == client.get("/api/v1/auth/users/me/", token=answer.json["access"]).json
    claims = jwt.decode(answer.json["access"], options={"verify_signature": False})
    assert (claims["client_type"], claims["exp"] - claims["iat"]) == ("telegram_bot", 3600)


def test_the_device_is_kept(door, database):
    door.device(device_name="Bot", telegram_user_id=5_123_456_789, telegram_username="lupita", ip="203.0.113.9")
    (row,) = stored(
        database, LoginSession.client_type, LoginSession.device_name, LoginSession.telegram_user_id,
        LoginSession.telegram_username, LoginSession.user_agent, LoginSession.ip_address,
    )  # fmt: skip
    assert row == ("telegram_bot", "Bot", 5_123_456_789, "lupita", "Chatbot/1.0", "203.0.113.9")


def test_what_is_absent_or_null_is_unknown(door, database):
    assert door.device(None).status == 200
    nothing = {"device_name": None, "telegram_user_id": None, "telegram_username": ""}
    body = {"username": "admin_user", "password": "secure_password", "client_type": "mobile", **nothing}
    assert door.client.post("/api/v1/auth/token/", body, role=None).status == 200
    columns = (LoginSession.client_type, LoginSession.device_name, LoginSession.telegram_user_id)
    assert stored(database, *columns) == [("unknown", "", None), ("mobile", "", None)]


def test_the_username_may_be_an_email(door):
    assert door.device(username="Admin@Enterprise.com").status == 200


def test_bad_fields_are_named(client, database):
    body = {"client_type": "fax", "device_name": "x" * 101, "telegram_user_id": "many", "telegram_username": "x" * 65}
    assert client.post("/api/v1/auth/token/", body, role=None).json == {
        "username": ["This field is required."],
        "password": ["This field is required."],
        "client_type": ['"fax" is not a valid choice.'],
        "device_name": ["Ensure this field has no more than 100 characters."],
        "telegram_user_id": ["A valid integer is required."],
        "telegram_username": ["Ensure this field has no more than 64 characters."],
    }
    far = {"username": "admin_user", "password": "secure_password", "telegram_user_id": "-99999999999999999999"}
    assert client.post("/api/v1/auth/token/", far, role=None).json == {
        "telegram_user_id": ["Ensure this value is greater than or equal to -9007199254740992."]
    }
    assert stored(database, LoginSession.id) == []


@pytest.mark.parametrize(
    ("client_type", "where"),
    [("telegram_bot", "telegram bot"), ("website", "website"), ("mobile", "mobile"), (None, "unknown")],
)
def test_one_active_session_of_a_client_type(door, database, client_type, where):
    first = door.device(client_type).json
    second = door.device(client_type)
    assert (second.status, second.json) == (401, already(where))
    assert second.headers["WWW-Authenticate"] == "Bearer"
    assert len(stored(database, LoginSession.id)) == 1
    assert door.refresh(first["refresh"]).status == 200, "the one there is goes on"


def test_each_client_type_and_each_user_has_one_of_their_own(door, employee):
    for client_type in ("telegram_bot", "website", "mobile", "unknown"):
        assert door.device(client_type).status == 200
        assert door.device(client_type, **EMPLOYEE).status == 200


def test_other_logins_neither_take_the_place_nor_find_it_taken(door):
    assert door.login().status == 200
    assert door.device("unknown").status == 200
    assert door.login().status == 200
    assert door.device("unknown").json == already("unknown")


def test_a_refreshed_session_keeps_its_place(door):
    pair = door.device().json
    renewed = door.client.post("/api/v1/auth/token/refresh/", {"refresh": pair["refresh"]}, role=None)
    assert (renewed.status, set(renewed.json)) == (200, {"access", "refresh"})
    assert door.device().json == already("telegram bot")


@pytest.mark.parametrize("way", ["logout", "logout/all", "revoke", "revoke_all", "POS logout", "run out", "stolen"])
def test_the_place_is_free_once_the_session_is_over(door, client, database, way):
    pair = door.device().json
    door.device("mobile")
    posts = {
        "logout": "/api/v1/auth/logout/", "logout/all": "/api/v1/auth/logout/all/",
        "revoke": f"/api/v1/auth/sessions/{pair['session_id']}/revoke/",
        "revoke_all": "/api/v1/auth/sessions/revoke_all/", "POS logout": "/api/auth/logout/",
    }  # fmt: skip
    if way == "run out":
        run_out(database)
    elif way == "stolen":
        door.refresh(pair["refresh"])
        with database.transaction(ALL_ACCOUNTS) as session:
            session.execute(update(SpentRefreshToken).values(spent_at=utcnow() - timedelta(seconds=60)))
        assert door.refresh(pair["refresh"]).json == REVOKED
    else:
        assert client.post(posts[way], {}, token=pair["access"]).status == 200
    assert door.device().status == 200
    assert door.device().json == already("telegram bot")


def test_only_who_knows_the_password_hears_of_the_other_session(door, database):
    door.device()
    for _ in range(12):  # the right password is no failure, however often
        assert door.device().json == already("telegram bot")
    wrong = door.device(password="wrong_password")
    assert (wrong.status, wrong.json) == (401, NO_ACCOUNT)
    with database.read(ALL_ACCOUNTS) as session:
        assert sorted(len(times) for times in session.scalars(select(LoginFailures.times))) == [1, 1]


def test_failures_here_count_with_those_of_the_other_logins(door):
    email = "admin@enterprise.com"
    for number in range(10):
        wrong = {"password": "wrong_password", "ip": f"10.0.0.{number}"}
        answer = door.device(username=email, **wrong) if number % 2 else door.login(email, **wrong)
        assert answer.status == 401
    assert (door.device(username=email).status, door.login(email).status) == (429, 429)
    assert door.device().status == 200, "its other name is counted for itself"


def test_logout_answers_as_002_prints_it(door, gateway, published):
    pair = door.device().json
    answer = door.client.post("/api/v1/auth/logout/", {"refresh": pair["refresh"]}, token=pair["access"])
    assert (answer.status, answer.json) == (
        200,
        {"message": "Logout successful", "detail": "Session revoked and tokens blacklisted"},
    )
    assert [item["sid"] for item in gateway.calls[0][2]["revocations"]] == [sid_of(pair)]
    assert door.client.post("/api/v1/auth/token/refresh/", {"refresh": pair["refresh"]}, role=None).json == REVOKED
    (event,) = published("SessionRevoked")
    assert (event.subject, event.data["reason"]) == (sid_of(pair), "logout")


def test_logout_needs_no_body(door, client):
    pair = door.device().json
    assert client.post("/api/v1/auth/logout/", token=pair["access"]).status == 200
    assert door.refresh(pair["refresh"]).json == REVOKED


def test_logout_all_counts_the_devices(door, gateway, employee, published, database):
    pairs = [door.device(kind).json for kind in ("telegram_bot", "website")] + [door.login().json]
    other = door.device(**EMPLOYEE).json
    door.logout(door.login().json["access"])
    answer = door.client.post("/api/v1/auth/logout/all/", token=pairs[0]["access"])
    assert (answer.status, answer.json) == (200, {"message": "Logged out from 3 device(s)", "revoked_sessions": 3})
    assert [door.refresh(pair["refresh"]).json for pair in pairs] == [REVOKED] * 3
    assert {item["sid"] for item in gateway.calls[-1][2]["revocations"]} == {sid_of(pair) for pair in pairs}
    assert sorted(event.data["reason"] for event in published("SessionRevoked")) == ["logout", *["logout_all"] * 3]
    assert door.refresh(other["refresh"]).status == 200
    again = door.client.post("/api/v1/auth/logout/all/", token=pairs[0]["access"])
    assert again.json == {"message": "Logged out from 0 device(s)", "revoked_sessions": 0}


def test_one_that_has_run_out_is_no_device_any_more(door, database):
    door.device("mobile")
    run_out(database)
    pair = door.device().json
    answer = door.client.post("/api/v1/auth/logout/all/", token=pair["access"])
    assert answer.json == {"message": "Logged out from 1 device(s)", "revoked_sessions": 1}


def test_a_repeated_key_has_one_effect(door, client, published):
    pair = door.device().json
    door.device("mobile")
    keyed = {"token": pair["access"], "headers": {"Idempotency-Key": "k1"}}
    first, second = (client.post("/api/v1/auth/logout/all/", **keyed) for _ in range(2))
    assert (first.data, second.headers["Idempotent-Replayed"]) == (second.data, "true")
    assert first.json["revoked_sessions"] == 2
    assert len(published("SessionRevoked")) == 2


def test_a_login_takes_no_key(door, client):
    body = {"username": "admin_user", "password": "secure_password", "client_type": "mobile"}
    headers = {"Idempotency-Key": "k1"}
    statuses = [client.post("/api/v1/auth/token/", body, role=None, headers=headers).status for _ in range(2)]
    assert statuses == [200, 401]


@pytest.mark.parametrize("path", ["logout/", "logout/all/", "sessions/revoke_all/", "sessions/1/revoke/"])
def test_nobody_ends_anything_without_a_token(door, client, database, path):
    door.device()
    answer = client.post(f"/api/v1/auth/{path}", {}, role=None)
    assert (answer.status, answer.json) == (401, {"detail": "Authentication credentials were not provided."})
    with database.read(ALL_ACCOUNTS) as session:
        assert session.execute(select(func.count(LoginSession.revoked_at))).scalar() == 0


def test_me_has_the_fields_that_002_prints(client):
    me = client.get("/api/v1/auth/users/me/").json
    printed = ("id", "username", "email", "first_name", "last_name", "is_active", "is_staff", "profile")
    assert {name: me[name] for name in printed} == {
        "id": 1, "username": "admin_user", "email": "admin@enterprise.com", "first_name": "Administrador",
        "last_name": "", "is_active": True, "is_staff": True, "profile": {"expired": False, "expiry_date": None},
    }  # fmt: skip


def test_the_list_of_users_is_for_managers(client, employee):
    page = client.get("/api/v1/auth/users/?page_size=1&ordering=-id").json
    assert (page["count"], page["previous"]) == (2, None)
    assert page["next"] == "/api/v1/auth/users/?page_size=1&ordering=-id&page=2"
    assert page["results"] == [employee]
    for role in ("EMPLOYEE", "CLIENT"):
        answer = client.get("/api/v1/auth/users/", role=role, user_id=2)
        assert (answer.status, answer.json) == (403, FORBIDDEN)


def test_one_user_for_managers_and_oneself(client, employee, company):
    other = company("dos")
    path = f"/api/v1/auth/users/{employee['id']}/"
    answer = client.get(path)
    assert answer.json == employee
    assert client.get(path, headers={"If-None-Match": answer.headers["ETag"]}).status == 304
    assert client.get(path, role="EMPLOYEE", user_id=employee["id"]).json == employee
    refused = client.get("/api/v1/auth/users/1/", role="EMPLOYEE", user_id=employee["id"])
    assert (refused.status, refused.json) == (403, FORBIDDEN)
    for user_id in (other["id"], 999):
        missing = client.get(f"/api/v1/auth/users/{user_id}/")
        assert (missing.status, missing.json) == (404, {"detail": "Not found."})
    stranger = client.get(path, account_id=other["account"]["id"], user_id=other["id"], role="OWNER")
    assert stranger.status == 404


def test_only_the_slash_makes_it_this_endpoint(client):
    for path in ("token", "sessions", "users/me", "logout/all"):
        answer = client.post(f"/api/v1/auth/{path}", {})
        assert answer.status in (404, 405)
        assert "Location" not in answer.headers
        assert answer.json["status"] == "error"
