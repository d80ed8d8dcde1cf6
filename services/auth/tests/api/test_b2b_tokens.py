"""004, Authentication: log in as a user or a client, refresh, me, logout, the tokens of all devices."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy import select, update

from auth.domain.models import AuditEntry, LoginSession, User
from chassis.db import ALL_ACCOUNTS, utcnow

UNAUTHORIZED = {"status": "error", "message": "unauthorized"}
LOGIN = {"username": "admin_user", "password": "secure_password"}
PHONE = {"phone": "+1234567890", "pin_code": "1234"}
PIN_PATH = "/internal/clients/pin/"


def error(answer):
    assert answer.json.keys() == {"status", "message"}, answer
    assert answer.json["status"] == "error"
    return answer.status, answer.json["message"]


def moment(text):
    assert text.endswith("Z")
    assert "." not in text
    return datetime.fromisoformat(text)


@pytest.fixture
def log_in(client):
    """`log_in(LOGIN)`: the answer's data, and where from."""

    def log_in(body, ip="10.1.2.3", agent="Mozilla/5.0"):
        headers = {"X-Forwarded-For": ip, "User-Agent": agent}
        answer = client.post("/api/v1/auth/login", body, role=None, headers=headers)
        assert answer.status == 200, answer
        assert answer.json.keys() == {"status", "data"}
        assert answer.json["status"] == "success"
        return answer.json["data"]

    return log_in


@pytest.fixture
def lupita(customers, contracts):
    """Customers knows the client of the contract's example, by PIN 1234; played as the contract has it."""
    right, *_ = contracts.internal("customers", "client_pin")["examples"]

    def check(body):
        return 200, right["response"] if body == right["request"] else {"client": None}

    customers.reset()
    customers.on("POST", PIN_PATH, check)
    yield right["response"]["client"]
    customers.reset()


def test_a_user_logs_in(log_in, client):
    data = log_in(LOGIN)
    expires_at = moment(data["expires_at"])
    uid = client.get("/api/users/me/", token=data["access_token"]).json["uid"]
    assert data == {
        "access_token": data["access_token"], "refresh_token": data["refresh_token"], "token_type": "Bearer",
        "expires_in": 900, "expires_at": data["expires_at"], "entity_type": "user", "entity_uid": uid,
    }  # fmt: skip
    assert timedelta(seconds=890) < expires_at - utcnow() <= timedelta(seconds=900)


def test_the_email_is_a_username_too(log_in):
    assert log_in({**LOGIN, "username": "ADMIN@enterprise.com"})["entity_type"] == "user"


def test_a_client_logs_in(log_in, lupita, customers):
    data = log_in(PHONE)
    assert data == {
        "access_token": data["access_token"], "refresh_token": data["refresh_token"], "token_type": "Bearer",
        "expires_in": 900, "expires_at": data["expires_at"], "entity_type": "client", "entity_uid": "client-123",
    }  # fmt: skip
    [(method, path, body, caller)] = customers.calls
    assert (method, path, body, caller.caller, caller.account_id) == ("POST", PIN_PATH, PHONE, "auth", None)


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({}, "Give either username and password, or phone and pin_code."),
        ({**LOGIN, **PHONE}, "Give either username and password, or phone and pin_code."),
        ({"username": "x", "pin_code": "1234"}, "Give either username and password, or phone and pin_code."),
        ({"username": "x"}, "password: This field is required."),
        ({"password": "x"}, "username: This field is required."),
        ({"phone": "+1234567890"}, "pin_code: This field is required."),
        ({"pin_code": "1234"}, "phone: This field is required."),
        ({"username": "", "password": "x"}, "username: This field may not be blank."),
        ([], "Invalid data. Expected a dictionary, but got list."),
    ],
)
def test_neither_both_or_half_is_400(client, body, message):
    assert error(client.post("/api/v1/auth/login", body, role=None)) == (400, message)


def test_wrong_is_wrong_whoever_it_is(client, lupita):
    for body in ({**LOGIN, "password": "x"}, {**LOGIN, "username": "nobody"}, {**PHONE, "pin_code": "4321"},
                 {**PHONE, "phone": "+1999999999"}):  # fmt: skip
        answer = client.post("/api/v1/auth/login", body, role=None)
        assert (answer.status, answer.json) == (401, UNAUTHORIZED)
        assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_blocked_user_is_told_why_and_until_when(client, database):
    until = utcnow().replace(microsecond=0) + timedelta(days=1)
    with database.transaction(ALL_ACCOUNTS) as session:
        session.execute(update(User).values(is_blocked=True, blocked_reason="Vacaciones", blocked_until=until))
    answer = client.post("/api/v1/auth/login", LOGIN, role=None)
    assert (answer.status, answer.json) == (
        403,
        {
            "status": "error",
            "message": "Usuario bloqueado: Vacaciones",
            "blocked_reason": "Vacaciones",
            "blocked_until": until.strftime("%Y-%m-%dT%H:%M:%SZ"),
        },
    )
    answer = client.post("/api/v1/auth/login", {**LOGIN, "password": "x"}, role=None)
    assert (answer.status, answer.json) == (401, UNAUTHORIZED)


def test_too_many_failures_are_told_when_to_come_back(client):
    for _ in range(10):
        assert client.post("/api/v1/auth/login", {**LOGIN, "password": "x"}, role=None).status == 401
    answer = client.post("/api/v1/auth/login", LOGIN, role=None)
    assert error(answer) == (429, "Too many failed login attempts. Try again later.")
    assert 890 <= int(answer.headers["Retry-After"]) <= 900


def test_without_customers_clients_wait_and_users_log_in(client, log_in, customers, lupita):
    customers.down = True
    answer = client.post("/api/v1/auth/login", PHONE, role=None)
    assert error(answer) == (503, "Service temporarily unavailable, try again later.")
    assert answer.headers["Retry-After"]
    log_in(LOGIN)
    customers.down = False
    log_in(PHONE)


def test_the_lock_of_customers_is_passed_on(client, customers, contracts):
    locked = contracts.internal("customers", "client_pin")["examples"][-1]
    assert locked["status"] == 429
    customers.reset()
    customers.on("POST", PIN_PATH, 429, locked["response"], headers=locked["headers"])
    answer = client.post("/api/v1/auth/login", PHONE, role=None)
    assert error(answer) == (429, locked["response"]["detail"])
    assert answer.headers["Retry-After"] == locked["headers"]["Retry-After"]
    customers.reset()


def test_refresh_answers_as_login_and_kills_the_old_token(client, log_in, lupita):
    for body in (LOGIN, PHONE):
        first = log_in(body)
        answer = client.post("/api/v1/auth/refresh", {"refresh_token": first["refresh_token"]}, role=None)
        second = answer.json["data"]
        assert answer.status == 200
        changed = {"access_token", "refresh_token", "expires_at"}
        assert second.keys() == first.keys()
        assert all(second[name] == first[name] for name in first.keys() - changed)
        assert second["refresh_token"] != first["refresh_token"]
        for dead in (first["refresh_token"], "nonsense"):
            answer = client.post("/api/v1/auth/refresh", {"refresh_token": dead}, role=None)
            assert (answer.status, answer.json) == (401, UNAUTHORIZED)
    answer = client.post("/api/v1/auth/refresh", {}, role=None)
    assert error(answer) == (400, "refresh_token: This field is required.")


def test_me_of_a_user(client, log_in):
    data = log_in(LOGIN)
    answer = client.get("/api/v1/auth/me", token=data["access_token"])
    token = answer.json["data"]["token_info"]
    assert (answer.status, answer.json) == (
        200,
        {
            "status": "success",
            "data": {
                "entity_type": "user",
                "user": {
                    "uid": data["entity_uid"], "username": "admin_user", "email": "admin@enterprise.com",
                    "first_name": "Administrador", "last_name": "", "role": "admin",
                },
                "token_info": token,
            },
        },
    )  # fmt: skip
    [listed] = client.get("/api/v1/auth/tokens", token=data["access_token"]).json["data"]
    assert token == {name: listed[name] for name in ("token_uid", "issued_at", "expires_at")}
    assert token["expires_at"] == data["expires_at"]
    assert moment(token["expires_at"]) - moment(token["issued_at"]) == timedelta(minutes=15)


def test_me_of_a_client(client, log_in, lupita):
    data = log_in(PHONE)
    answer = client.get("/api/v1/auth/me", token=data["access_token"])
    assert answer.json["data"].pop("token_info").keys() == {"token_uid", "issued_at", "expires_at"}
    shown = {name: lupita[name] for name in ("uid", "name", "email", "phone")}
    assert answer.json["data"] == {"entity_type": "client", "client": {**shown, "role": "client"}}


def test_tokens_of_all_devices(client, log_in, lupita):
    log_in(PHONE)
    other, mine = log_in(LOGIN, ip="192.168.1.100", agent="Phone/2"), log_in(LOGIN)
    refreshed = client.post("/api/v1/auth/refresh", {"refresh_token": other["refresh_token"]}, role=None).json["data"]
    listed = client.get("/api/v1/auth/tokens", token=mine["access_token"]).json["data"]
    current, elsewhere = listed
    assert current == {
        "token_uid": current["token_uid"], "issued_at": current["issued_at"], "expires_at": mine["expires_at"],
        "last_used": current["issued_at"], "user_agent": "Mozilla/5.0", "ip_address": "10.1.2.3", "is_current": True,
    }  # fmt: skip
    assert (elsewhere["user_agent"], elsewhere["ip_address"]) == ("Phone/2", "192.168.1.100")
    assert (elsewhere["expires_at"], elsewhere["is_current"]) == (refreshed["expires_at"], False)
    assert [each["is_current"] for each in client.get("/api/v1/auth/tokens", token=other["access_token"]).json["data"]] == [
        False, True,
    ]  # fmt: skip


def test_ended_and_expired_sessions_are_no_tokens(client, log_in, database):
    mine, gone, old = log_in(LOGIN), log_in(LOGIN), log_in(LOGIN)
    assert client.post("/api/v1/auth/logout", token=gone["access_token"]).status == 200
    with database.transaction(ALL_ACCOUNTS) as session:
        session.execute(update(LoginSession).where(LoginSession.id == 3).values(expires_at=utcnow()))
    assert len(client.get("/api/v1/auth/tokens", token=mine["access_token"]).json["data"]) == 1
    for data in (gone, old):
        sid = client.get("/api/v1/auth/me", token=data["access_token"]).json["data"]["token_info"]["token_uid"]
        answer = client.delete(f"/api/v1/auth/tokens/{sid}", token=mine["access_token"])
        assert error(answer) == (404, "Not found.")


def test_logout(client, log_in, lupita, gateway, published):
    for number, body in enumerate((LOGIN, PHONE), 1):
        data = log_in(body)
        answer = client.post("/api/v1/auth/logout", token=data["access_token"])
        assert (answer.status, answer.json) == (200, {"status": "success", "data": "logged out successfully"})
        assert len(gateway.calls) == number  # before the answer
        answer = client.post("/api/v1/auth/refresh", {"refresh_token": data["refresh_token"]}, role=None)
        assert (answer.status, answer.json) == (401, UNAUTHORIZED)
    assert [event.data["reason"] for event in published("SessionRevoked")] == ["logout", "logout"]
    assert published("SessionRevoked")[1].data["user_uid"] == "client-123"


def test_revoking_one(client, log_in, gateway):
    other, mine = log_in(LOGIN), log_in(LOGIN)
    [current, elsewhere] = client.get("/api/v1/auth/tokens", token=mine["access_token"]).json["data"]
    answer = client.delete(f"/api/v1/auth/tokens/{elsewhere['token_uid']}", token=mine["access_token"])
    assert (answer.status, answer.json) == (200, {"status": "success", "data": "token revoked successfully"})
    assert gateway.calls[-1][2]["revocations"][0]["sid"] == elsewhere["token_uid"]
    again = client.delete(f"/api/v1/auth/tokens/{elsewhere['token_uid']}", token=mine["access_token"])
    assert error(again) == (404, "Not found.")
    assert client.get("/api/v1/auth/tokens", token=mine["access_token"]).json["data"] == [current]
    assert client.post("/api/v1/auth/refresh", {"refresh_token": other["refresh_token"]}, role=None).status == 401
    assert client.post("/api/v1/auth/refresh", {"refresh_token": mine["refresh_token"]}, role=None).status == 200


def test_another_users_token_is_403_and_another_accounts_404(client, log_in, lupita, employee, company):
    company("dos")
    mine = log_in(LOGIN)["access_token"]
    others = [
        log_in({"username": "employee_01", "password": "password123"}),
        log_in(PHONE),
        log_in({"username": "owner_dos", "password": "secure_password"}),
    ]
    uids = [client.get("/api/v1/auth/tokens", token=o["access_token"]).json["data"][0]["token_uid"] for o in others]
    answers = [client.delete(f"/api/v1/auth/tokens/{uid}", token=mine) for uid in [*uids, "unknown"]]
    assert [error(answer) for answer in answers] == [
        (403, "cannot revoke token from another user"), (403, "cannot revoke token from another user"),
        (404, "Not found."), (404, "Not found."),
    ]  # fmt: skip
    for other in others:
        assert client.post("/api/v1/auth/refresh", {"refresh_token": other["refresh_token"]}, role=None).status == 200


def test_a_client_and_a_user_of_the_same_number_are_two(client, log_in, customers, lupita):
    customers.on("POST", PIN_PATH, 200, {"client": {**lupita, "id": 1}})
    user, theirs = log_in(LOGIN), log_in(PHONE)
    [token] = client.get("/api/v1/auth/tokens", token=theirs["access_token"]).json["data"]
    answer = client.post("/api/v1/auth/tokens/revoke-all", token=user["access_token"])
    assert (answer.status, answer.json) == (200, {"status": "success", "data": "all tokens revoked successfully"})
    assert client.get("/api/v1/auth/tokens", token=theirs["access_token"]).json["data"] == [token]
    assert client.post("/api/v1/auth/refresh", {"refresh_token": user["refresh_token"]}, role=None).status == 401


def test_revoking_all_ends_the_present_one_too(client, log_in, database):
    tokens = [log_in(LOGIN) for _ in range(3)]
    answer = client.post("/api/v1/auth/tokens/revoke-all", token=tokens[1]["access_token"])
    assert (answer.status, answer.json) == (200, {"status": "success", "data": "all tokens revoked successfully"})
    for token in tokens:
        assert client.post("/api/v1/auth/refresh", {"refresh_token": token["refresh_token"]}, role=None).status == 401
    with database.read(ALL_ACCOUNTS) as session:
        ended = session.execute(select(AuditEntry.details).where(AuditEntry.action == "session_ended")).scalars().all()
    assert [entry["reason"] for entry in ended] == ["revoked_all"] * 3


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "me"), ("POST", "logout"), ("GET", "tokens"), ("DELETE", "tokens/x"), ("POST", "tokens/revoke-all")],
)
def test_no_token_or_a_bad_one_is_unauthorized(client, method, path):
    for how in ({"role": None}, {"token": "x.y.z"}):
        answer = client.call(method, f"/api/v1/auth/{path}", **how)
        assert (answer.status, answer.json) == (401, UNAUTHORIZED)
        assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/api/users/me/"), ("GET", "/api/users/"), ("POST", "/api/auth/logout/")]
)
def test_a_client_has_no_business_at_the_counter(client, log_in, lupita, method, path):
    answer = client.call(method, path, {}, token=log_in(PHONE)["access_token"])
    assert (answer.status, answer.json) == (403, {"detail": "You do not have permission to perform this action."})


@pytest.mark.parametrize(
    "written", ["1234567890", "+1 (234) 567-890", "+1-234-567890", "001 234567890", "２３４５６７８９０"]
)
def test_wrong_pins_count_for_a_phone_however_it_is_written(client, customers, lupita, written):
    customers.on("POST", PIN_PATH, 200, {"client": None})
    body = {**PHONE, "pin_code": "0000"}
    for number in range(10):
        phone = written if number % 2 else PHONE["phone"]
        assert client.post("/api/v1/auth/login", {**body, "phone": phone}, role=None).status == 401
    for phone in (written, PHONE["phone"]):
        assert client.post("/api/v1/auth/login", {**body, "phone": phone}, role=None).status == 429


def test_guessing_a_pin_from_many_addresses(client, log_in, customers, lupita):
    """Guesses over forged addresses: all but ten are refused unseen, and so is the right PIN."""

    def guess(number, **body):
        headers = {"X-Forwarded-For": f"203.0.113.{number % 50}"}
        return client.post("/api/v1/auth/login", {**PHONE, **body}, role=None, headers=headers).status

    statuses = [guess(number, pin_code=f"{number:05d}") for number in range(150)]
    assert statuses == [401] * 10 + [429] * 140
    assert len(customers.calls) == 10
    assert guess(1) == 429
    assert guess(1, phone="+1 (234) 567-890") == 429  # however it is written
    assert len(customers.calls) == 10
    customers.on("POST", PIN_PATH, 200, {"client": {**lupita, "id": 8, "uid": "other", "phone": "+5215512345678"}})
    assert guess(1, phone="+5215512345678") == 200
    assert log_in(LOGIN)
