"""004 through the gateway: users and clients log in, see and revoke their tokens; users in batches."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Callable
from typing import Any

import pytest
import requests

from cashier import Api, From, eventually
from native.platform import Platform

UNAUTHORIZED = {"status": "error", "message": "unauthorized"}
COUNTER = {
    "auth": "/api/users/me/",
    "catalog": "/api/products/",
    "sales": "/api/orders/",
    "customers": "/api/customers/",
    "analytics": "/api/analytics/sales-summary/",
}


_addresses = (f"127.0.9.{number}" for number in itertools.count(1))
_own = {"address": next(_addresses)}


@pytest.fixture(autouse=True)
def another_address() -> None:
    """The door counts log-ins by address, and these tests make many: each comes from an address of its own."""
    _own["address"] = next(_addresses)


def ask(
    platform: Platform, method: str, path: str, body: Any = None, *, token: str | None = None, **headers: str
) -> requests.Response:
    """One request of anybody."""
    if token:
        headers["Authorization"] = f"Bearer {token}"
    with requests.Session() as http:
        http.mount("http://", From(_own["address"]))
        return http.request(method, platform.url + path, json=body, headers=headers, timeout=15)


@pytest.fixture
def log_in(platform: Platform) -> Callable[..., dict[str, Any]]:
    """`log_in({…})`: the data of a log-in's answer."""

    def log_in(body: dict[str, str]) -> dict[str, Any]:
        answer = ask(platform, "POST", "/api/v1/auth/login", body)
        assert answer.status_code == 200, answer.text
        assert answer.json()["status"] == "success"
        data: dict[str, Any] = answer.json()["data"]
        return data

    return log_in


@pytest.fixture
def person(api: Api) -> dict[str, str]:
    """A user made by the B2B surface."""
    name = f"john-{uuid.uuid4().hex[:8]}"
    made = {
        "uid": name, "username": name, "email": f"{name}@example.com", "password": "password123",
        "first_name": "John", "last_name": "Doe", "user_role": "Admin",
    }  # fmt: skip
    assert api.post("/api/v1/user", {"data": [made]}, 200)["data"] == [name]
    return made


@pytest.fixture
def shopkeeper(api: Api) -> dict[str, str]:
    """A client: what it logs in with, and its uid."""
    number = uuid.uuid4().int % 10**10
    made = {"uid": f"client-{number}", "name": "Abarrotes Lupita", "phone": f"+52{number:010d}", "pin_code": "135790"}
    assert api.post("/api/v1/client", {"data": [made]}, 200)["data"] == [made["uid"]]
    return made


def credentials(client: dict[str, str], **changes: str) -> dict[str, str]:
    """What a client logs in with."""
    return {name: client[name] for name in ("phone", "pin_code")} | changes


def refused(platform: Platform, token: str) -> bool:
    """Whether every service refuses the token."""
    answers = [ask(platform, "GET", path, token=token).status_code for path in (*COUNTER.values(), "/api/v1/auth/me")]
    return set(answers) == {401}


def test_the_life_of_a_users_tokens(platform: Platform, log_in: Callable[..., Any], person: dict[str, str]) -> None:
    login = {"username": person["username"], "password": person["password"]}
    data = log_in(login)
    token = data["access_token"]
    assert data == {
        "access_token": token, "refresh_token": data["refresh_token"], "token_type": "Bearer", "expires_in": 900,
        "expires_at": data["expires_at"], "entity_type": "user", "entity_uid": person["uid"],
    }  # fmt: skip
    me = ask(platform, "GET", "/api/v1/auth/me", token=token).json()
    [listed] = ask(platform, "GET", "/api/v1/auth/tokens", token=token).json()["data"]
    assert me == {
        "status": "success",
        "data": {
            "entity_type": "user",
            "user": {
                "uid": person["uid"], "username": person["username"], "email": person["email"],
                "first_name": "John", "last_name": "Doe", "role": "admin",
            },
            "token_info": {name: listed[name] for name in ("token_uid", "issued_at", "expires_at")},
        },
    }  # fmt: skip
    assert listed == {
        **me["data"]["token_info"], "expires_at": data["expires_at"], "last_used": listed["issued_at"],
        "user_agent": listed["user_agent"], "ip_address": _own["address"], "is_current": True,
    }  # fmt: skip
    assert listed["user_agent"].startswith("python-requests/")

    other = log_in(login)
    uid = ask(platform, "GET", "/api/v1/auth/me", token=other["access_token"]).json()["data"]["token_info"]["token_uid"]
    answer = ask(platform, "DELETE", f"/api/v1/auth/tokens/{uid}", token=token)
    assert (answer.status_code, answer.json()) == (200, {"status": "success", "data": "token revoked successfully"})
    assert refused(platform, other["access_token"])

    answer = ask(platform, "POST", "/api/v1/auth/refresh", {"refresh_token": data["refresh_token"]})
    fresh = answer.json()["data"]
    assert (answer.status_code, fresh.keys()) == (200, data.keys())
    answer = ask(platform, "POST", "/api/v1/auth/refresh", {"refresh_token": data["refresh_token"]})
    assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)

    answer = ask(platform, "POST", "/api/v1/auth/logout", token=fresh["access_token"])
    assert (answer.status_code, answer.json()) == (200, {"status": "success", "data": "logged out successfully"})
    assert refused(platform, fresh["access_token"])
    answer = ask(platform, "GET", "/api/v1/auth/me", token=token)  # the earlier access token, of the same session
    assert (answer.status_code, answer.json(), answer.headers["WWW-Authenticate"]) == (401, UNAUTHORIZED, "Bearer")

    several = [log_in(login)["access_token"] for _ in range(3)]
    answer = ask(platform, "POST", "/api/v1/auth/tokens/revoke-all", token=several[1])
    assert (answer.status_code, answer.json()) == (
        200,
        {"status": "success", "data": "all tokens revoked successfully"},
    )
    assert all(refused(platform, each) for each in several)


def test_what_is_not_ones_own_or_not_right(
    platform: Platform, api: Api, log_in: Callable[..., Any], person: Any
) -> None:
    token = log_in({"username": person["username"], "password": person["password"]})["access_token"]
    mine = api.get("/api/v1/auth/tokens")["data"][0]["token_uid"]
    answer = ask(platform, "DELETE", f"/api/v1/auth/tokens/{mine}", token=token)
    assert (answer.status_code, answer.json()) == (
        403,
        {"status": "error", "message": "cannot revoke token from another user"},
    )
    answer = ask(platform, "DELETE", f"/api/v1/auth/tokens/{uuid.uuid4()}", token=token)
    assert (answer.status_code, answer.json()) == (404, {"status": "error", "message": "Not found."})
    for body in ({"username": person["username"], "password": "wrong"}, {"phone": "+10000000000", "pin_code": "0000"}):
        answer = ask(platform, "POST", "/api/v1/auth/login", body)
        assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)
    assert ask(platform, "POST", "/api/v1/auth/login", {}).status_code == 400


def test_a_client_from_its_making_to_its_end(
    platform: Platform, api: Api, log_in: Callable[..., Any], shopkeeper: dict[str, str]
) -> None:
    data = log_in(credentials(shopkeeper))
    token = data["access_token"]
    assert (data["entity_type"], data["entity_uid"], data["expires_in"]) == ("client", shopkeeper["uid"], 900)
    me = ask(platform, "GET", "/api/v1/auth/me", token=token).json()["data"]
    assert (me["entity_type"], me["client"]) == (
        "client",
        {
            "uid": shopkeeper["uid"],
            "name": "Abarrotes Lupita",
            "email": None,
            "phone": shopkeeper["phone"],
            "role": "client",
        },
    )
    for path in COUNTER.values():
        answer = ask(platform, "GET", path, token=token)
        assert (answer.status_code, answer.json()) == (
            403,
            {"detail": "You do not have permission to perform this action."},
        ), path
    assert ask(platform, "GET", "/api/v1/user", token=token).status_code == 403
    own = ask(platform, "GET", "/api/v1/client", token=token).json()["data"]
    assert [each["uid"] for each in own] == [shopkeeper["uid"]]

    def switch(active: bool) -> None:
        api.post("/api/v1/client/active", {"data": [{"uid": shopkeeper["uid"], "active": active}]}, 200)

    switch(False)
    assert refused(platform, token), "no service takes the client's token from that answer on"
    answer = ask(platform, "POST", "/api/v1/auth/refresh", {"refresh_token": data["refresh_token"]})
    assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)
    answer = ask(platform, "POST", "/api/v1/auth/login", credentials(shopkeeper))
    assert (answer.status_code, answer.json()) == (401, UNAUTHORIZED)

    switch(True)
    again = log_in(credentials(shopkeeper))
    assert refused(platform, token)
    api.post("/api/v1/client", {"data": [{"uid": shopkeeper["uid"], "pin_code": "975310"}]}, 200)
    assert refused(platform, again["access_token"]), "another PIN ends the tokens"
    last = log_in(credentials(shopkeeper, pin_code="975310"))
    assert api.ask("DELETE", f"/api/v1/client/{shopkeeper['uid']}").status_code == 200
    assert refused(platform, last["access_token"]), "a deleted client's tokens end"


def test_a_pin_is_not_guessed_from_forged_addresses(platform: Platform, shopkeeper: dict[str, str]) -> None:
    statuses = [
        ask(
            platform, "POST", "/api/v1/auth/login", credentials(shopkeeper, pin_code=f"{number:06d}"),
            **{"X-Forwarded-For": f"203.0.113.{number}"},
        ).status_code
        for number in range(30)
    ]  # fmt: skip
    assert statuses == [401] * 10 + [429] * 20
    answer = ask(platform, "POST", "/api/v1/auth/login", credentials(shopkeeper))
    assert (answer.status_code, answer.json()["status"]) == (429, "error")
    assert int(answer.headers["Retry-After"]) > 0


def test_without_customers_clients_wait_and_users_log_in(
    platform: Platform, log_in: Callable[..., Any], person: dict[str, str], shopkeeper: dict[str, str]
) -> None:
    platform.stop_process("customers-web")
    try:
        answer = ask(platform, "POST", "/api/v1/auth/login", credentials(shopkeeper))
        assert (answer.status_code, answer.json()["status"]) == (503, "error")
        assert int(answer.headers["Retry-After"]) > 0
        log_in({"username": person["username"], "password": person["password"]})
    finally:
        platform.start_process("customers-web")
    eventually(
        lambda: ask(platform, "POST", "/api/v1/auth/login", credentials(shopkeeper)).status_code == 200,
        "clients log in again",
    )


def test_users_in_batches(platform: Platform, api: Api, log_in: Callable[..., Any], person: dict[str, str]) -> None:
    uid = person["uid"]
    answer = api.get(f"/api/v1/user/{uid}")
    assert answer.keys() == {"data", "success", "status_message", "timestamp"}
    assert (answer["success"], answer["status_message"]) == (True, "Success")
    assert (answer["data"]["username"], answer["data"]["user_role"]) == (person["username"], "admin")
    for path in (f"email/{person['email'].upper()}", f"email/{uid}%40example.com", f"username/{uid.upper()}"):
        assert api.get(f"/api/v1/user/{path}")["data"]["uid"] == uid
    page = api.get("/api/v1/user?limit=1")
    assert page["metadata"] == {"offset": 0, "limit": 1, "total": page["metadata"]["total"]}

    login = {"username": person["username"], "password": person["password"]}
    token = log_in(login)["access_token"]
    api.post("/api/v1/user", {"data": [{"uid": uid, "user_role": "employee"}]}, 200)
    assert refused(platform, token)
    token = log_in(login)["access_token"]
    answer = ask(platform, "GET", "/api/v1/user", token=token)
    assert answer.status_code == 403
    assert (answer.json()["data"], answer.json()["success"]) == (None, False)
    deleted = api.ask("DELETE", "/api/v1/user", {"data": [uid, "unknown"]})
    assert (deleted.status_code, deleted.json()["data"]) == (200, "users deleted successfully")
    assert refused(platform, token)
    assert api.ask("DELETE", f"/api/v1/user/{uid}").status_code == 404
