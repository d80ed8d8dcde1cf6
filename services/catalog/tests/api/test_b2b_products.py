"""004, Product: every request and answer as printed, and what happens around them."""

from __future__ import annotations

import time

import pytest

from chassis.testing import counted_statements

PATH = "/api/v1/product"
EXAMPLE = {"uid": "prod-123", "price": 1000, "quantity": 50, "category_uid": "cat-456", "active": True}


@pytest.fixture
def send(client):
    """`send("/stock", {…}, …)`: a batch that is accepted; its data."""

    def send(path, *elements, method="POST", **how):
        answer = client.call(method, PATH + path, {"data": list(elements)}, **how)
        assert answer.status == 200, answer
        assert (answer.json["success"], answer.json["status_message"]) == (True, "Success")
        return answer.json["data"]

    return send


@pytest.fixture
def get(client):
    """`get("prod-123")`: the product's fields, without the time."""

    def get(uid, **how):
        answer = client.get(f"{PATH}/{uid}", **how)
        if answer.status != 200:
            return answer.status
        assert answer.json["data"].pop("updated_at")
        return answer.json["data"]

    return get


@pytest.fixture
def category(client):
    assert client.post("/api/v1/category", {"data": [{"uid": "cat-456"}]}).json["data"] == ["cat-456"]


def pos(client, uid, **query):
    """The product as the till sees it."""
    rows = client.get("/api/products/" + ("?is_active=false" if query.get("inactive") else "")).json
    return next((row for row in rows if row["uid"] == uid), None)


def told(answer):
    assert (answer.json["data"], answer.json["success"]) == (None, False)
    return (answer.status, answer.json["status_message"])


def test_the_example(client, send, get, category):
    assert send("", EXAMPLE) == ["prod-123"]
    expected = {**EXAMPLE, "name": "prod-123", "sku": "prod-123"}
    assert get("prod-123") == expected
    assert isinstance(client.get(f"{PATH}/prod-123").json["data"]["price"], float)
    listed = client.get(PATH).json
    assert listed["metadata"] == {"offset": 0, "limit": 100, "total": 1}
    assert [row["uid"] for row in listed["data"]] == ["prod-123"]
    of_category = client.get(f"{PATH}/category/cat-456").json
    assert (of_category["data"], of_category["metadata"]["total"]) == (listed["data"], 1)
    assert client.get(f"{PATH}/category/none").json["data"] == []


def test_it_is_the_tills_product(client, send, get, category, books_balance):
    send("", EXAMPLE)
    row = pos(client, "prod-123")
    assert (row["sku"], row["name"], row["price"], row["tax_rate"]) == ("prod-123", "prod-123", "1000.00", "16.00")
    assert (row["current_stock"], row["category_uid"], row["is_active"]) == (50, "cat-456", True)
    client.patch(f"/api/products/{row['id']}/", {"price": "9.99", "current_stock": 7})
    assert (get("prod-123")["price"], get("prod-123")["quantity"]) == (9.99, 7)
    assert client.get("/api/products/?sku=prod-123").json[0]["id"] == row["id"]
    books_balance()


def test_a_uid_is_made_when_none_is_given(send, get):
    (uid,) = send("", {"price": "2.50"})
    assert get(uid) == {
        "uid": uid, "name": uid, "sku": uid, "price": 2.5, "quantity": 0, "category_uid": None, "active": True,
    }  # fmt: skip


def test_what_an_element_leaves_out_stays(send, get, category, published, client):
    send("", EXAMPLE, {"uid": "b", "price": 1})
    before = len(published())
    send("", {"uid": "prod-123", "price": 900}, {"uid": "b", "quantity": 3}, {"uid": "c", "price": 4})
    assert (get("prod-123")["price"], get("prod-123")["quantity"], get("prod-123")["category_uid"]) == (
        900,
        50,
        "cat-456",
    )
    assert (get("b")["price"], get("b")["quantity"]) == (1, 3)
    told_of = [(event.type, event.subject) for event in published()[before:]]
    assert sorted(told_of) == [("ProductCreated", "c"), ("ProductUpdated", "prod-123"), ("StockAdjusted", "b")]
    before = len(published())
    send("", {"uid": "prod-123", "price": "900.00", "active": True, "quantity": 50, "category_uid": "cat-456"})
    assert len(published()) == before, "what stays the same is no change"
    send("", {"uid": "prod-123", "category_uid": None}, {"uid": "b", "category_uid": ""})
    assert (get("prod-123")["category_uid"], get("b")["category_uid"]) == (None, None)
    kinds = [row["kind"] for row in client.get(f"/api/products/{pos(client, 'b')['id']}/movements/").json]
    assert kinds == ["b2b"]


def test_bad_elements_are_named_and_nothing_is_stored(client, send, get, product):
    product(sku="taken")
    batch = [{"uid": "a", "price": 1}, {"uid": "b"}, {"uid": "c", "price": 1, "category_uid": "none"}]
    answer = client.post(PATH, {"data": batch})
    assert told(answer) == (400, 'data[2].category_uid: Invalid pk "none" - object does not exist.')
    assert told(client.post(PATH, {"data": batch[:2]})) == (400, "data[1].price: This field is required.")
    answer = client.post(PATH, {"data": [batch[0], {"uid": "taken", "price": 1}]})
    assert told(answer) == (400, "data[1].uid: product with this sku already exists.")
    answer = client.post(PATH, {"data": [batch[0], {"uid": "x", "price": -1, "quantity": 1.5, "active": "maybe"}]})
    assert told(answer) == (
        400,
        "data[1].price: Ensure this value is greater than or equal to 0.; data[1].quantity: A valid integer is required.; "
        "data[1].active: Must be a valid boolean.",
    )
    assert told(client.post(PATH, {"data": [{"uid": "a"}, {"uid": "a"}]})) == (400, "data[1].uid: The same as data[0].")
    assert get("a") == 404


def test_stock_example(client, send, get, books_balance, published):
    send("", {"uid": "prod-123", "price": 1}, {"uid": "prod-456", "price": 1, "quantity": 100})
    example = [{"uid": "prod-123", "quantity": 50}, {"uid": "prod-456", "quantity": 100}]
    assert send("/stock", *example) == "product stock updated successfully"
    assert (get("prod-123")["quantity"], get("prod-456")["quantity"]) == (50, 100)
    assert [(event.subject, event.data["delta"]) for event in published("StockAdjusted")] == [("prod-123", 50)]
    answer = client.post(
        f"{PATH}/stock", {"data": [{"uid": "prod-123", "quantity": 1}, {"uid": "none", "quantity": 1}]}
    )
    assert told(answer) == (400, 'data[1].uid: Invalid pk "none" - object does not exist.')
    assert (
        told(client.post(f"{PATH}/stock", {"data": [{"uid": "prod-123"}]}))[1]
        == "data[0].quantity: This field is required."
    )
    assert get("prod-123")["quantity"] == 50
    send("/stock", {"uid": "prod-123", "quantity": 10})
    assert [event.subject for event in published("LowStockReached")] == ["prod-123"]
    books_balance()


def test_stock_can_not_go_below_what_carts_hold(client, send, get):
    send("", {"uid": "a", "price": 1, "quantity": 9}, {"uid": "b", "price": 1, "quantity": 9})
    assert client.post(f"/api/products/{pos(client, 'b')['id']}/reserve/", {"amount": 4}).status == 200
    answer = client.post(f"{PATH}/stock", {"data": [{"uid": "a", "quantity": 3}, {"uid": "b", "quantity": 3}]})
    assert told(answer) == (400, "data[1].quantity: This value may not be less than the reserved quantity (4).")
    assert (get("a")["quantity"], get("b")["quantity"]) == (9, 9)


def test_active_example(client, send, get, hold):
    send("", {"uid": "prod-123", "price": 1, "quantity": 5}, {"uid": "prod-456", "price": 1, "active": False})
    example = [{"uid": "prod-123", "active": False}, {"uid": "prod-456", "active": True}]
    assert send("/active", *example) == "product active status updated successfully"
    assert (get("prod-123")["active"], get("prod-456")["active"]) == (False, True)
    assert pos(client, "prod-123") is None
    assert hold({pos(client, "prod-123", inactive=True)["id"]: 1}).status == 400, "it can't be sold"
    answer = client.post(f"{PATH}/active", {"data": [{"uid": "none", "active": True}, {"uid": "prod-123"}]})
    assert told(answer) == (400, "data[1].active: This field is required.")
    answer = client.post(f"{PATH}/active", {"data": [{"uid": "none", "active": True}]})
    assert told(answer) == (400, 'data[0].uid: Invalid pk "none" - object does not exist.')


def test_description_example_and_the_name_that_follows(client, send, get, published):
    send("", {"uid": "prod-123", "price": 1}, {"uid": "named", "price": 1})
    client.patch(f"/api/products/{pos(client, 'named')['id']}/", {"name": "By hand"})
    before = len(published())
    example = [
        {"product_uid": "prod-123", "language": "en", "name": "Premium Widget", "description": "High-quality widget"},
        {
            "product_uid": "prod-123",
            "language": "es",
            "name": "Widget Premium",
            "description": "Widget de alta calidad",
        },
    ]
    also = {"product_uid": "named", "language": "ES_mx", "name": "Otro"}
    assert send("/description", *example, also) == "product descriptions updated successfully"
    assert client.get(f"{PATH}/description/prod-123").json["data"] == example
    assert client.get(f"{PATH}/description/named").json["data"] == [
        {"product_uid": "named", "language": "es-MX", "name": "Otro", "description": ""}
    ]
    assert (get("prod-123")["name"], get("named")["name"]) == ("Premium Widget", "By hand")
    assert client.get("/api/products/?search=premium").json[0]["uid"] == "prod-123"
    assert [(event.type, event.subject) for event in published()[before:]] == [("ProductUpdated", "prod-123")]
    send("/description", {"product_uid": "prod-123", "language": "en", "description": "Better"})
    assert client.get(f"{PATH}/description/prod-123").json["data"][0] == {**example[0], "description": "Better"}
    send("/description", {"product_uid": "prod-123", "language": "en", "name": "Widget 2"})
    assert get("prod-123")["name"] == "Premium Widget", "only the first one gives the name"


@pytest.mark.parametrize(
    ("element", "message"),
    [
        ({"language": "en", "name": "x"}, "data[1].product_uid: This field is required."),
        ({"product_uid": "a", "name": "x"}, "data[1].language: This field is required."),
        ({"product_uid": "a", "language": "en"}, "data[1].name: This field is required."),
        ({"product_uid": "a", "language": "english!", "name": "x"}, 'data[1].language: Enter a language tag such as "en" or "es-MX".'),
        ({"product_uid": "none", "language": "en", "name": "x"}, 'data[1].product_uid: Invalid pk "none" - object does not exist.'),
        ({"product_uid": "a", "language": "FR", "name": "x"}, "data[1].language: The same as data[0]."),
    ],
)  # fmt: skip
def test_bad_descriptions_are_named(client, send, get, element, message):
    send("", {"uid": "a", "price": 1})
    good = {"product_uid": "a", "language": "fr", "name": "Bon"}
    assert told(client.post(f"{PATH}/description", {"data": [good, element]})) == (400, message)
    assert client.get(f"{PATH}/description/a").json["data"] == []
    assert get("a")["name"] == "a"


def test_descriptions_are_removed(client, send):
    send("", {"uid": "prod-123", "price": 1})
    send(
        "/description",
        *({"product_uid": "prod-123", "language": tag, "name": tag} for tag in ("en", "es", "fr", "es-MX")),
    )
    assert (
        client.delete(f"{PATH}/description/prod-123/ES-mx").json["data"] == "product description deleted successfully"
    )
    for gone in ("prod-123/es-MX", "none/en", "prod-123/not_a_tag!"):
        assert told(client.delete(f"{PATH}/description/{gone}")) == (404, "Not found.")
    example = [{"product_uid": "prod-123", "language": "en"}, {"product_uid": "prod-123", "language": "es"}]
    assert send("/description", *example, method="DELETE") == "product descriptions deleted successfully"
    assert send("/description", *example, method="DELETE") == "product descriptions deleted successfully"
    assert [row["language"] for row in client.get(f"{PATH}/description/prod-123").json["data"]] == ["fr"]


def test_delete_examples(client, send, get, published):
    send("", *({"uid": uid, "price": 1, "quantity": 2} for uid in ("prod-123", "prod-456", "prod-789", "stays")))
    answer = client.delete(f"{PATH}/prod-123")
    assert (answer.status, answer.json["data"]) == (200, "product deleted successfully")
    assert told(client.delete(f"{PATH}/prod-123")) == (404, "Not found.")
    assert send("", "prod-123", "prod-456", "prod-789", method="DELETE") == "products deleted successfully"
    assert [row["uid"] for row in client.get(PATH).json["data"]] == ["stays"]
    assert [row["uid"] for row in client.get("/api/products/").json] == ["stays"]
    assert sorted(event.subject for event in published("ProductDeleted")) == ["prod-123", "prod-456", "prod-789"]
    assert get("prod-456") == 404


def test_a_deleted_product_comes_back_under_its_uid_as_a_new_one(client, send, get, published, books_balance, category):
    send("", EXAMPLE)
    send("/description", {"product_uid": "prod-123", "language": "en", "name": "Old"})
    id_ = pos(client, "prod-123")["id"]
    client.delete(f"/api/products/{id_}/")
    assert client.get(f"{PATH}/description/prod-123").json["data"] == []
    assert told(client.post(PATH, {"data": [{"uid": "prod-123"}]})) == (400, "data[0].price: This field is required.")
    send("", {"uid": "prod-123", "price": 5, "quantity": 7})
    assert get("prod-123") == {
        "uid": "prod-123", "name": "prod-123", "sku": "prod-123", "price": 5, "quantity": 7, "category_uid": None, "active": True,
    }  # fmt: skip
    assert pos(client, "prod-123")["id"] == id_
    versions = [event.version for event in published() if event.subject == "prod-123"]
    assert versions == sorted(set(versions)), "its versions go on, so that nobody takes it for old news"
    assert [event.type for event in published() if event.subject == "prod-123"][-2:] == [
        "ProductCreated",
        "StockAdjusted",
    ]
    books_balance()


def test_a_product_that_comes_back_is_in_no_cart(client, send, get, books_balance):
    send("", {"uid": "prod-123", "price": 1, "quantity": 9})
    path = f"/api/products/{pos(client, 'prod-123')['id']}/"
    assert client.post(path + "reserve/", {"amount": 3}).json["reserved_quantity"] == 3
    send("", "prod-123", method="DELETE")
    send("", {"uid": "prod-123", "price": 1})
    assert get("prod-123")["quantity"] == 0
    assert client.get(path).json["reserved_quantity"] == 0
    assert client.post(path + "reserve/", {"amount": -1}).status == 400
    books_balance()


def test_accounts_never_meet(client, send, get):
    send("", {"uid": "a", "price": 1, "quantity": 1})
    send("", {"uid": "a", "price": 2, "quantity": 2}, account_id=2)
    send("/stock", {"uid": "a", "quantity": 9}, account_id=2)
    send("/description", {"product_uid": "a", "language": "en", "name": "Two"}, account_id=2)
    assert (get("a")["price"], get("a")["quantity"], get("a")["name"]) == (1, 1, "a")
    assert client.get(f"{PATH}/description/a").json["data"] == []
    send("", "a", method="DELETE", account_id=2)
    assert get("a")["price"] == 1
    assert get("a", account_id=2) == 404
    client.post("/api/v1/category", {"data": [{"uid": "mine"}]})
    answer = client.post(PATH, {"data": [{"uid": "b", "price": 1, "category_uid": "mine"}]}, account_id=2)
    assert told(answer) == (400, 'data[0].category_uid: Invalid pk "mine" - object does not exist.')


def test_a_client_sees_what_is_for_sale(client, send, get, category):
    send("", EXAMPLE, {**EXAMPLE, "uid": "off", "active": False})
    send("/description", {"product_uid": "off", "language": "en", "name": "Off"})
    for path in ("", "/category/cat-456"):
        assert [row["uid"] for row in client.get(PATH + path, role="CLIENT").json["data"]] == ["prod-123"]
        assert len(client.get(PATH + path, role="EMPLOYEE").json["data"]) == 2
    assert get("prod-123", role="CLIENT")["price"] == 1000
    assert get("off", role="CLIENT") == 404
    assert client.get(f"{PATH}/description/off", role="CLIENT").json["data"] == []
    assert client.get(f"{PATH}/description/off").json["data"] != []


def test_a_thousand_products_are_few_statements(app, client, books_balance, category):
    batch = [{"uid": f"p{n:04}", "price": n, "quantity": n, "category_uid": "cat-456"} for n in range(1000)]
    texts = [{"product_uid": f"p{n:04}", "language": "en", "name": f"Widget {n}"} for n in range(1000)]
    steps = [
        ("POST", "", batch, 8),  # categories, ids, (a turn, ids), insert, ledger, price history, outbox
        ("POST", "", [{**row, "price": 1, "quantity": 5000} for row in batch], 10),
        ("POST", "/stock", [{"uid": row["uid"], "quantity": 3} for row in batch], 7),
        ("POST", "/active", [{"uid": row["uid"], "active": False} for row in batch], 5),
        ("POST", "/description", texts, 5),
        (
            "DELETE",
            "",
            [row["uid"] for row in batch],
            10,
        ),  # ids, take; attributes, texts (take, delete); carts, rows, promotions, outbox
    ]
    for method, path, data, most in steps:
        began = time.perf_counter()
        with counted_statements(app) as statements:
            answer = client.call(method, PATH + path, {"data": data})
        assert answer.status == 200, answer
        assert len(statements) <= most, statements
        assert time.perf_counter() - began < 5, "seconds, on a busy machine; alone it is well below one"
        books_balance()
