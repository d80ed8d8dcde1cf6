"""Accounts and users through the gateway: each example and error case of 003 and of 001 §1–6, and what ends sessions."""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import requests

from cashier import Api, eventually
from native.platform import Platform

FORBIDDEN = {"detail": "You do not have permission to perform this action."}
REVOKED = {"detail": "Token has been revoked. Please login again.", "code": "token_revoked"}
NOT_FOUND = {"detail": "Not found."}
COMPANY = {
    "full_name": "Juan Pérez", "company_name": "Mi Empresa S.A.", "company_email": "contacto@empresa.com",
    "street": "Av. Principal", "exterior_number": "123", "interior_number": "A", "neighborhood": "Centro",
    "postal_code": "12345", "city": "Ciudad de México", "state": "CDMX", "country": "México", "phone": "5551234567",
    "subscription_plan": "freemium",
}  # fmt: skip
BLOCK = {"is_blocked": True, "blocked_reason": "Devolución tardía reiterada", "blocked_until": "2126-02-15T00:00:00Z"}
READS = (
    "/api/users/me/", "/api/products/", "/api/orders/", "/api/customers/", "/api/analytics/sales-summary/",
)  # fmt: skip
"""One of each service."""


def registered(url: str, **changes: Any) -> requests.Response:
    body = {"email": f"admin-{uuid.uuid4().hex[:10]}@empresa.com", "password": "password123", **COMPANY, **changes}
    return requests.post(url + "/api/auth/register/", json=body, timeout=15)


def answered(answer: requests.Response, status: int, body: Any) -> None:
    assert (answer.status_code, answer.json()) == (status, body)


@pytest.fixture
def owner(platform: Platform) -> Api:
    """The OWNER of a company of its own."""
    email = registered(platform.url).json()["user"]["email"]
    return Api(platform.url, email, "password123")


@pytest.fixture
def hire(owner: Api) -> Callable[[], tuple[dict[str, Any], Api]]:
    """`hire()`: another employee, and what they see of the API."""

    def make() -> tuple[dict[str, Any], Api]:
        body = {"email": f"empleado-{uuid.uuid4().hex[:10]}@empresa.com", "password": "password123"}
        made = owner.post("/api/users/", {**body, "full_name": "María García"})
        return made, Api(owner.url, body["email"], "password123")

    return make


def test_a_company_registers(platform: Platform) -> None:
    answer = registered(platform.url)
    assert (answer.status_code, list(answer.json())) == (201, ["account", "user", "tokens"])
    account, user, tokens = answer.json().values()
    shown = {name: value for name, value in COMPANY.items() if name not in ("full_name", "company_email")}
    shown |= {"email": "contacto@empresa.com", "max_locations": 1, "max_users": 5}
    assert {name: account[name] for name in shown} == shown
    assert (user["full_name"], user["user_type"], user["account"]) == ("Juan Pérez", "inventarista", account)
    mine = {"headers": {"Authorization": f"Bearer {tokens['access']}"}, "timeout": 15}
    assert requests.get(platform.url + "/api/users/me/", **mine).json() == user  # type: ignore[arg-type]
    again = registered(platform.url, email=user["email"].upper())
    answered(again, 400, {"email": ["Este email ya está registrado"]})
    premium = registered(platform.url, subscription_plan="premium").json()["account"]
    assert (premium["max_locations"], premium["max_users"]) == (-1, -1)


def test_the_owner_logs_in_and_out(owner: Api) -> None:
    login = owner.tokens
    assert login["tokens"] == {name: login[name] for name in ("refresh", "access")}
    assert login["user"] == owner.get("/api/users/me/")
    assert login["user"]["account"]["company_name"] == "Mi Empresa S.A."
    claims = json.loads(base64.urlsafe_b64decode(login["access"].split(".")[1] + "=="))
    assert {name: claims[name] for name in ("user_id", "email", "username", "role")} == {
        "user_id": login["user"]["id"], "email": login["user"]["email"], "username": login["user"]["username"],
        "role": "OWNER",
    }  # fmt: skip
    fresh = owner.post("/api/auth/refresh/", {"refresh": login["refresh"]}, 200)
    assert set(fresh) == {"refresh", "access"}
    owner.http.headers["Authorization"] = f"Bearer {fresh['access']}"
    done = owner.ask("POST", "/api/auth/logout/", {"refresh": fresh["refresh"]})
    answered(done, 200, {"message": "Sesión cerrada exitosamente"})
    for path in READS:
        answered(owner.ask("GET", path), 401, REVOKED)
    assert owner.ask("POST", "/api/auth/refresh/", {"refresh": fresh["refresh"]}).status_code == 401


def test_without_a_token_in_either_language(platform: Platform) -> None:
    for path in READS:
        answered(
            requests.get(platform.url + path, timeout=15),
            401,
            {"detail": "Authentication credentials were not provided."},
        )
        spanish = requests.get(platform.url + path, headers={"Accept-Language": "es-MX,es;q=0.9"}, timeout=15)
        answered(spanish, 401, {"detail": "Las credenciales de autenticación no se proveyeron."})


def test_ones_own_profile(owner: Api, hire: Callable[[], tuple[dict[str, Any], Api]]) -> None:
    employee, laura = hire()
    assert laura.get("/api/users/me/") == employee
    before = owner.get("/api/users/me/")
    renamed = {**before, "full_name": "Juan Carlos Pérez", "first_name": "Juan", "last_name": "Carlos Pérez"}
    answered(owner.ask("PUT", "/api/users/me/", {"full_name": "Juan Carlos Pérez"}), 200, renamed)
    change = {"first_name": "Laura Elena", "phone_number": "555-0000"}
    for method in ("PUT", "PATCH"):
        answer = laura.ask(method, "/api/users/me/", {**change, "role": "ADMIN", "is_active": False, "password": "x"})
        answered(answer, 200, {**employee, **change, "full_name": "Laura Elena García"})


def test_employees_up_to_the_plans_limit(owner: Api) -> None:
    def body(number: int) -> dict[str, Any]:
        email = f"empleado-{number}-{uuid.uuid4().hex[:10]}@empresa.com"
        return {"email": email, "password": "password123", "full_name": "María García"}

    made = [owner.post("/api/users/", body(number)) for number in range(4)]
    assert {(user["user_type"], user["full_name"], user["role"]) for user in made} == {
        ("employee", "María García", "EMPLOYEE")
    }
    full = {"error": "Has alcanzado el límite de 5 usuarios para tu plan"}
    answered(owner.ask("POST", "/api/users/", body(5)), 403, full)
    page = owner.get("/api/users/")
    assert (page["count"], [user["id"] for user in page["results"]]) == (
        5, [owner.tokens["user"]["id"], *(user["id"] for user in made)],
    )  # fmt: skip
    assert owner.ask("DELETE", f"/api/users/{made[0]['id']}/").status_code == 204
    owner.post("/api/users/", body(6))


def test_users_in_the_words_of_001(owner: Api) -> None:
    tag = uuid.uuid4().hex[:10]
    body = {
        "username": f"employee_{tag}", "email": f"employee-{tag}@enterprise.com", "password": "password123",
        "first_name": "Laura", "last_name": "Mendez", "phone_number": "555-9876", "address": "Second Ave 45",
        "role": "ADMIN",
    }  # fmt: skip
    made = owner.post("/api/users/", body)
    assert "password" not in made
    assert {name: made[name] for name in body if name != "password"} == {
        name: value for name, value in body.items() if name != "password"
    }
    assert made["is_active"] is True
    taken = {**body, "username": f"other_{tag}"}
    answered(owner.ask("POST", "/api/users/", taken), 400, {"email": ["custom user with this email already exists."]})
    minimal = {"username": f"cajero_{tag}", "email": f"juan-{tag}@enterprise.com"}
    required = ["This field is required."]
    answered(
        owner.ask("POST", "/api/users/", {**minimal, "last_name": "Lopez"}), 400,
        {"first_name": required, "password": required},
    )  # fmt: skip
    answer = owner.post(
        "/api/users/", {**minimal, "password": "securePass123", "first_name": "Juan", "last_name": "Lopez"}
    )
    assert (answer["role"], answer["phone_number"], answer["address"]) == ("EMPLOYEE", "", "")


def test_employees_manage_nobody(owner: Api, hire: Callable[[], tuple[dict[str, Any], Api]]) -> None:
    employee, laura = hire()
    path, account = f"/api/users/{employee['id']}/", f"/api/accounts/{employee['account']['id']}/"
    answered(laura.ask("GET", "/api/users/"), 403, FORBIDDEN)
    answered(laura.ask("GET", path), 403, FORBIDDEN)
    for method, where, attempt in (
        ("POST", "/api/users/", "crear usuarios"), ("PUT", path, "modificar usuarios"),
        ("DELETE", path, "eliminar usuarios"), ("PUT", path + "block/", "bloquear usuarios"),
        ("PUT", account, "modificar la cuenta"),
    ):  # fmt: skip
        answered(laura.ask(method, where, BLOCK), 403, {**FORBIDDEN, "error": f"Solo inventaristas pueden {attempt}"})
    assert owner.get(path) == employee
    assert laura.get(account) == employee["account"]


def test_the_companys_data(owner: Api) -> None:
    account = owner.tokens["user"]["account"]
    path = f"/api/accounts/{account['id']}/"
    change = {"company_name": "Mi Empresa S.A. de C.V.", "phone": "5559876543"}
    answered(owner.ask("PUT", path, {**change, "subscription_plan": "premium"}), 200, {**account, **change})
    assert owner.get(path) == {**account, **change}


def test_companies_never_meet(owner: Api, platform: Platform) -> None:
    other = Api(platform.url, registered(platform.url).json()["user"]["email"], "password123")
    theirs = other.tokens["user"]
    user, account = f"/api/users/{theirs['id']}/", f"/api/accounts/{theirs['account']['id']}/"
    for method, path in (
        ("GET", user), ("PATCH", user), ("DELETE", user), ("PUT", user + "block/"), ("GET", account), ("PUT", account),
    ):  # fmt: skip
        answered(owner.ask(method, path, None if method == "GET" else BLOCK), 404, NOT_FOUND)
    assert owner.get("/api/users/")["count"] == 1
    assert other.get("/api/users/me/") == theirs


def test_blocked_and_let_in_again(owner: Api, hire: Callable[[], tuple[dict[str, Any], Api]]) -> None:
    employee, laura = hire()
    path = f"/api/users/{employee['id']}/block/"
    answered(owner.ask("PUT", path, BLOCK), 200, {**employee, **BLOCK})
    for where in READS:
        answered(laura.ask("GET", where), 401, REVOKED)
    login = {"email": employee["email"], "password": "password123"}
    refused = requests.post(owner.url + "/api/auth/login/", json=login, timeout=15)
    answered(refused, 403, {
        "detail": "Usuario bloqueado: Devolución tardía reiterada", "blocked_reason": BLOCK["blocked_reason"],
        "blocked_until": BLOCK["blocked_until"],
    })  # fmt: skip
    answered(owner.ask("PUT", path, {"is_blocked": False}), 200, employee)
    assert Api(owner.url, employee["email"], "password123").get("/api/users/me/") == employee
    printed = {**BLOCK, "blocked_until": "2026-02-15T00:00:00Z"}  # 003's own example, which is over
    answered(owner.ask("PUT", path, printed), 200, {**employee, **printed})


@pytest.mark.parametrize("end", ["block", "delete", "role", "expiry", "password"])
def test_the_next_request_is_refused_by_every_service(
    owner: Api, hire: Callable[[], tuple[dict[str, Any], Api]], end: str
) -> None:
    employee, laura = hire()
    elsewhere = Api(owner.url, employee["email"], "password123")
    for where in READS[:-1]:
        assert (laura.ask("GET", where).status_code, elsewhere.ask("GET", where).status_code) == (200, 200)
    path = f"/api/users/{employee['id']}/"
    who, method, where, body = {
        "block": (owner, "PUT", path + "block/", {"is_blocked": True}),
        "delete": (owner, "DELETE", path, None),
        "role": (owner, "PATCH", path, {"role": "ADMIN"}),
        "expiry": (owner, "PATCH", path, {"expiry_date": "2020-01-01"}),
        "password": (
            elsewhere, "POST", "/api/users/me/password/",
            {"current_password": "password123", "new_password": "password124"},
        ),
    }[end]  # fmt: skip
    assert who.ask(method, where, body).status_code in (200, 204)
    for read in READS:
        answered(laura.ask("GET", read), 401, REVOKED)
        if end != "password":
            answered(elsewhere.ask("GET", read), 401, REVOKED)
    assert laura.ask("POST", "/api/auth/refresh/", {"refresh": laura.tokens["refresh"]}).status_code == 401
    if end == "password":
        assert elsewhere.get("/api/users/me/") == employee
        assert Api(owner.url, employee["email"], "password124").get("/api/users/me/") == employee


def test_the_last_manager_stays(owner: Api) -> None:
    path = f"/api/users/{owner.tokens['user']['id']}/"
    last = {
        "detail": "This is the last active ADMIN or OWNER of the account: "
        "they cannot be deleted, blocked, made an EMPLOYEE or given an expiry date."
    }
    for method, body in (("DELETE", None), ("PATCH", {"role": "EMPLOYEE"}), ("PATCH", {"expiry_date": "2126-01-01"})):
        answered(owner.ask(method, path, body), 400, last)
    answered(owner.ask("PUT", path + "block/", BLOCK), 400, {"detail": "You cannot block yourself."})
    assert owner.get("/api/users/me/") == owner.tokens["user"]


def test_another_time_zone_moves_the_other_services_days(owner: Api) -> None:
    """A promotion of one day, where that day comes 25 hours sooner: catalog has heard of the account's move."""
    path = f"/api/accounts/{owner.tokens['user']['account']['id']}/"
    east, west = "Pacific/Kiritimati", "Pacific/Pago_Pago"
    product = owner.post("/api/products/", {"name": "Coca Cola 600ml", "sku": uuid.uuid4().hex, "price": "10.00"})
    today = datetime.now(ZoneInfo(east)).date().isoformat()
    owner.post(
        "/api/promotions/",
        {"name": "Hoy", "product": product["id"], "discount_percent": 50, "start_date": today, "end_date": today},
    )

    def price() -> Any:
        return owner.get(f"/api/products/{product['id']}/")["discounted_price"]

    for zone, expected in ((west, None), (east, "5.00")):
        assert owner.ask("PATCH", path, {"timezone": zone}).json()["timezone"] == zone
        eventually(lambda seen=expected: price() == seen, f"catalog reckons in {zone}")
