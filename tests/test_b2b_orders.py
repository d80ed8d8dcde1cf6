"""B2B orders through the gateway, by the shop's own people and by wholesale clients with phone and PIN: 004's section "Order"."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
import requests

from cashier import Api
from native.platform import Platform

ORDERS = "/api/v1/order"
PIN = "4711"


def unique(name: str) -> str:
    """A uid as 004 prints them, that no other test knows."""
    return f"{name}-{uuid.uuid4().hex[:12]}"


class Wholesaler:
    """A B2B client, logged in."""

    def __init__(self, staff: Api, **fields: Any) -> None:
        self.uid, self.url = unique("client"), staff.url
        phone = f"+52{uuid.uuid4().int % 10**10:010}"
        who = {"uid": self.uid, "name": "Abarrotes Lupita", "phone": phone, "pin_code": PIN, "discount": 10, **fields}
        staff.post("/api/v1/client", {"data": [who]}, 200)
        login = requests.post(f"{self.url}/api/v1/auth/login", json={"phone": phone, "pin_code": PIN}, timeout=15)
        assert login.status_code == 200, login.text
        self.token = login.json()["data"]["access_token"]

    def ask(self, method: str, path: str, body: Any = None) -> requests.Response:
        """One request with the client's token."""
        headers = {"Authorization": f"Bearer {self.token}"}
        return requests.request(method, self.url + path, json=body, headers=headers, timeout=15)


@pytest.fixture(scope="module")
def owner(platform: Platform) -> Api:
    """The administrator, logged in once."""
    return Api(platform.url, platform.admin.username, platform.admin.password)


@pytest.fixture(scope="module")
def wholesaler(owner: Api) -> Wholesaler:
    """A client with 10 % off."""
    return Wholesaler(owner)


@pytest.fixture(scope="module")
def products(owner: Api) -> list[str]:
    """Two products of the B2B catalogue, at 1,000.00 and 500.00."""
    uids = [unique("prod"), unique("prod")]
    prices = zip(uids, (1000, 500), strict=True)
    owner.post("/api/v1/product", {"data": [{"uid": uid, "price": price, "quantity": 5} for uid, price in prices]}, 200)
    return uids


def order_of(user_uid: str, **fields: Any) -> dict[str, Any]:
    return {
        "uid": unique("order"), "user_uid": user_uid, "status": "pending", "total": 5000.0, "shipping_address": "123 Main St",
        "billing_address": "123 Main St", **fields,
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
    return {name: value for name, value in row.items() if name not in ("created_at", "updated_at")}


def unknown(uid: str) -> str:
    return f'Invalid pk "{uid}" - object does not exist.'


def test_the_life_of_an_order(owner: Api, wholesaler: Wholesaler, products: list[str]) -> None:
    order = order_of(wholesaler.uid)
    uid, path = order["uid"], f"{ORDERS}/{order['uid']}"
    assert success(owner.ask("POST", ORDERS, {"data": [order]})) == [uid]
    assert shown(success(owner.ask("GET", path))) == order

    first = {
        "order_uid": uid,
        "product_uid": products[0],
        "quantity": 2,
        "price": 1000,
        "discount": 100,
        "total": 1800.0,
    }
    second = {"order_uid": uid, "product_uid": products[1], "quantity": 1, "price": 500, "discount": 0, "total": 500.0}
    done = "order items updated successfully"
    assert success(owner.ask("POST", f"{ORDERS}/item", {"data": [first, second]})) == done
    items = success(owner.ask("GET", f"{path}/items"))
    assert sorted(items, key=lambda item: -item["price"]) == [first, second]
    assert shown(success(owner.ask("GET", path))) == {**order, "total": 2300}

    for where in (f"{ORDERS}/user/{wholesaler.uid}", f"{ORDERS}/status/pending?limit=1000", f"{ORDERS}?limit=1000"):
        assert uid in [row["uid"] for row in success(owner.ask("GET", where))]
    page = owner.get(f"{ORDERS}/user/{wholesaler.uid}?limit=1")
    assert page["metadata"].keys() == {"offset", "limit", "total"}

    statuses = {"data": [{"uid": uid, "status": "shipped"}]}
    assert success(owner.ask("PUT", f"{ORDERS}/status", statuses)) == "order statuses updated successfully"
    assert success(owner.ask("DELETE", f"{path}/item/{products[0]}")) == "order item deleted successfully"
    gone = {"data": [{"order_uid": uid, "product_uid": product} for product in products]}
    assert success(owner.ask("DELETE", f"{ORDERS}/items", gone)) == "order items deleted successfully"
    assert success(owner.ask("GET", path))["total"] == 0
    assert success(owner.ask("DELETE", path)) == "order deleted successfully"
    for method in ("GET", "DELETE"):
        refused(owner.ask(method, path), 404, "Not found.")
    assert success(owner.ask("DELETE", ORDERS, {"data": [uid, "nobody"]})) == "orders deleted successfully"


def test_what_is_wrong_is_named_and_nothing_is_stored(owner: Api, products: list[str]) -> None:
    """References to users, clients and products are looked up where they are kept, at once after they were made."""
    me = owner.tokens["user"]
    own, stranger, item = order_of(me["uid"]), order_of("nobody"), {"quantity": 1, "price": 1}
    refused(owner.ask("POST", ORDERS, {"data": [own, stranger]}), 400, f"data[1].user_uid: {unknown('nobody')}")
    refused(owner.ask("GET", f"{ORDERS}/{own['uid']}"), 404, "Not found.")
    name = unique("cajero")
    who = {"username": name, "email": f"{name}@enterprise.com", "password": "securePass123", "first_name": "Juan"}
    employee = owner.post("/api/users/", {**who, "last_name": "Lopez"})
    his = order_of(employee["uid"], status="delivered")
    success(owner.ask("POST", ORDERS, {"data": [own, his]}))
    for body, message in (
        ([{**item, "order_uid": "nothing", "product_uid": products[0]}], f"data[0].order_uid: {unknown('nothing')}"),
        ([{**item, "order_uid": own["uid"], "product_uid": "nothing"}], f"data[0].product_uid: {unknown('nothing')}"),
        ([{**item, "order_uid": his["uid"], "product_uid": products[0]}], "data[0].order_uid: A delivered order cannot be changed."),
    ):  # fmt: skip
        refused(owner.ask("POST", f"{ORDERS}/item", {"data": body}), 400, message)
    for status, message in (
        ("lost", 'data[1].status: "lost" is not a valid choice.'),
        ("pending", "data[1].status: A delivered order cannot become pending."),
    ):
        body = [{"uid": own["uid"], "status": "shipped"}, {"uid": his["uid"], "status": status}]
        refused(owner.ask("PUT", f"{ORDERS}/status", {"data": body}), 400, message)
    refused(owner.ask("GET", f"{ORDERS}/status/lost"), 400, 'status: "lost" is not a valid choice.')
    assert shown(success(owner.ask("GET", f"{ORDERS}/{own['uid']}"))) == own
    for method, path in (("GET", ORDERS), ("POST", ORDERS), ("PUT", f"{ORDERS}/status"), ("DELETE", f"{ORDERS}/items")):
        answer = requests.request(method, owner.url + path, json={"data": []}, timeout=15)
        refused(answer, 401, "unauthorized")


def test_a_client_orders_for_itself_at_the_catalogues_price(
    owner: Api, wholesaler: Wholesaler, products: list[str]
) -> None:
    order = order_of("somebody", uid=unique("order"))
    uid, path = order["uid"], f"{ORDERS}/{order['uid']}"
    assert success(wholesaler.ask("POST", ORDERS, {"data": [order]})) == [uid]
    assert shown(success(wholesaler.ask("GET", path))) == {**order, "user_uid": wholesaler.uid, "total": 0}
    cheap = {"order_uid": uid, "product_uid": products[0], "quantity": 2, "price": 0.01, "discount": 0, "total": 0.02}
    success(wholesaler.ask("POST", f"{ORDERS}/item", {"data": [cheap]}))
    assert success(wholesaler.ask("GET", f"{path}/items")) == [{**cheap, "price": 1000, "discount": 100, "total": 1800}]
    assert owner.get(path)["data"]["total"] == 1800

    shipped = {"data": [{"uid": uid, "status": "shipped"}]}
    message = "data[0].status: A client can only cancel an order, while it is pending."
    refused(wholesaler.ask("PUT", f"{ORDERS}/status", shipped), 400, message)
    forbidden = "You do not have permission to perform this action."
    refused(wholesaler.ask("DELETE", path), 403, forbidden)
    refused(wholesaler.ask("DELETE", ORDERS, {"data": [uid]}), 403, forbidden)
    success(wholesaler.ask("PUT", f"{ORDERS}/status", {"data": [{"uid": uid, "status": "cancelled"}]}))
    refused(
        wholesaler.ask("POST", f"{ORDERS}/item", {"data": [{**cheap, "quantity": 3}]}),
        400,
        "data[0].order_uid: A cancelled order cannot be changed.",
    )


def test_clients_see_nobody_elses_orders(owner: Api, wholesaler: Wholesaler, products: list[str]) -> None:
    other, mine, theirs = Wholesaler(owner), order_of(wholesaler.uid), order_of("x")
    success(wholesaler.ask("POST", ORDERS, {"data": [mine]}))
    success(other.ask("POST", ORDERS, {"data": [theirs]}))
    assert [row["uid"] for row in success(other.ask("GET", ORDERS))] == [theirs["uid"]]
    assert [row["uid"] for row in success(other.ask("GET", f"{ORDERS}/status/pending"))] == [theirs["uid"]]
    for path in (mine["uid"], f"{mine['uid']}/items", f"user/{wholesaler.uid}"):
        refused(other.ask("GET", f"{ORDERS}/{path}"), 404, "Not found.")
    cancel = {"data": [{"uid": theirs["uid"], "status": "cancelled"}, {"uid": mine["uid"], "status": "cancelled"}]}
    refused(other.ask("PUT", f"{ORDERS}/status", cancel), 400, f"data[1].uid: {unknown(mine['uid'])}")
    refused(other.ask("POST", ORDERS, {"data": [{"uid": mine["uid"]}]}), 400, f"data[0].uid: {unknown(mine['uid'])}")
    assert {row["status"] for row in owner.get(f"{ORDERS}/user/{other.uid}")["data"]} == {"pending"}
    assert other.ask("GET", "/api/orders/").status_code == 403
