"""Orders through the gateway: every example and every error case that 001 §20–23 print, quotes, receipts."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from cashier import Api, customer_of, eventually, new_customer, new_order, new_product, pay
from native.platform import Platform

NOT_FOUND = {"detail": "Not found."}
CANNOT_CANCEL = "No se puede cancelar esta orden. Solo se permiten cancelar órdenes PENDIENTES."
CANNOT_PAY = "No se puede pagar esta orden. Solo se permiten pagar órdenes PENDIENTES."


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


@pytest.fixture(scope="module")
def outsider(platform: Platform) -> Api:
    """The owner of another company."""
    mail = f"otra-{uuid.uuid4().hex[:8]}@example.com"
    body = {"email": mail, "password": "securePass123", "full_name": "Otra Dueña", "company_name": "Otra Tienda"}
    answer = requests.post(f"{platform.url}/api/auth/register/", json=body, timeout=15)
    assert answer.status_code == 201, answer.text
    return Api(platform.url, mail, "securePass123")


def refused(answer: requests.Response, body: Any, status: int = 400) -> None:
    assert (answer.status_code, answer.json()) == (status, body)


# --- 20 to 22, as printed


@pytest.fixture(scope="module")
def basket(owner: Api) -> list[dict[str, Any]]:
    """The document's two products: 5.00 off the first, and together just 200.00 before tax."""
    cola, other = new_product(owner, "91.21"), new_product(owner, "27.58", name="Galletas Emperador")
    days = {"start_date": "2000-01-01", "end_date": "2999-12-31", "target_audience": "ALL"}
    owner.post("/api/promotions/", {"name": "Oferta", "product": cola["id"], "discount_percent": 5.48, **days})
    return [{"product_id": cola["id"], "quantity": 2}, {"product_id": other["id"], "quantity": 1}]


def test_create_pay_with_credit_and_cancel_as_the_document_shows(owner: Api, employee: Api, basket: Any) -> None:
    maria = new_customer(owner, limit="1000.00")
    body = {"customer": maria["id"], "items": basket}
    quoted = employee.post("/api/orders/quote/", body, 200)
    made = employee.post("/api/orders/", body)
    folio = made["ticket_folio"]
    assert (len(folio), folio) == (8, folio.upper())
    assert made == {
        "id": made["id"], "ticket_folio": folio, "status": "PENDING", "created_at": made["created_at"],
        "customer": maria["id"], "customer_name": "Maria González", "subtotal": "200.00", "total_tax": "32.00",
        "final_amount": "232.00", "money_saved_total": "10.00",
        "items": [
            {
                "product_id": basket[0]["product_id"], "product_name": "Coca Cola 600ml", "quantity": 2,
                "unit_price": "86.21", "tax_amount": "27.59", "discount_amount": "10.00", "amount": "172.42",
            },
            {
                "product_id": basket[1]["product_id"], "product_name": "Galletas Emperador", "quantity": 1,
                "unit_price": "27.58", "tax_amount": "4.41", "discount_amount": "0.00", "amount": "27.58",
            },
        ],
    }  # fmt: skip
    assert quoted["items"][0]["discount"]["amount_saved"] == "10.00"
    totals = ("subtotal", "total_tax", "final_amount", "money_saved_total")
    assert [quoted[name] for name in totals] == [made[name] for name in totals]
    paid = pay(employee, made, "CREDIT").json()
    assert paid == {
        "id": made["id"], "status": "PAID", "payment_method": "CREDIT", "paid_at": paid["paid_at"],
        "final_amount": "232.00", "points_earned": 2,
    }  # fmt: skip
    assert customer_of(owner, maria)["credit_used"] == "232.00"
    eventually(lambda: customer_of(owner, maria)["current_points"] == 2, "the points are earned")
    [charge] = owner.get(f"/api/customers/{maria['id']}/credit-history/")
    told = (charge["amount"], charge["transaction_type"], charge["description"])
    assert told == ("232.00", "CHARGE", f"Purchase - Ticket #{folio}")
    refused(owner.ask("POST", f"/api/orders/{made['id']}/cancel/", {}), {"non_field_errors": [CANNOT_CANCEL]})
    void = new_order(employee, {"id": basket[0]["product_id"]})
    assert employee.post(f"/api/orders/{void['id']}/cancel/", {}, 200) == {
        "status": "Order cancelled",
        "detail": f"La orden {void['id']} fue cancelada y el stock restaurado.",
    }
    refused(pay(employee, void, "CASH"), {"detail": CANNOT_PAY})


def test_a_receipt_of_every_form(owner: Api, basket: Any) -> None:
    order = owner.post("/api/orders/", {"items": basket})
    path = f"/api/orders/{order['id']}/receipt/"
    assert "*** NO PAGADO ***" in owner.ask("GET", path, **{"Accept-Language": "es"}).content.decode()
    pay(owner, order, "CASH")
    text = owner.ask("GET", f"{path}?width=58")
    lines = text.content.decode().splitlines()
    assert (text.headers["Content-Type"], max(map(len, lines))) == ("text/plain; charset=utf-8", 32)
    assert {f"TOTAL{'232.00':>27}", f"Paid with{'Cash':>23}"} < set(lines)
    page = owner.ask("GET", path, Accept="text/html")
    assert "<svg" in page.text
    assert "style-src 'unsafe-inline'" in page.headers["Content-Security-Policy"]
    eventually(lambda: "Mostrador" in owner.ask("GET", path).text, "the first account's name has come from auth")
    assert owner.ask("GET", f"{path}?format=pdf").content.startswith(b"%PDF-1.4")


# --- 23, as printed


def test_case_a_too_little_stock(owner: Api, employee: Api) -> None:
    cola = new_product(owner, "18.50", name="Coca Cola", current_stock=5)
    before = len(owner.get("/api/orders/"))
    answer = employee.ask("POST", "/api/orders/", {"items": [{"product_id": cola["id"], "quantity": 10}]})
    refused(answer, {"non_field_errors": ["Stock insuficiente para 'Coca Cola'. Disponible: 5, Solicitado: 10"]})
    assert len(owner.get("/api/orders/")) == before
    assert owner.get(f"/api/products/{cola['id']}/")["current_stock"] == 5


def test_case_b_the_credit_limit(owner: Api, employee: Api) -> None:
    maria, thing = new_customer(owner, limit="1000.00"), new_product(owner, "1.00", tax_rate="0", current_stock=5000)
    assert pay(employee, new_order(employee, thing, 950, maria), "CREDIT").status_code == 200
    order = new_order(employee, thing, 200, maria)
    text = "El cliente excede su límite de crédito. Límite: 1000.00, Saldo actual: 950.00, Compra: 200.00"
    refused(pay(employee, order, "CREDIT"), {"detail": text})
    assert owner.get(f"/api/orders/{order['id']}/")["status"] == "PENDING"
    assert customer_of(owner, maria)["credit_used"] == "950.00"
    assert pay(employee, new_order(employee, thing, 50, maria), "CREDIT").status_code == 200, "to the last peso"


def test_case_c_too_few_points(owner: Api, employee: Api) -> None:
    maria, thing = new_customer(owner, points=50), new_product(owner, "1.00", tax_rate="0")
    order = new_order(employee, thing, 100, maria)
    text = "Saldo de puntos insuficiente. Puntos disponibles: 50.00, Total a pagar: 100.00"
    refused(pay(employee, order, "POINTS"), {"detail": text})
    assert owner.get(f"/api/orders/{order['id']}/")["status"] == "PENDING"
    assert customer_of(owner, maria)["current_points"] == 50
    assert pay(employee, order, "CASH").status_code == 200


def test_points_pay_and_a_retry_takes_no_more_of_them(owner: Api, employee: Api) -> None:
    maria, thing = new_customer(owner, points=200), new_product(owner, "100.25", tax_rate="0")
    order, key = new_order(employee, thing, 1, maria), {"Idempotency-Key": uuid.uuid4().hex}
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: Api.ask(employee, *_pay_of(order, "POINTS"), **key), range(8)))
    assert {answer.status_code for answer in answers} <= {200, 409}
    last = pay(employee, order, "POINTS", **key)
    assert (last.status_code, last.headers["Idempotent-Replayed"]) == (200, "true")
    eventually(lambda: customer_of(owner, maria)["current_points"] == 100, "101 are spent, 1 is earned")
    rows = owner.get(f"/api/customers/{maria['id']}/history/")
    assert sorted(row["amount"] for row in rows if "Ticket" in row["description"]) == [-101, 1]


def _pay_of(order: dict[str, Any], method: str) -> tuple[str, str, dict[str, str]]:
    return "POST", f"/api/orders/{order['id']}/pay/", {"payment_method": method}


@pytest.mark.parametrize("method", ["POINTS", "CREDIT"])
def test_points_and_credit_want_a_customer(owner: Api, method: str) -> None:
    order = new_order(owner, new_product(owner, "1.00"))
    refused(pay(owner, order, method), {"detail": f"An order without a customer cannot be paid with {method}."})
    refused(pay(owner, order, "BARTER"), {"payment_method": ['"BARTER" is not a valid choice.']})


def test_promotions_for_frequent_customers_are_not_for_others(owner: Api) -> None:
    thing, maria = new_product(owner, "100.00", tax_rate="0"), new_customer(owner)
    days = {"start_date": "2000-01-01", "end_date": "2999-12-31", "target_audience": "FREQUENT_ONLY"}
    owner.post("/api/promotions/", {"name": "Clientes", "product": thing["id"], "discount_percent": 15, **days})
    for customer in (None, maria):
        assert new_order(owner, thing, 1, customer)["final_amount"] == "100.00"


# --- what is not there, who is not let in, lists


def test_unknown_things_are_named(owner: Api) -> None:
    thing = new_product(owner, "1.00")
    line, unknown = {"product_id": thing["id"], "quantity": 1}, {"product_id": 10**9, "quantity": 1}
    error = {"product_id": ['Invalid pk "1000000000" - object does not exist.']}
    nobody = {"customer": ['Invalid pk "1000000000" - object does not exist.']}
    for path in ("/api/orders/", "/api/orders/quote/"):
        refused(owner.ask("POST", path, {"items": [line, unknown]}), {"items": [{}, error]})
        refused(owner.ask("POST", path, {"items": [line], "customer": 10**9}), nobody)
        refused(owner.ask("POST", path, {"items": []}), {"items": ["This list may not be empty."]})
        refused(owner.ask("POST", path, {}), {"items": ["This field is required."]})
    for method, path in (("GET", ""), ("POST", "pay/"), ("POST", "cancel/"), ("GET", "receipt/")):
        body = {"payment_method": "CASH"} if path == "pay/" else None
        refused(owner.ask(method, f"/api/orders/1000000000/{path}", body), NOT_FOUND, 404)


def test_another_company_and_nobody_see_nothing(owner: Api, outsider: Api) -> None:
    order = new_order(owner, new_product(owner, "1.00"))
    for method, path in (("GET", ""), ("POST", "pay/"), ("POST", "cancel/"), ("GET", "receipt/")):
        body = {"payment_method": "CASH"} if path == "pay/" else None
        refused(outsider.ask(method, f"/api/orders/{order['id']}/{path}", body), NOT_FOUND, 404)
        anonymous = requests.request(method, f"{owner.url}/api/orders/{order['id']}/{path}", json=body, timeout=15)
        refused(anonymous, {"detail": "Authentication credentials were not provided."}, 401)
    assert outsider.get("/api/orders/") == []
    assert owner.get(f"/api/orders/{order['id']}/")["status"] == "PENDING"


def test_lists_are_filtered_searched_and_ordered(owner: Api) -> None:
    maria, thing = new_customer(owner, points=10), new_product(owner, "1.00", tax_rate="0")
    orders = [new_order(owner, thing, units, maria) for units in (3, 1, 2)]
    ids = [order["id"] for order in orders]
    pay(owner, orders[0], "POINTS")
    owner.post(f"/api/orders/{ids[2]}/cancel/", {}, 200)
    hers = f"/api/orders/?customer={maria['id']}"

    def found(query: str) -> list[int]:
        return [order["id"] for order in owner.get(hers + query)]

    assert found("") == ids[::-1]
    assert found("&ordering=final_amount") == [ids[1], ids[2], ids[0]]
    assert found("&status=PENDING") == [ids[1]]
    assert found("&payment_method=POINTS") == [ids[0]]
    assert found(f"&ticket_folio={orders[1]['ticket_folio'].lower()}") == [ids[1]]
    assert found(f"&search={orders[2]['ticket_folio']}") == [ids[2]]
    assert found("&search=gonzalez") == ids[::-1]
    assert found("&date_to=2001-01-01") == []
    page = owner.ask("GET", f"{hers}&page=2&page_size=2")
    assert ([order["id"] for order in page.json()], page.headers["X-Total-Count"]) == ([ids[0]], "3")
    detail = owner.ask("GET", f"/api/orders/{ids[0]}/")
    assert owner.ask("GET", f"/api/orders/{ids[0]}/", **{"If-None-Match": detail.headers["ETag"]}).status_code == 304


# --- carts and orders


def test_orders_take_their_own_cart_and_never_anothers(owner: Api, employee: Api) -> None:
    thing = new_product(owner, "1.00", current_stock=20)
    reserve = f"/api/products/{thing['id']}/reserve/"
    employee.post(reserve, {"amount": 12}, 200)

    def order(api: Api) -> int:
        body = {"items": [{"product_id": thing["id"], "quantity": 1}]}
        return api.ask("POST", "/api/orders/", body).status_code

    with ThreadPoolExecutor(16) as pool:
        mine = list(pool.map(lambda _: order(owner), range(16)))
        assert (mine.count(201), mine.count(400)) == (8, 8)
        theirs = list(pool.map(lambda _: order(employee), range(16)))
        assert (theirs.count(201), theirs.count(400)) == (12, 4)
    left = owner.get(f"/api/products/{thing['id']}/")
    assert (left["current_stock"], left["reserved_quantity"]) == (0, 0)
