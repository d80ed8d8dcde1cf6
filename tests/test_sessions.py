"""Device sessions through the gateway: every example of 002 and of 001 §7–8, and revocation that is immediate everywhere."""

from __future__ import annotations

import itertools
import uuid
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import pytest
import requests

from cashier import Api
from native.platform import Platform

AUTH = "/api/v1/auth"
PASSWORD = "securePass123"
ONE_PATH_A_SERVICE = (
    "/api/users/me/", "/api/products/", "/api/orders/", "/api/customers/", "/api/analytics/sales-summary/",
)  # fmt: skip
NO_TOKEN = {"detail": "Authentication credentials were not provided."}
REVOKED = {"detail": "Token has been revoked. Please login again.", "code": "token_revoked"}
FORBIDDEN = {"detail": "You do not have permission to perform this action."}
NOT_FOUND = {"detail": "Not found."}
ALREADY = {"detail": "You are already logged in on telegram bot. Please logout first..."}


class Device:
    """One login by 002."""

    def __init__(self, url: str, username: str, client_type: str = "telegram_bot", **headers: str) -> None:
        self.url = url
        body = {
            "username": username, "password": PASSWORD, "client_type": client_type, "device_name": "Device Name",
            "telegram_user_id": 123456, "telegram_username": "string",
        }  # fmt: skip
        self.answer = requests.post(f"{url}{AUTH}/token/", json=body, headers=headers, timeout=15)
        self.tokens: dict[str, Any] = self.answer.json()

    def ask(self, method: str, path: str, body: Any = None) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.tokens['access']}"}
        return requests.request(method, self.url + path, json=body, headers=headers, timeout=15, allow_redirects=False)

    def says(self, method: str, path: str, body: Any = None, status: int = 200) -> Any:
        answer = self.ask(method, path, body)
        assert answer.status_code == status, (path, answer.status_code, answer.text)
        return answer.json()

    @property
    def session(self) -> int:
        number: int = self.tokens["session_id"]
        return number


@pytest.fixture(scope="module")
def owner(platform: Platform) -> Api:
    """The administrator, logged in once."""
    return Api(platform.url, platform.admin.username, platform.admin.password)


@pytest.fixture
def user(owner: Api) -> Callable[..., dict[str, Any]]:
    """`user(role="OWNER")`: a new user of the shop."""
    numbers = itertools.count()

    def make(role: str = "EMPLOYEE") -> dict[str, Any]:
        name = f"user_{uuid.uuid4().hex[:8]}_{next(numbers)}"
        body = {"username": name, "email": f"{name}@example.com", "password": PASSWORD, "role": role}
        made: dict[str, Any] = owner.post("/api/users/", {**body, "first_name": "First", "last_name": "Last"})
        return made

    return make


def moment(text: str) -> datetime:
    assert text.endswith("Z")
    return datetime.fromisoformat(text)


def test_login_refresh_and_users_as_002_prints_them(owner: Api, user: Callable[..., dict[str, Any]]) -> None:
    made = user("OWNER")
    device = Device(owner.url, made["email"])
    assert device.answer.status_code == 200
    assert list(device.tokens) == ["refresh", "access", "user", "session_id"]
    assert device.tokens["user"] == made
    second = Device(owner.url, made["username"])
    assert (second.answer.status_code, second.tokens) == (401, ALREADY)
    renewed = requests.post(f"{owner.url}{AUTH}/token/refresh/", json={"refresh": device.tokens["refresh"]}, timeout=15)
    assert (renewed.status_code, set(renewed.json())) == (200, {"access", "refresh"})
    device.tokens |= renewed.json()
    me = device.says("GET", f"{AUTH}/users/me/")
    printed = {
        "id": made["id"], "username": made["username"], "email": made["email"], "first_name": "First",
        "last_name": "Last", "is_active": True, "is_staff": True, "profile": {"expired": False, "expiry_date": None},
    }  # fmt: skip
    assert {name: me[name] for name in printed} == printed
    page = device.says("GET", f"{AUTH}/users/?search={made['username']}")
    assert page == {"count": 1, "next": None, "previous": None, "results": [made]}
    assert device.says("GET", f"{AUTH}/users/{made['id']}/") == made
    employee = Device(owner.url, user()["username"])
    for path in (f"{AUTH}/users/", f"{AUTH}/users/{made['id']}/", "/api/auth/audit/"):
        assert employee.says("GET", path, status=403) == FORBIDDEN
    assert requests.get(f"{owner.url}{AUTH}/users/me/", timeout=15).json() == NO_TOKEN


def test_sessions_as_002_prints_them(owner: Api, user: Callable[..., dict[str, Any]]) -> None:
    name = user()["username"]
    bot, site = Device(owner.url, name), Device(owner.url, name, "website")
    newest, oldest = bot.says("GET", f"{AUTH}/sessions/")
    assert newest["id"] == site.session
    times = {each: moment(oldest.pop(each)) for each in ("created_at", "last_activity", "expires_at")}
    assert times["created_at"] == times["last_activity"]
    assert (times["expires_at"] - times["created_at"]).days == 7
    assert oldest == {
        "id": bot.session,
        "client_type": "telegram_bot",
        "device_name": "Device Name",
        "ip_address": "127.0.0.1",
        "is_active": True,
    }
    assert bot.says("GET", f"{AUTH}/sessions/{site.session}/") == newest
    assert bot.says("POST", f"{AUTH}/sessions/{site.session}/revoke/") == {
        "message": "Session revoked successfully", "session_id": site.session,
    }  # fmt: skip
    assert site.says("GET", f"{AUTH}/sessions/", status=401) == REVOKED
    Device(owner.url, name, "website"), Device(owner.url, name, "mobile")
    assert bot.says("POST", f"{AUTH}/sessions/revoke_all/", {"keep_current": True})["revoked_count"] == 2
    Device(owner.url, name, "website"), Device(owner.url, name, "mobile")
    assert bot.says("POST", f"{AUTH}/sessions/revoke_all/", {"keep_current": False}) == {
        "message": "3 session(s) revoked successfully",
        "revoked_count": 3,
    }
    assert bot.says("GET", f"{AUTH}/sessions/", status=401) == REVOKED


def test_logouts_as_002_prints_them(owner: Api, user: Callable[..., dict[str, Any]]) -> None:
    name = user()["username"]
    bot = Device(owner.url, name)
    assert bot.says("POST", f"{AUTH}/logout/", {"refresh": bot.tokens["refresh"]}) == {
        "message": "Logout successful",
        "detail": "Session revoked and tokens blacklisted",
    }
    devices = [Device(owner.url, name, kind) for kind in ("telegram_bot", "website", "mobile")]
    assert devices[0].says("POST", f"{AUTH}/logout/all/") == {
        "message": "Logged out from 3 device(s)",
        "revoked_sessions": 3,
    }
    for device in (bot, *devices):
        dead = requests.post(
            f"{owner.url}{AUTH}/token/refresh/", json={"refresh": device.tokens["refresh"]}, timeout=15
        )
        assert (dead.status_code, dead.json()) == (401, REVOKED)


def test_sessions_as_001_prints_them(owner: Api, user: Callable[..., dict[str, Any]]) -> None:
    name = user()["username"]
    agent = "Mozilla/5.0 (Windows NT 10.0; Win64; x64)..."
    bot, browser = Device(owner.url, name, **{"User-Agent": agent}), Api(owner.url, name, PASSWORD)
    answer = browser.ask("GET", "/api/sessions/")
    assert answer.headers["X-Total-Count"] == "2"
    newest, oldest = answer.json()
    assert newest["id"] == browser.tokens["session_id"]
    assert (moment(oldest.pop("expires_at")) - moment(oldest.pop("created_at"))).days == 7
    assert oldest == {"id": bot.session, "user_agent": agent, "ip_address": "127.0.0.1", "is_revoked": False}
    closed = browser.post(f"/api/sessions/{bot.session}/revoke/", status=200)
    assert closed == {"status": "Sesión cerrada correctamente"}
    assert bot.says("GET", "/api/sessions/", status=401) == REVOKED
    assert len(browser.get("/api/sessions/")) == 1


ENDINGS: dict[str, Callable[[int], tuple[str, Any]]] = {
    "logout": lambda _: (f"{AUTH}/logout/", {}),
    "logout all": lambda _: (f"{AUTH}/logout/all/", {}),
    "revoke": lambda session: (f"{AUTH}/sessions/{session}/revoke/", {}),
    "revoke all": lambda _: (f"{AUTH}/sessions/revoke_all/", {}),
    "POS revoke": lambda session: (f"/api/sessions/{session}/revoke/", {}),
}


@pytest.mark.parametrize("way", ENDINGS)
def test_the_next_request_is_refused_on_every_service(
    owner: Api, user: Callable[..., dict[str, Any]], way: str
) -> None:
    name = user("OWNER")["username"]
    for path in ONE_PATH_A_SERVICE:  # a session each, so that each service's is the very next request
        device = Device(owner.url, name)
        assert device.ask("GET", path).status_code != 401
        ending, body = ENDINGS[way](device.session)
        device.says("POST", ending, body)
        refused = device.ask("GET", path)
        assert (refused.status_code, refused.json()) == (401, REVOKED), path
        assert refused.headers["WWW-Authenticate"] == "Bearer"


def test_strangers_sessions_are_not_found_and_go_on(owner: Api, user: Callable[..., dict[str, Any]]) -> None:
    victim = Device(owner.url, user()["username"])
    for thief in (Device(owner.url, user()["username"]), Device(owner.url, user("OWNER")["username"])):
        for method, path in (
            ("GET", f"{AUTH}/sessions/{victim.session}/"),
            ("POST", f"{AUTH}/sessions/{victim.session}/revoke/"),
            ("POST", f"/api/sessions/{victim.session}/revoke/"),
        ):
            assert thief.says(method, path, status=404) == NOT_FOUND
        thief.says("POST", f"{AUTH}/logout/", {"refresh": victim.tokens["refresh"]})
    assert [row["id"] for row in victim.says("GET", "/api/sessions/")] == [victim.session]


def test_nobody_tells_the_platform_where_they_are(owner: Api, user: Callable[..., dict[str, Any]]) -> None:
    made = user()
    forged = {
        "X-Forwarded-For": "203.0.113.66", "X-Real-IP": "203.0.113.66", "Forwarded": "for=203.0.113.66",
        "X-Client-IP": "203.0.113.66", "True-Client-IP": "203.0.113.66",
    }  # fmt: skip
    device = Device(owner.url, made["username"], **forged)
    assert device.says("GET", f"{AUTH}/sessions/{device.session}/")["ip_address"] == "127.0.0.1"
    entries = owner.get(f"/api/auth/audit/?subject={made['uid']}&action=login")
    assert [entry["ip_address"] for entry in entries] == ["127.0.0.1"]
    assert owner.get("/api/auth/audit/?ip_address=203.0.113.66") == []


def test_one_of_sixteen_logins_wins(owner: Api, user: Callable[..., dict[str, Any]]) -> None:
    name = user()["username"]
    with ThreadPoolExecutor(16) as pool:
        devices = list(pool.map(lambda _: Device(owner.url, name), range(16)))
    assert Counter(device.answer.status_code for device in devices) == {200: 1, 401: 15}
    assert all(device.tokens == ALREADY for device in devices if device.answer.status_code == 401)


def test_a_slash_more_or_less_is_another_endpoint(owner: Api, user: Callable[..., dict[str, Any]]) -> None:
    device = Device(owner.url, user()["username"])
    for path in ("token", "logout/all", "sessions", "sessions/revoke_all", "users/me"):
        answer = device.ask("GET", f"{AUTH}/{path}")
        assert (answer.status_code, answer.headers.get("Location"), answer.json()["status"]) == (404, None, "error")
    assert device.ask("POST", f"{AUTH}/logout", {}).json().get("message") != "Logout successful"
