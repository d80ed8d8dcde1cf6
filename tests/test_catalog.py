"""Suppliers, products and promotions through the gateway: every example and every error case that 001 §9–10 and §16–19 print."""

from __future__ import annotations

import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import requests

from cashier import Api
from native.platform import Platform

FORBIDDEN = {"detail": "You do not have permission to perform this action."}
NOT_FOUND = {"detail": "Not found."}
SUPPLIER = {
    "name": "Distribuidora de Bebidas S.A.", "phone_number": "5512345678", "contact_person": "Carlos Rivera",
    "rfc": "DBE101010XYZ", "tax_address": "Av. Insurgentes Sur 123, CDMX",
}  # fmt: skip


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


def new_sku() -> str:
    return f"KO-600-{uuid.uuid4().hex[:12]}"


def new_product(owner: Api, **fields: Any) -> dict[str, Any]:
    """A product that no other test knows."""
    body = {"name": "Coca Cola 600ml", "sku": new_sku(), "price": "18.50", "tax_rate": "0.16", "current_stock": 100}
    made: dict[str, Any] = owner.post("/api/products/", {**body, **fields})
    return made


def new_promotion(owner: Api, product: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """A promotion of it that always runs."""
    body = {"name": "Oferta", "product": product["id"], "discount_percent": 50, "start_date": "2000-01-01"}
    made: dict[str, Any] = owner.post("/api/promotions/", {**body, "end_date": "2999-12-31", **fields})
    return made


def refused(answer: requests.Response, body: Any, status: int = 400) -> None:
    assert (answer.status_code, answer.json()) == (status, body)


def test_suppliers_as_the_document_shows(owner: Api) -> None:
    made = owner.post("/api/suppliers/", SUPPLIER)
    path = f"/api/suppliers/{made['id']}/"
    assert made == {"id": made["id"], **SUPPLIER}
    assert made in owner.get("/api/suppliers/")
    change = {"contact_person": "Ana Torres", "phone_number": "5598765432"}
    for method in ("PUT", "PATCH"):
        answer = owner.ask(method, path, change)
        assert (answer.status_code, answer.json()) == (200, {**made, **change})
    assert owner.get(path) == {**made, **change}
    gone = owner.ask("DELETE", path)
    assert (gone.status_code, gone.content) == (204, b"")
    refused(owner.ask("GET", path), NOT_FOUND, 404)


def test_suppliers_are_not_for_employees(owner: Api, employee: Api) -> None:
    made = owner.post("/api/suppliers/", SUPPLIER)
    path = f"/api/suppliers/{made['id']}/"
    for method, where in (
        ("GET", "/api/suppliers/"), ("POST", "/api/suppliers/"), ("GET", path), ("PUT", path), ("PATCH", path), ("DELETE", path)
    ):  # fmt: skip
        refused(employee.ask(method, where, SUPPLIER if method != "GET" else None), FORBIDDEN, 403)
    assert owner.get(path) == made


def test_a_bad_rfc_and_a_supplier_in_use(owner: Api) -> None:
    refused(
        owner.ask("POST", "/api/suppliers/", {**SUPPLIER, "rfc": "DBE1010"}),
        {"rfc": ["Enter a valid RFC (12 or 13 characters)."]},
    )
    refused(owner.ask("POST", "/api/suppliers/", {}), {"name": ["This field is required."]})
    made = owner.post("/api/suppliers/", SUPPLIER)
    product = new_product(owner, supplier=made["id"])
    path = f"/api/suppliers/{made['id']}/"
    refused(owner.ask("DELETE", path), {"detail": "This supplier cannot be deleted: 1 product still uses it."})
    assert owner.ask("DELETE", f"/api/products/{product['id']}/").status_code == 204
    assert owner.ask("DELETE", path).status_code == 204


def test_a_product_as_the_document_shows(owner: Api, employee: Api) -> None:
    supplier = owner.post("/api/suppliers/", SUPPLIER)
    body = {
        "name": "Coca Cola 600ml", "sku": new_sku(), "price": "18.50", "tax_rate": "0.16", "current_stock": 100,
        "supplier": supplier["id"],
    }  # fmt: skip
    made = employee.post("/api/products/", {**body, "final_price": "1.00"})
    shown = {**body, "final_price": "21.46", "reserved_quantity": 0, "available_to_sell": 100}
    assert {name: made[name] for name in shown} == shown
    assert (made["discounted_price"], made["low_stock"]) == (None, False)
    assert employee.get(f"/api/products/?sku={body['sku']}") == [made]
    assert made in employee.get(f"/api/products/?supplier={supplier['id']}")
    path = f"/api/products/{made['id']}/"
    changed = employee.ask("PATCH", path, {"current_stock": 10, "name": "Café de olla"}).json()
    assert (changed["current_stock"], changed["low_stock"]) == (10, True)
    query = f"/api/products/?search=CAFE&low_stock=true&supplier={supplier['id']}&ordering=-price"
    assert employee.get(query) == [changed]
    refused(employee.ask("DELETE", path), FORBIDDEN, 403)  # Case E
    assert employee.get(path) == changed
    assert owner.ask("DELETE", path).status_code == 204
    refused(employee.ask("GET", path), NOT_FOUND, 404)


@pytest.mark.parametrize(
    ("rate", "final"),
    [
        ("16.00", "116.00"), ("8.00", "108.00"), ("0.00", "100.00"), ("EXENT", "100.00"),
        ("0.16", "116.00"), ("0.08", "108.00"), ("0", "100.00"),
    ],
)  # fmt: skip
def test_both_notations_of_a_tax_rate(owner: Api, rate: str, final: str) -> None:
    made = new_product(owner, price="100.00", tax_rate=rate)
    assert (made["tax_rate"], made["final_price"]) == (rate, final)


def test_case_a_duplicate_sku(owner: Api) -> None:
    first, second = new_product(owner), new_product(owner)
    case_a = {"sku": ["product with this sku already exists."]}
    body = {"name": "Otra", "sku": first["sku"], "price": 1}
    refused(owner.ask("POST", "/api/products/", body), case_a)
    refused(owner.ask("PATCH", f"/api/products/{second['id']}/", {"sku": first["sku"]}), case_a)
    assert owner.get(f"/api/products/{second['id']}/") == second


def test_reservations_and_cases_c_and_d(employee: Api, owner: Api) -> None:
    path = f"/api/products/{new_product(owner)['id']}/"
    success = {"status": "success", "product": "Coca Cola 600ml"}
    for amount, reserved in ((5, 5), (-2, 3)):
        answer = employee.post(path + "reserve/", {"amount": amount}, 200)
        assert answer == {**success, "reserved_quantity": reserved, "available_to_sell": 100 - reserved}
    owner.ask("PATCH", path, {"current_stock": 5})
    case_c = {"error": "Insufficient stock.", "available": 2}
    refused(employee.ask("POST", path + "reserve/", {"amount": 3}), case_c)
    case_d = {"error": "Cannot release more items than reserved."}
    refused(employee.ask("POST", path + "reserve/", {"amount": -4}), case_d)
    for amount in (0, 1.5, "x", None):
        assert employee.ask("POST", path + "reserve/", {"amount": amount}).status_code == 400
    assert owner.get(path)["reserved_quantity"] == 3


def test_promotions_as_the_document_shows(owner: Api, employee: Api) -> None:
    product = new_product(owner)
    black_friday = {
        "name": "Black Friday", "description": "50% off on electronics", "product": product["id"], "discount_percent": 50.00,
        "start_date": "2023-11-24", "end_date": "2023-11-26", "target_audience": "ALL",
    }  # fmt: skip
    made = owner.post("/api/promotions/", black_friday)
    assert made == {**black_friday, "id": made["id"], "discount_percent": "50.00", "is_active": True}
    summer = {
        "name": "Summer Sale", "description": "Valid for frequent customers only", "discount_percent": "15.00",
        "start_date": "2023-06-01", "end_date": "2023-06-30", "target_audience": "FREQUENT_ONLY", "is_active": True,
    }  # fmt: skip
    second = owner.post("/api/promotions/", {**summer, "product": product["id"]})
    assert second == {"id": second["id"], **summer, "product": product["id"]}
    assert employee.get(f"/api/promotions/?product={product['id']}") == [made, second]
    path = f"/api/promotions/{made['id']}/"
    changed = owner.ask("PATCH", path, {"discount_percent": "40"})
    assert (changed.status_code, changed.json()) == (200, {**made, "discount_percent": "40.00"})
    assert employee.get(path) == changed.json()
    assert owner.ask("DELETE", path).status_code == 204
    assert employee.get(f"/api/promotions/?product={product['id']}") == [second]


def test_case_b_reversed_dates(owner: Api) -> None:
    product = new_product(owner)
    case_b = {"end_date": ["La fecha de finalización debe ser posterior a la fecha de inicio."]}
    body = {"name": "X", "product": product["id"], "discount_percent": 5}
    refused(
        owner.ask("POST", "/api/promotions/", {**body, "start_date": "2024-01-02", "end_date": "2024-01-01"}), case_b
    )
    made = new_promotion(owner, product, end_date="2000-01-01")
    path = f"/api/promotions/{made['id']}/"
    refused(owner.ask("PATCH", path, {"end_date": "1999-12-31"}), case_b)
    assert owner.get(f"/api/promotions/?product={product['id']}") == [made]


def test_case_e_employees_change_no_promotion(owner: Api, employee: Api) -> None:
    product = new_product(owner)
    made = new_promotion(owner, product)
    path = f"/api/promotions/{made['id']}/"
    for method, where in (("POST", "/api/promotions/"), ("PUT", path), ("PATCH", path), ("DELETE", path)):
        refused(employee.ask(method, where, {"name": "x"}), FORBIDDEN, 403)
    assert employee.get(path) == made


def test_case_f_overlap(owner: Api) -> None:
    product = new_product(owner)
    new_promotion(owner, product, start_date="2024-01-05", end_date="2024-01-31", target_audience="FREQUENT_ONLY")
    body = {"name": "X", "product": product["id"], "discount_percent": 5}
    refused(
        owner.ask("POST", "/api/promotions/", {**body, "start_date": "2024-01-01", "end_date": "2024-01-05"}),
        {
            "non_field_errors": [
                "Ya existe una promoción activa para este producto en las fechas seleccionadas"
                " (2024-01-01 a 2024-01-05)."
            ]
        },
    )
    refused(
        owner.ask("POST", "/api/promotions/", {**body, "product": 0, "start_date": "x"}),
        {
            "start_date": ["Date has wrong format. Use one of these formats instead: YYYY-MM-DD."],
            "end_date": ["This field is required."],
        },
    )


def test_of_sixteen_overlapping_promotions_at_once_one_is_made(owner: Api) -> None:
    product = new_product(owner)
    body = {"name": "X", "product": product["id"], "discount_percent": 5}

    def create(day: int) -> int:
        days = {"start_date": f"2024-01-{day:02}", "end_date": "2024-01-16"}
        answer = requests.post(
            owner.url + "/api/promotions/", json={**body, **days}, headers=dict(owner.http.headers), timeout=15
        )
        return answer.status_code

    with ThreadPoolExecutor(16) as pool:
        assert sorted(pool.map(create, range(1, 17))) == [201, *[400] * 15]
    assert len(owner.get(f"/api/promotions/?product={product['id']}")) == 1


def test_the_price_follows_todays_promotion(owner: Api, employee: Api) -> None:
    product = new_product(owner, price="100.00", tax_rate="16.00")
    path = f"/api/products/{product['id']}/"
    before = employee.ask("GET", path)
    today = datetime.now(UTC).astimezone(ZoneInfo("America/Mexico_City")).date()
    days = {"start_date": str(today), "end_date": str(today + timedelta(days=1))}  # the test may run at midnight
    running = new_promotion(owner, product, **days)
    stale = {"If-None-Match": before.headers["ETag"]}
    after = employee.ask("GET", path, **stale)
    assert after.status_code == 200, "the price is another one, and so is the tag"
    assert (after.json()["discounted_price"], after.json()["final_price"]) == ("50.00", "58.00")
    assert employee.ask("GET", path, **{"If-None-Match": after.headers["ETag"]}).status_code == 304
    assert employee.get(f"/api/products/?sku={product['sku']}") == [after.json()]
    owner.ask("PATCH", f"/api/promotions/{running['id']}/", {"target_audience": "FREQUENT_ONLY"})
    assert employee.ask("GET", path).headers["ETag"] == before.headers["ETag"], "never in a public price"


@pytest.mark.parametrize(("audience", "unit_price"), [("ALL", "50.00"), ("FREQUENT_ONLY", "100.00")])
def test_an_order_is_priced_with_the_promotion_that_applies(
    owner: Api, employee: Api, audience: str, unit_price: str
) -> None:
    product = new_product(owner, price="100.00", tax_rate="16.00")
    new_promotion(owner, product, target_audience=audience)
    order = employee.post("/api/orders/", {"items": [{"product_id": product["id"], "quantity": 2}]})
    (line,) = order["items"]
    assert line["unit_price"] == unit_price
    saved = (Decimal("100.00") - Decimal(unit_price)) * 2
    assert Decimal(order["money_saved_total"]) == saved


def test_a_repeated_key_and_a_stale_tag(owner: Api) -> None:
    product = new_product(owner)
    body = {"name": "X", "product": product["id"], "discount_percent": 5}
    body |= {"start_date": "2024-01-01", "end_date": "2024-01-01"}
    key = {"Idempotency-Key": uuid.uuid4().hex}
    first, again = (owner.ask("POST", "/api/promotions/", body, **key) for _ in range(2))
    assert (first.status_code, again.content) == (201, first.content)
    assert again.headers["Idempotent-Replayed"] == "true"
    path = f"/api/promotions/{first.json()['id']}/"
    stale = {"If-Match": owner.ask("GET", path).headers["ETag"]}
    assert owner.ask("PATCH", path, {"name": "Y"}, **stale).status_code == 200
    assert owner.ask("DELETE", path, **stale).status_code == 412


def test_a_lost_slash_keeps_the_method(owner: Api) -> None:
    for path in ("/api/suppliers", "/api/products", "/api/promotions"):
        answer = requests.post(owner.url + path, json={}, allow_redirects=False, timeout=5)
        assert (answer.status_code, answer.headers["Location"]) == (308, path + "/")
        assert requests.get(owner.url + path + "/", timeout=5).status_code == 401
