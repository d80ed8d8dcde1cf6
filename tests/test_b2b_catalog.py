"""Another system keeps the catalogue through the gateway: every example that 004 prints of it, and the till sells what it sent."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from cashier import Api
from native.platform import Platform

SUCCESS = {"success": True, "status_message": "Success"}


class Erp:
    """Another system of the shop. Its uids end alike, so that no other test knows them."""

    def __init__(self, api: Api) -> None:
        self.api, self.tail = api, uuid.uuid4().hex[:8]

    def uid(self, name: str) -> str:
        return f"{name}-{self.tail}"

    def __call__(self, method: str, path: str, *elements: Any) -> Any:
        """The data of an answer that must be a success; `*` in the path stands for this system's tail."""
        body = {"data": list(elements)} if elements else None
        answer = self.api.ask(method, "/api/v1" + path.replace("*", self.tail), body)
        assert answer.status_code == 200, (path, answer.text)
        told = answer.json()
        assert told.pop("timestamp").endswith("Z")
        told.pop("metadata", None)
        assert told == {**SUCCESS, "data": told["data"]}
        return told["data"]

    def refused(self, method: str, path: str, *elements: Any) -> tuple[int, str]:
        """(status, message) of one that is refused."""
        answer = self.api.ask(
            method, "/api/v1" + path.replace("*", self.tail), {"data": list(elements)} if elements else None
        )
        told = answer.json()
        assert (told["data"], told["success"]) == (None, False)
        return answer.status_code, told["status_message"]


@pytest.fixture
def erp(api: Api) -> Erp:
    return Erp(api)


def test_products_and_categories_of_another_system_are_sold_at_the_till(erp: Erp, platform: Platform) -> None:
    product, category = erp.uid("prod-123"), erp.uid("cat-456")
    assert erp(
        "POST", "/category", {"uid": erp.uid("cat-parent")}, {"uid": category, "parent_uid": erp.uid("cat-parent")}
    )
    names = {
        "category_uid": category,
        "language": "es",
        "name": "Electrónica",
        "description": "Dispositivos electrónicos",
    }
    assert erp("POST", "/category/description", names) == "category descriptions updated successfully"
    assert erp("GET", "/category/description/cat-456-*") == [names]
    assert erp("GET", "/category/parent/cat-parent-*") == [{"uid": category, "parent_uid": erp.uid("cat-parent")}]
    sent = {"uid": product, "price": 1000, "quantity": 50, "category_uid": category, "active": True}
    assert erp("POST", "/product", sent) == [product]
    text = {"product_uid": product, "language": "en", "name": "Premium Widget", "description": "High-quality widget"}
    assert erp("POST", "/product/description", text) == "product descriptions updated successfully"
    assert erp("GET", "/product/description/prod-123-*") == [text]
    seen = erp("GET", "/product/prod-123-*")
    assert {**seen, **sent} == seen
    assert erp("GET", "/product/category/cat-456-*") == [seen]

    (row,) = erp.api.get(f"/api/products/?sku={product}")
    assert (row["name"], row["final_price"], row["category_uid"]) == ("Premium Widget", "1160.00", category)
    order = erp.api.post("/api/orders/", {"items": [{"product_id": row["id"], "quantity": 2}]})
    erp.api.post(f"/api/orders/{order['id']}/pay/", {"payment_method": "CASH"}, 200)
    assert erp("GET", "/product/prod-123-*")["quantity"] == 48
    assert erp("POST", "/product/stock", {"uid": product, "quantity": 60}) == "product stock updated successfully"
    movements = erp.api.get(f"/api/products/{row['id']}/movements/")
    assert [(move["kind"], move["delta"]) for move in movements] == [("b2b", 12), ("order", -2), ("initial", 50)]
    assert platform.run("catalog", "reconcile") == "every product's stock equals its ledger\n"

    in_use = "This category cannot be deleted: 1 product still uses it."
    assert erp.refused("DELETE", "/category/cat-456-*") == (400, in_use)
    erp("POST", "/product/active", {"uid": product, "active": False})
    assert erp.api.get(f"/api/products/?sku={product}") == []
    assert erp("DELETE", "/product/description/prod-123-*/en") == "product description deleted successfully"
    assert erp("DELETE", "/product/prod-123-*") == "product deleted successfully"
    assert erp.refused("GET", "/product/prod-123-*") == (404, "Not found.")
    assert erp("DELETE", "/category", category, erp.uid("cat-parent"), "unknown") == "categories deleted successfully"


def test_currencies_and_attributes(erp: Erp) -> None:
    rates = [{"code": "EUR", "name": "Euro", "rate": 0.85}, {"code": "USD", "name": "US Dollar", "rate": 1.0}]
    assert erp("POST", "/currency", *rates) == ["EUR", "USD"]
    assert erp("GET", "/currency") == rates
    assert erp("GET", "/currency/EUR") == rates[0]
    assert erp("DELETE", "/currency", "USD", "EUR", "GBP") == "currencies deleted successfully"
    product, attribute, value = erp.uid("prod-456"), erp.uid("attr-123"), erp.uid("val-789")
    erp("POST", "/product", {"uid": product, "price": 1})
    names = [{"uid": value, "language": "en", "name": "Red"}, {"uid": value, "language": "es", "name": "Rojo"}]
    assert erp("POST", "/attribute/value", *names) == "attribute values updated successfully"
    assert erp("GET", "/attribute/value/val-789-*") == names
    sent = {"uid": attribute, "product_uid": product, "value_uid": value}
    assert erp("POST", "/attribute", sent) == [attribute]
    color = {"attribute_uid": attribute, "language": "en", "name": "Color"}
    assert erp("POST", "/attribute/description", color) == "attribute descriptions updated successfully"
    assert erp("GET", "/attribute/description/attr-123-*") == [color]
    assert erp("GET", "/attribute/product/prod-456-*") == [sent]
    assert erp("DELETE", "/attribute/attr-123-*") == "attribute deleted successfully"
    assert erp("DELETE", "/attribute/value/val-789-*/en") == "attribute value deleted successfully"


def test_a_batch_that_is_refused_names_what_is_bad_and_stores_nothing(erp: Erp) -> None:
    good = {"uid": erp.uid("good"), "price": 1}
    told = erp.refused("POST", "/product", good, {"price": "much"}, {"uid": erp.uid("x")}, good)
    assert told == (400, "data[1].price: A valid number is required.")
    told = erp.refused("POST", "/product", good, {"uid": erp.uid("x")})
    assert told == (400, "data[1].price: This field is required.")
    assert erp.refused("GET", "/product/good-*") == (404, "Not found.")
    assert erp.refused("GET", "/product?limit=1001")[0] == 400
    assert erp.refused("GET", "/product/") == (404, "Not found.")


def test_the_longest_uids_go_all_the_way(erp: Erp, platform: Platform) -> None:
    """A product and a cashier whose uids have 64 characters: cart, order, payment, points, report."""
    product, user = (erp.uid(name).ljust(64, "x") for name in ("product", "cashier"))
    erp("POST", "/product", {"uid": product, "price": 100, "quantity": 5})
    name, password = erp.uid("cashier"), "password123"
    person = {"uid": user, "username": name, "email": f"{name}@example.com", "password": password}
    erp("POST", "/user", {**person, "user_role": "employee"})
    cashier = Api(platform.url, name, password)
    (found,) = cashier.get(f"/api/products/?sku={product}")
    cashier.post(f"/api/products/{found['id']}/reserve/", {"amount": 1}, 200)
    phone = f"55{uuid.uuid4().int % 10**8:08d}"
    customer = cashier.post("/api/customers/", {"first_name": "Maria", "last_name": "Ruiz", "phone_number": phone})
    points = {"amount": 500, "transaction_type": "EARN", "description": "Welcome"}
    cashier.post(f"/api/customers/{customer['id']}/points/", points)
    items = [{"product_id": found["id"], "quantity": 1}]
    order = cashier.post("/api/orders/", {"customer": customer["id"], "items": items})
    paid = cashier.post(f"/api/orders/{order['id']}/pay/", {"payment_method": "POINTS"}, 200)
    assert paid["status"] == "PAID"
    seen = f"/api/products/{found['id']}/movements/?kind=order"
    assert [movement["balance"] for movement in erp.api.get(seen)] == [4]
