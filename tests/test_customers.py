"""Customers as the POS and the chatbot use them (001, 11–18, 24 and 25), through the gateway, exact."""

from __future__ import annotations

import json
import random
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pika
import pytest
import requests

from cashier import ROOT, Api, Shop, eventually
from chassis.identity import sign_service_token
from chassis.messaging.envelope import Event
from native.platform import Platform

MARIA = {"first_name": "Maria", "last_name": "González", "birth_date": "1995-08-20"}
FORBIDDEN = {"detail": "You do not have permission to perform this action."}
POINTS = {"amount": 100, "transaction_type": "EARN", "description": "Purchase #1024 Bonus"}


def number() -> str:
    return f"{uuid.uuid4().int % 10**10:010d}"


def seen(answer: requests.Response) -> tuple[int, Any]:
    """Status and body."""
    return answer.status_code, answer.json() if answer.content else None


@pytest.fixture
def maria(api: Api) -> dict[str, Any]:
    """A new customer with a credit line, as answered."""
    phone = number()
    body = {**MARIA, "phone_number": phone, "email": f"maria.{phone}@email.com", "credit_limit": "2000.00"}
    made: dict[str, Any] = api.post("/api/customers/", body)
    return made


@pytest.fixture
def path(maria: dict[str, Any]) -> str:
    return f"/api/customers/{maria['id']}/"


@pytest.fixture
def employee(api: Api, platform: Platform) -> Api:
    """An employee of the same account."""
    name = f"caja{number()}"
    person = {"username": name, "email": f"{name}@example.com", "first_name": "Ana", "last_name": "Ruiz"}
    api.post("/api/users/", {**person, "password": "una-clave-larga-1"})
    return Api(platform.url, name, "una-clave-larga-1")


def of_sales(platform: Platform) -> dict[str, str]:
    """The environment of sales' worker: what it signs its calls with, and where its broker is."""
    found: dict[str, str] = json.loads((platform.settings.processes / "sales-worker.json").read_text())["env"]
    return found


def hold(platform: Platform, maria: dict[str, Any], method: str, amount: str) -> requests.Response:
    """Sales takes what pays an order."""
    keys = dict(pair.split("=", 1) for pair in of_sales(platform)["MOSTRADOR_SERVICE_KEYS"].split(","))
    token = sign_service_token(keys["sales>customers"], caller="sales", callee="customers", account_id=1)
    body = {
        "order_uid": str(uuid.uuid4()), "ticket_folio": "F47AC10B", "user_uid": str(uuid.uuid4()),
        "customer_id": maria["id"], "payment_method": method, "amount": amount,
    }  # fmt: skip
    url = platform.service_url("customers") + "/internal/holds/"
    return requests.post(url, json=body, headers={"Authorization": f"Bearer {token}"}, timeout=5)


def test_customers_are_registered_changed_and_found(api: Api, employee: Api, maria: dict[str, Any], path: str) -> None:
    assert maria == {
        "id": maria["id"], **MARIA, "phone_number": maria["phone_number"], "email": maria["email"], "is_frequent": False,
        "current_points": 0, "credit_limit": "2000.00", "credit_used": "0.00", "available_credit": "2000.00",
    }  # fmt: skip
    assert seen(api.ask("POST", "/api/customers/", maria)) == (
        400,
        {
            "phone_number": ["customer with this phone number already exists."],
            "email": ["customer with this email already exists."],
        },
    )
    blank = {"first_name": "", "last_name": "X", "phone_number": number(), "birth_date": "20-08-1995"}
    assert seen(api.ask("POST", "/api/customers/", blank)) == (
        400,
        {
            "first_name": ["This field is required."],
            "birth_date": ["Date has wrong format. Use one of these formats instead: YYYY-MM-DD."],
        },
    )
    changes = {"email": f"nueva.{maria['email']}", "credit_limit": "9999", "current_points": 7, "is_frequent": True}
    assert seen(employee.ask("PATCH", path, changes)) == (200, {**maria, "email": changes["email"]})
    tag = api.ask("GET", path).headers["ETag"]
    assert seen(employee.ask("PATCH", path, {"email": maria["email"]}, **{"If-Match": tag})) == (200, maria)
    assert api.ask("PATCH", path, {"first_name": "Eva"}, **{"If-Match": tag}).status_code == 412
    found = employee.get(f"/api/customers/?search=GONZALEZ+{maria['phone_number']}")
    assert found == [maria]
    assert employee.ask("DELETE", path).status_code == 204
    assert seen(api.ask("GET", path)) == (404, {"detail": "Not found."})


def test_points_are_added_and_redeemed_by_hand(api: Api, employee: Api, path: str) -> None:
    assert employee.post(path + "points/", {**POINTS, "amount": 150}) == {"status": "success", "new_balance": 150}
    for _ in range(2):  # under one key it counts once
        assert employee.post(path + "points/", POINTS, **{"Idempotency-Key": "k"}) == {
            "status": "success",
            "new_balance": 250,
        }
    redeem = {"amount": -50, "transaction_type": "REDEEM", "description": "Discount applied"}
    assert employee.post(path + "points/", redeem) == {"status": "success", "new_balance": 200}
    newest, older, _ = employee.get(path + "history/")
    assert newest == {"id": newest["id"], **redeem, "created_at": newest["created_at"]}
    assert older == {"id": older["id"], **POINTS, "created_at": older["created_at"]}
    assert seen(api.ask("POST", path + "points/", {**redeem, "amount": 320})) == (
        400,
        {"detail": "Saldo de puntos insuficiente. Puntos disponibles: 200.00, Total a pagar: 320.00"},
    )
    assert api.get(path)["current_points"] == 200
    page = api.ask("GET", path + "history/?page=1&page_size=2")
    assert (len(page.json()), page.headers["X-Total-Count"]) == (2, "3")


def test_credit_is_charged_and_paid_off(platform: Platform, employee: Api, maria: dict[str, Any], path: str) -> None:
    assert hold(platform, maria, "CREDIT", "550.50").status_code == 200
    payment = {"amount": 200.00, "description": "Partial payment via Bank Transfer"}
    for _ in range(2):
        answer = employee.ask("POST", path + "pay-credit/", payment, **{"Idempotency-Key": "p"})
        assert seen(answer) == (
            200,
            {"status": "success", "new_credit_used": "350.50", "available_credit": "1649.50"},
        )
    paid, charged = employee.get(path + "credit-history/")
    assert paid == {
        "id": paid["id"], "amount": "200.00", "transaction_type": "PAYMENT", "description": payment["description"],
        "created_at": paid["created_at"],
    }  # fmt: skip
    assert (charged["amount"], charged["transaction_type"], charged["description"]) == (
        "550.50", "CHARGE", "Purchase - Ticket #F47AC10B",
    )  # fmt: skip
    for amount in (-5, 0, "", None):
        assert seen(employee.ask("POST", path + "pay-credit/", {"amount": amount})) == (
            400,
            {"error": ["El monto del abono debe ser positivo."]},
        )
    assert seen(hold(platform, maria, "CREDIT", "1649.51")) == (
        400,
        {"error": ["Crédito insuficiente. Disponible: $1649.50"], "credit_limit": "2000.00", "credit_used": "350.50"},
    )
    assert employee.post(path + "pay-credit/", {"amount": "5000"}, 200)["new_credit_used"] == "0.00"


def test_the_chatbots_users(api: Api, employee: Api) -> None:
    juan = {"mobile_number": f"+52{number()}", "name": "Juan Perez"}
    made = api.post("/api/chatbotusers/", juan)
    assert made == {**juan, "last_interaction": made["last_interaction"]}
    assert seen(api.ask("POST", "/api/chatbotusers/", juan)) == (
        400,
        {"mobile_number": ["chat bot users with this mobile number already exists."]},
    )
    assert seen(api.ask("POST", "/api/chatbotusers/", {**juan, "mobile_number": "5" * 21})) == (
        400,
        {"mobile_number": ["Ensure this field has no more than 20 characters."]},
    )
    for written in (juan["mobile_number"], juan["mobile_number"].replace("+", "%2B")):

        def ask(method: str, tail: str = "", body: Any = None, who: Api = api, written: str = written) -> Any:
            request = requests.Request(method, who.url, headers=dict(who.http.headers), json=body).prepare()
            request.url = f"{who.url}/api/chatbotusers/{written}/{tail}"  # as it stands: no library may tidy it up
            return seen(requests.Session().send(request, timeout=5))

        assert ask("GET")[1]["mobile_number"] == juan["mobile_number"]
        assert ask("POST", "interactions/") == (204, None)
        assert (
            ask("PATCH", body={"name": "Juan Updated", "last_interaction": "2001-01-01"})[1]["name"] == "Juan Updated"
        )
        assert ask("GET")[1]["last_interaction"] >= made["last_interaction"]
        for method, tail in (("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "interactions/")):
            assert ask(method, tail, {} if method == "PATCH" else None, employee) == (403, FORBIDDEN)
    assert api.ask("DELETE", f"/api/chatbotusers/{juan['mobile_number']}/").status_code == 204
    assert seen(api.ask("GET", f"/api/chatbotusers/{juan['mobile_number']}/")) == (404, {"detail": "Not found."})
    assert seen(employee.ask("POST", "/api/chatbotusers/", juan)) == (403, FORBIDDEN)
    assert seen(employee.ask("GET", "/api/chatbotusers/")) == (403, FORBIDDEN)


def test_paid_orders_told_again_and_again_and_in_any_order_count_once(
    platform: Platform, api: Api, maria: dict[str, Any], path: str
) -> None:
    """A day in each week of last month, and one of this month: points once each, and a frequent customer."""
    example = json.loads((ROOT / "contracts/events/sales/OrderPaid.json").read_text())["examples"][0]
    noon = datetime.now(UTC).replace(hour=18, minute=0, second=0, microsecond=0)
    this_month = noon.replace(day=1)
    days = [day for n in range(40) if (day := this_month - timedelta(days=n)).month != this_month.month]
    days = [day for day in days if day.month == (this_month - timedelta(days=1)).month]
    events = []
    for day in [*days, this_month]:
        uid = str(uuid.uuid4())
        data = {
            **example, "customer_id": maria["id"], "order_uid": uid, "ticket_folio": uid[:8].upper(), "points_earned": 3,
            "paid_at": f"{day:%Y-%m-%dT%H:%M:%S.%fZ}",
        }  # fmt: skip
        events.append(Event(str(uuid.uuid4()), "/sales", "OrderPaid", uid, day, 1, 2, data))
    stream = events * 5
    random.Random(5).shuffle(stream)
    broker = pika.BlockingConnection(pika.URLParameters(platform.broker_url))
    channel = broker.channel()
    for event in stream:
        channel.basic_publish(
            "mostrador.events", event.routing_key, event.to_bytes(), pika.BasicProperties(message_id=event.id)
        )
    broker.close()
    shown = eventually(lambda: (now := api.get(path))["current_points"] >= 3 * len(events) and now, "all are counted")
    assert shown["current_points"] == 3 * len(events)
    assert shown["is_frequent"] is True
    assert len(api.get(path + "history/")) == len(events)
    assert platform.run("customers", "reconcile") == "every customer's points and debt equal their ledgers\n"


def test_an_erased_customer_is_gone_everywhere(shop: Shop, employee: Api) -> None:
    order = shop.sell()
    path = f"/api/customers/{shop.customer['id']}/"
    report = f"/api/analytics/customer-sales/?customer_id={shop.customer['id']}"
    eventually(lambda: shop.api.ask("GET", report).status_code == 200, "analytics has counted the order")
    eventually(lambda: shop.points == order["points_earned"], "the points are there")
    kept = shop.api.get(path + "export/")
    assert kept["customer"]["phone_number"] == shop.customer["phone_number"]
    assert kept["points"][0]["description"] == f"Purchase - Ticket #{order['ticket_folio']}"
    for method, tail in (("GET", "export/"), ("POST", "erase/")):
        assert seen(employee.ask(method, path + tail)) == (403, FORBIDDEN)
    assert shop.api.post(path + "erase/", None, 204) is None
    assert shop.api.ask("GET", path).status_code == 404

    def name() -> str:
        shown: str = shop.api.get(f"/api/orders/{order['id']}/")["customer_name"]
        return shown

    eventually(lambda: name() == "Anonymous", "sales has forgotten the name")
    assert shop.api.get(f"/api/orders/?search={order['ticket_folio']}")[0]["customer_name"] == "Anonymous"
    eventually(lambda: shop.api.ask("GET", report).status_code == 404, "analytics has forgotten who it was")
    receipt = shop.api.ask("GET", f"/api/orders/{order['id']}/receipt/")
    assert receipt.status_code == 200
    assert shop.customer["last_name"] not in receipt.text
