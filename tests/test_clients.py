"""B2B clients through the gateway, with the tokens of the shop's own people: 004's examples and error cases."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from cashier import Api
from native.platform import Platform

CLIENTS = "/api/v1/client"
LEFT_OUT = {"pin_code"}
TIMES = {"created_at", "updated_at"}


@pytest.fixture(scope="module")
def owner(platform: Platform) -> Api:
    """The administrator, logged in once."""
    return Api(platform.url, platform.admin.username, platform.admin.password)


@pytest.fixture(scope="module")
def employee(owner: Api) -> Api:
    """A cashier of the same shop."""
    name = f"cajero_{uuid.uuid4().hex[:8]}"
    who = {"username": name, "email": f"{name}@enterprise.com", "password": "securePass123"}
    owner.post("/api/users/", {**who, "first_name": "Juan", "last_name": "Lopez"})
    return Api(owner.url, name, "securePass123")


def new_client(**fields: Any) -> dict[str, Any]:
    """A body as 004 prints it, of a client that no other test knows."""
    number = uuid.uuid4().int
    return {
        "uid": f"client-{number:x}", "name": "Abarrotes Lupita", "email": f"compras+{number:x}@lupita.mx",
        "phone": f"+52{number % 10**10:010}", "pin_code": "1234", "address": "Av. Juárez 12", "discount": 10, "currency": "USD",
        "price_type_uid": "wholesale", "active": True, **fields,
    }  # fmt: skip


def success(answer: requests.Response) -> Any:
    """The data of an answer in 004's envelope."""
    body = answer.json()
    assert answer.status_code == 200, body
    assert (body["success"], body["status_message"]) == (True, "Success")
    assert body.keys() - {"metadata"} == {"data", "success", "status_message", "timestamp"}
    return body["data"]


def refused(answer: requests.Response, status: int, message: str) -> None:
    body = answer.json()
    assert body.pop("timestamp")
    assert (answer.status_code, body) == (status, {"data": None, "success": False, "status_message": message})


def shown(row: dict[str, Any]) -> dict[str, Any]:
    """What is shown of a client, but for its times."""
    assert row.keys() >= TIMES
    return {name: value for name, value in row.items() if name not in TIMES}


def test_the_life_of_a_client(owner: Api) -> None:
    client = new_client()
    uid, path = client["uid"], f"{CLIENTS}/{client['uid']}"
    expected = {name: value for name, value in client.items() if name not in LEFT_OUT}
    assert success(owner.ask("POST", CLIENTS, {"data": [client]})) == [uid]
    assert shown(success(owner.ask("GET", path))) == expected
    for email in (client["email"], client["email"].upper(), client["email"].replace("@", "%40").replace("+", "%2B")):
        assert shown(success(owner.ask("GET", f"{CLIENTS}/email/{email}"))) == expected
    assert success(owner.ask("POST", CLIENTS, {"data": [{"uid": uid, "discount": 12.5}]})) == [uid]
    assert shown(success(owner.ask("GET", path))) == {**expected, "discount": 12.5}

    off = {"data": [{"uid": uid, "active": False}]}
    assert success(owner.ask("POST", f"{CLIENTS}/active", off)) == "updated successfully"
    assert success(owner.ask("GET", path))["active"] is False

    assert success(owner.ask("DELETE", path)) == "deleted successfully"
    for method in ("GET", "DELETE"):
        refused(owner.ask(method, path), 404, "Not found.")
    refused(owner.ask("GET", f"{CLIENTS}/email/{client['email']}"), 404, "Not found.")


def test_lists_and_batches(owner: Api) -> None:
    before = owner.get(CLIENTS)["metadata"]["total"]
    clients = [new_client() for _ in range(3)]
    uids = success(owner.ask("POST", CLIENTS, {"data": clients}))
    assert uids == [client["uid"] for client in clients]
    page = owner.get(f"{CLIENTS}?offset={before}&limit=2")
    assert {row["uid"] for row in page["data"]} < set(uids)
    assert page["metadata"] == {"offset": before, "limit": 2, "total": before + 3}
    assert success(owner.ask("DELETE", CLIENTS, {"data": [*uids, "nobody"]})) == "deleted successfully"
    assert owner.get(CLIENTS)["metadata"]["total"] == before
    refused(owner.ask("GET", f"{CLIENTS}?limit=0"), 400, "limit: Ensure this value is greater than or equal to 1.")


def test_what_is_wrong_is_named_and_nothing_is_stored(owner: Api) -> None:
    known, new = new_client(), new_client()
    owner.post(CLIENTS, {"data": [known]}, 200)
    for body, message in (
        ({"data": []}, "data: This list may not be empty."),
        ({"data": [new, new_client(pin_code="12")]}, "data[1].pin_code: Enter a PIN of 4 to 12 digits."),
        ({"data": [new, new_client(phone="string")]}, "data[1].phone: Enter a valid phone number."),
        ({"data": [new, new_client(phone=known["phone"])]}, "data[1].phone: client with this phone already exists."),
        ({"data": [new, new_client(email=known["email"])]}, "data[1].email: client with this email already exists."),
        ({"data": [new, new_client(uid=new["uid"])]}, "data[1].uid: The same as data[0]."),
        (
            {"data": [new, {"uid": "x", "name": "x", "phone": "5512345678"}]},
            "data[1].pin_code: This field is required.",
        ),
    ):
        refused(owner.ask("POST", CLIENTS, body), 400, message)
        refused(owner.ask("GET", f"{CLIENTS}/{new['uid']}"), 404, "Not found.")
    unknown = {"data": [{"uid": known["uid"], "active": False}, {"uid": "nobody", "active": True}]}
    message = 'data[1].uid: Invalid uid "nobody" - object does not exist.'
    refused(owner.ask("POST", f"{CLIENTS}/active", unknown), 400, message)
    assert success(owner.ask("GET", f"{CLIENTS}/{known['uid']}"))["active"] is True


def test_employees_keep_the_clients_too_and_strangers_see_none(employee: Api) -> None:
    client = new_client()
    path = f"{CLIENTS}/{client['uid']}"
    assert success(employee.ask("POST", CLIENTS, {"data": [client]})) == [client["uid"]]
    for method, where in (("GET", CLIENTS), ("POST", CLIENTS), ("GET", path), ("DELETE", path)):
        answer = requests.request(method, employee.url + where, json={"data": ["x"]}, timeout=15)
        refused(answer, 401, "unauthorized")
        assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert success(employee.ask("DELETE", path)) == "deleted successfully"


def test_nothing_adds_a_slash_and_nobody_asks_for_pins_from_outside(owner: Api) -> None:
    assert owner.ask("GET", f"{CLIENTS}/").status_code == 404
    body = {"phone": "+525512345678", "pin_code": "1234"}
    assert owner.ask("POST", "/internal/clients/pin/", body).status_code == 404


def test_a_thousand_clients_with_their_pins_are_one_request(owner: Api) -> None:
    clients = [new_client() for _ in range(1000)]
    assert len(success(owner.ask("POST", CLIENTS, {"data": clients}))) == 1000
    assert len(success(owner.ask("GET", f"{CLIENTS}?limit=1000"))) == 1000
    assert success(owner.ask("DELETE", CLIENTS, {"data": [client["uid"] for client in clients]}))


def test_one_phone_at_once_has_one_winner(owner: Api) -> None:
    phone = new_client()["phone"]

    def create(_: int) -> requests.Response:
        body = {"data": [new_client(phone=phone)]}
        while (answer := owner.ask("POST", CLIENTS, body)).status_code == 503:
            assert answer.headers["Retry-After"], "no room to hash the PIN just now"
        return answer

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(create, range(16)))
    lost = [answer for answer in answers if answer.status_code != 200]
    assert len(lost) == 15
    for answer in lost:
        refused(answer, 400, "data[0].phone: client with this phone already exists.")
