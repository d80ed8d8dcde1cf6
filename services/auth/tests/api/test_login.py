"""`POST /api/auth/login/`: who gets in, who doesn't, and what nobody can learn from the answer."""

from datetime import timedelta

import jwt
import pytest
from sqlalchemy import select, update

from auth.domain.models import LoginFailures, LoginSession, User
from chassis.db import ALL_ACCOUNTS, utcnow
from chassis.passwords import Passwords
from chassis.testing import counted_statements

NO_ACCOUNT = {"detail": "No active account found with the given credentials"}


def change_user(database, user_id=1, **values):
    with database.transaction(ALL_ACCOUNTS) as session:
        session.execute(update(User).where(User.id == user_id).values(**values))


def test_the_answer_is_the_union_of_the_documents(door):
    answer = door.login()
    assert answer.status == 200
    assert answer.json["tokens"] == {"refresh": answer.json["refresh"], "access": answer.json["access"]}
    assert answer.json["session_id"] == 1
    user = answer.json["user"]
    assert (user["email"], user["role"], user["user_type"]) == ("admin@enterprise.com", "ADMIN", "inventarista")
    assert user["profile"] == {"expired": False, "expiry_date": None}
    assert user["account"]["company_name"] == "Abarrotes Lupita"
    assert (user["account"]["subscription_plan"], user["account"]["max_users"]) == ("premium", -1)
    assert b"argon2" not in answer.data


def test_the_access_token_says_who_and_opens_the_door(door, client):
    access = door.login().json["access"]
    claims = jwt.decode(access, options={"verify_signature": False})
    assert set(claims) == {
        "type", "iss", "aud", "iat", "nbf", "exp", "jti", "sid", "sub", "user_id", "account_id", "email", "username",
        "role", "kind", "client_type",
    }  # fmt: skip
    assert (claims["user_id"], claims["account_id"], claims["role"]) == (1, 1, "ADMIN")
    assert (claims["iss"], claims["aud"], claims["type"]) == ("mostrador", "mostrador-api", "access")
    assert claims["exp"] - claims["iat"] == 3600
    assert client.get("/api/users/me/", token=access).json["uid"] == claims["sub"]


@pytest.mark.parametrize("field", ["email", "username"])
@pytest.mark.parametrize("name", ["admin@enterprise.com", "Admin@Enterprise.com", "admin_user", " ADMIN_USER "])
def test_either_field_may_hold_either_name(client, field, name):
    body = {field: name, "password": "secure_password"}
    assert client.post("/api/auth/login/", body, role=None).status == 200


def test_a_login_is_kept_with_device_and_address(door, database):
    door.login(ip="203.0.113.9")
    with database.read(ALL_ACCOUNTS) as session:
        row = session.execute(
            select(
                LoginSession.user_agent, LoginSession.ip_address, LoginSession.client_type, LoginSession.created_at,
                LoginSession.last_activity, LoginSession.expires_at, LoginSession.refresh_hash,
            )
        ).one()  # fmt: skip
    assert (row.user_agent, row.ip_address, row.client_type) == ("Chatbot/1.0", "203.0.113.9", "unknown")
    assert row.created_at == row.last_activity
    assert row.expires_at - row.created_at == timedelta(days=7)
    assert len(row.refresh_hash) == 64


def test_many_devices_may_be_logged_in(door):
    assert [door.login().json["session_id"] for _ in range(3)] == [1, 2, 3]


def test_one_answer_for_every_login_that_fails(door, database, employee):
    wrong = door.login(password="wrong_password")
    unknown = door.login("nobody@enterprise.com")
    change_user(database, employee["id"], is_active=False)
    deleted = door.login("employee_01", "password123")
    change_user(database, employee["id"], is_active=True, expiry_date=utcnow().date() - timedelta(days=2))
    expired = door.login("employee_01", "password123")
    for answer in (wrong, unknown, deleted, expired):
        assert (answer.status, answer.json) == (401, NO_ACCOUNT)
        assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_user_may_log_in_on_the_last_day(door, database):
    change_user(database, expiry_date=utcnow().date())
    assert door.login().status == 200


def test_unknown_and_wrong_cost_the_same_statements(door, app):
    door.login(password="wrong_password")
    door.login("nobody@enterprise.com")
    with counted_statements(app) as wrong:
        door.login(password="wrong_password")
    with counted_statements(app) as unknown:
        door.login("nobody@enterprise.com")
    assert len(wrong) == len(unknown) == 5


def test_a_wrong_password_costs_a_full_hash_also_where_a_lighter_one_is_stored(door, database, app, monkeypatch):
    change_user(database, password_hash=Passwords(time_cost=1, memory_kib=32, parallelism=1).hash("secure_password"))
    passwords, compared = app.extensions["auth"].passwords, []
    verify = passwords.verify
    monkeypatch.setattr(passwords, "verify", lambda stored, given: compared.append(stored) or verify(stored, given))
    assert door.login(password="wrong_password").json == NO_ACCOUNT
    assert [stored is None for stored in compared] == [False, True]
    compared.clear()
    assert door.login().status == 200
    assert len(compared) == 1


def test_a_login_takes_six_statements(door, app):
    with counted_statements(app) as statements:
        door.login()
    # failures, user; then in one transaction: failures again, the user's row, the session, the audit; the key is cached in earnest
    assert len([text for text in statements if "signing_keys" not in text]) == 6


def test_blocked_is_told_to_those_who_know_the_password_only(door, database):
    until = utcnow().replace(microsecond=0) + timedelta(days=1)
    change_user(database, is_blocked=True, blocked_reason="Devolución tardía reiterada", blocked_until=until)
    answer = door.login()
    assert answer.status == 403
    assert answer.json == {
        "detail": "Usuario bloqueado: Devolución tardía reiterada",
        "blocked_reason": "Devolución tardía reiterada",
        "blocked_until": until.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    assert door.login(password="wrong_password").json == NO_ACCOUNT


def test_a_block_whose_time_has_passed_is_over(door, database):
    change_user(database, is_blocked=True, blocked_reason="x", blocked_until=utcnow() - timedelta(seconds=1))
    answer = door.login()
    assert answer.status == 200
    assert (answer.json["user"]["is_blocked"], answer.json["user"]["blocked_reason"]) == (False, None)


def test_ten_failures_for_a_name_close_it_for_any_password(door):
    for number in range(10):
        assert door.login(password="wrong_password", ip=f"10.0.0.{number}").status == 401
    answer = door.login(ip="10.0.0.99")
    assert answer.status == 429
    assert 1 <= int(answer.headers["Retry-After"]) <= 900
    assert "detail" in answer.json
    assert door.login("admin_user").status == 200, "its other name is counted for itself"


def test_unknown_names_are_closed_like_known_ones(door):
    statuses = [door.login("nobody@enterprise.com", ip=f"10.0.0.{number}").status for number in range(11)]
    assert statuses == [401] * 10 + [429]


def test_a_hundred_failures_from_one_address_close_it(door, database):
    door.login("somebody", ip="198.51.100.7")
    with database.transaction(ALL_ACCOUNTS) as session:
        times = [utcnow().timestamp() - 60] * 99
        session.execute(update(LoginFailures).values(times=times))
    assert door.login("somebody else", ip="198.51.100.7").status == 401
    assert door.login(ip="198.51.100.7").status == 429
    assert door.login(ip="198.51.100.8").status == 200


def test_failures_count_for_fifteen_minutes(door, database):
    for number in range(10):
        door.login(password="wrong_password", ip=f"10.0.0.{number}")
    with database.transaction(ALL_ACCOUNTS) as session:
        session.execute(update(LoginFailures).values(times=[utcnow().timestamp() - 890] * 10))
    assert 1 <= int(door.login().headers["Retry-After"]) <= 10
    with database.transaction(ALL_ACCOUNTS) as session:
        session.execute(update(LoginFailures).values(times=[utcnow().timestamp() - 901] * 10))
    assert door.login().status == 200


def test_a_success_uses_up_nothing(door):
    for _ in range(12):
        assert door.login().status == 200


def test_missing_fields_are_named(client):
    assert client.post("/api/auth/login/", {}, role=None).json == {
        "email": ["This field is required."],
        "password": ["This field is required."],
    }
    assert client.post("/api/auth/login/", {"username": "x", "password": ""}, role=None).json == {
        "password": ["This field may not be blank."]
    }
    assert client.post("/api/auth/login/", {"email": ["x"], "password": 5}, role=None).json == {
        "email": ["Not a valid string."],
        "password": ["Not a valid string."],
    }


def test_blanks_belong_to_a_password(client, employee_body, door):
    client.post("/api/users/", {**employee_body, "password": "  spaced out  "})
    assert door.login("employee_01", "spaced out").status == 401
    assert door.login("employee_01", "  spaced out  ").status == 200


def test_an_old_hash_is_renewed_at_login(door, database):
    old = Passwords(time_cost=2, memory_kib=64, parallelism=1).hash("secure_password")
    change_user(database, password_hash=old)
    assert door.login().status == 200
    with database.read(ALL_ACCOUNTS) as session:
        renewed = session.execute(select(User.password_hash).where(User.id == 1)).scalar_one()
    assert "$m=64,t=1,p=1$" in renewed
    assert door.login().status == 200


def test_no_transaction_is_open_while_a_password_is_hashed(door, app, monkeypatch):
    pool = app.extensions["mostrador"]["database"].engine.pool
    runtime = app.extensions["auth"]
    seen = []
    verify = runtime.passwords.verify
    monkeypatch.setattr(runtime.passwords, "verify", lambda *given: seen.append(pool.checkedout()) or verify(*given))
    assert door.login().status == 200
    assert seen == [0]
