"""`/api/products/` as 001 §16–17 prints it."""

from __future__ import annotations

import pytest
from sqlalchemy import insert, select, update

from catalog.domain.b2b_models import Category
from catalog.domain.models import CartHold, Product
from chassis.db import ALL_ACCOUNTS
from chassis.testing import counted_statements

FIELDS = [
    "id", "uid", "name", "sku", "price", "tax_rate", "discounted_price", "final_price", "current_stock", "reserved_quantity",
    "available_to_sell", "low_stock", "low_stock_threshold", "supplier", "category_uid", "is_active", "updated_at",
]  # fmt: skip
COLA = {"name": "Coca Cola 600ml", "sku": "KO-600-MX", "price": "18.50", "tax_rate": "0.16", "current_stock": 100}


def supplier(client, **how):
    return client.post("/api/suppliers/", {"name": "Distribuidora"}, **how).json["id"]


def test_created_as_the_document_shows(client, published, books_balance):
    supplier_id = supplier(client)
    answer = client.post("/api/products/", {**COLA, "supplier": supplier_id}, role="EMPLOYEE")
    assert answer.status == 201
    assert list(answer.json) == FIELDS
    expected = {
        **COLA, "final_price": "21.46", "discounted_price": None, "reserved_quantity": 0, "available_to_sell": 100,
        "low_stock": False, "low_stock_threshold": 10, "supplier": supplier_id, "category_uid": None, "is_active": True,
    }  # fmt: skip
    assert {name: answer.json[name] for name in expected} == expected
    assert answer.json["updated_at"].endswith("Z")
    assert client.get(f"/api/products/{answer.json['id']}/").json == answer.json
    (event,) = published()
    assert (event.type, event.subject, event.version) == ("ProductCreated", answer.json["uid"], 1)
    assert (event.data["tax_rate"], event.data["final_price"], event.data["supplier_id"]) == (
        "16.00",
        "21.46",
        supplier_id,
    )
    books_balance()


def test_defaults(client):
    made = client.post("/api/products/", {"name": "Agua", "sku": "A", "price": 10}).json
    defaults = {
        "price": "10.00", "tax_rate": "16.00", "final_price": "11.60", "current_stock": 0, "low_stock": True,
        "low_stock_threshold": 10, "supplier": None, "is_active": True,
    }  # fmt: skip
    assert {name: made[name] for name in defaults} == defaults


def test_read_only_fields_are_ignored(client):
    sent = {
        "id": 77,
        "uid": "x",
        "final_price": "1",
        "reserved_quantity": 5,
        "available_to_sell": 1,
        "low_stock": True,
        "version": 9,
        "account_id": 2,
    }
    made = client.post("/api/products/", {**COLA, **sent}).json
    changed = client.patch(f"/api/products/{made['id']}/", sent).json
    assert changed == made
    assert made["final_price"] == "21.46"
    assert made["uid"] != "x"


@pytest.mark.parametrize(
    ("given", "final"),
    [
        ("16.00", "116.00"),
        ("8.00", "108.00"),
        ("0.00", "100.00"),
        ("EXENT", "100.00"),
        ("0.16", "116.00"),
        ("0.08", "108.00"),
        ("0", "100.00"),
    ],
)
def test_tax_rate_is_answered_in_the_notation_given(client, given, final):
    made = client.post("/api/products/", {**COLA, "price": "100", "tax_rate": given}).json
    assert (made["tax_rate"], made["final_price"]) == (given, final)


@pytest.mark.parametrize(("given", "read"), [(0.16, "0.16"), (16, "16.00"), (8.0, "8.00"), (0, "0"), (0.08, "0.08")])
def test_tax_rate_as_a_number(client, given, read):
    assert client.post("/api/products/", {**COLA, "tax_rate": given}).json["tax_rate"] == read


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"name": None}, {"name": ["This field may not be null."]}),
        ({"name": " "}, {"name": ["This field may not be blank."]}),
        ({"name": "x" * 201}, {"name": ["Ensure this field has no more than 200 characters."]}),
        ({"price": "abc"}, {"price": ["A valid number is required."]}),
        ({"price": "-1"}, {"price": ["Ensure this value is greater than or equal to 0."]}),
        ({"price": "1.234"}, {"price": ["Ensure that there are no more than 2 decimal places."]}),
        ({"tax_rate": "0.15"}, {"tax_rate": ['"0.15" is not a valid choice.']}),
        ({"tax_rate": True}, {"tax_rate": ['"True" is not a valid choice.']}),
        ({"current_stock": 1.5}, {"current_stock": ["A valid integer is required."]}),
        ({"current_stock": -1}, {"current_stock": ["Ensure this value is greater than or equal to 0."]}),
        ({"supplier": 99}, {"supplier": ['Invalid pk "99" - object does not exist.']}),
        ({"supplier": "x"}, {"supplier": ["A valid integer is required."]}),
    ],
)
def test_bad_fields_on_create_and_update(client, product, published, change, error):
    made = product()
    for answer in (
        client.post("/api/products/", {**COLA, **change}),
        client.patch(f"/api/products/{made['id']}/", change),
    ):
        assert (answer.status, answer.json) == (400, error)
    assert client.get(f"/api/products/{made['id']}/").json == made
    assert len(published()) == 1


def test_required_fields(client):
    answer = client.post("/api/products/", {})
    assert answer.status == 400
    assert answer.json == {name: ["This field is required."] for name in ("name", "sku", "price")}


def test_duplicate_sku_is_case_a(client, product):
    first, second = product(sku="KO"), product(sku="KO-2")
    case_a = {"sku": ["product with this sku already exists."]}
    for answer in (
        client.post("/api/products/", {**COLA, "sku": "KO"}),
        client.patch(f"/api/products/{second['id']}/", {"sku": " KO "}),
    ):
        assert (answer.status, answer.json) == (400, case_a)
    assert client.patch(f"/api/products/{first['id']}/", {"sku": "KO"}).status == 200
    assert product(sku="KO", account_id=2)["sku"] == "KO"


def test_a_deleted_products_sku_is_free(client, product):
    made = product(sku="KO")
    assert client.delete(f"/api/products/{made['id']}/").status == 204
    assert product(sku="KO")["id"] != made["id"]


@pytest.mark.parametrize("method", ["put", "patch"])
def test_update_is_partial(client, product, published, method):
    made = product(sku="S")
    answer = getattr(client, method)(f"/api/products/{made['id']}/", {"price": "20", "name": "Cola"}, role="EMPLOYEE")
    assert answer.status == 200
    assert {**answer.json, "updated_at": None} == {
        **made, "price": "20.00", "final_price": "23.20", "name": "Cola", "updated_at": None
    }  # fmt: skip
    assert client.get(f"/api/products/{made['id']}/").json == answer.json
    assert client.get("/api/products/?search=cola").json == [answer.json]
    (event,) = published("ProductUpdated")
    assert (event.version, event.data["price"], event.data["name"]) == (2, "20.00", "Cola")


def test_an_update_that_changes_nothing_tells_nothing(client, product, published):
    made = product()
    assert client.put(f"/api/products/{made['id']}/", {"name": made["name"], "current_stock": 100}).json == made
    assert len(published()) == 1


def test_setting_the_stock_is_an_adjustment(client, product, published, books_balance):
    made = product(current_stock=50)
    answer = client.patch(f"/api/products/{made['id']}/", {"current_stock": 42})
    assert (answer.json["current_stock"], answer.json["available_to_sell"]) == (42, 42)
    _, adjusted = published()
    assert (adjusted.type, adjusted.version) == ("StockAdjusted", 2)
    assert (adjusted.data["delta"], adjusted.data["current_stock"]) == (-8, 42)
    books_balance()


def test_stock_can_not_go_below_what_carts_hold(client, product, published, books_balance):
    made = product(current_stock=5)
    client.post(f"/api/products/{made['id']}/reserve/", {"amount": 4})
    answer = client.patch(f"/api/products/{made['id']}/", {"current_stock": 3, "name": "X"})
    assert (answer.status, answer.json) == (
        400,
        {"current_stock": ["This value may not be less than the reserved quantity (4)."]},
    )
    assert client.get(f"/api/products/{made['id']}/").json["name"] == made["name"]
    assert client.patch(f"/api/products/{made['id']}/", {"current_stock": 4}).json["available_to_sell"] == 0
    books_balance()


def test_low_stock_follows_stock_and_threshold_and_is_told_once(client, product, published):
    path = f"/api/products/{product(current_stock=20, low_stock_threshold=10)['id']}/"
    states = [
        client.patch(path, change).json["low_stock"]
        for change in (
            {"current_stock": 11},
            {"current_stock": 10},
            {"current_stock": 9},
            {"low_stock_threshold": 5},
            {"low_stock_threshold": 9},
        )
    ]
    assert states == [False, True, True, False, True]
    assert [event.data["current_stock"] for event in published("LowStockReached")] == [10, 9]


def test_delete_is_for_admins_and_leaves_every_list(client, product, published):
    made = product(sku="S")
    path = f"/api/products/{made['id']}/"
    denied = client.delete(path, role="EMPLOYEE")
    assert (denied.status, denied.json) == (403, {"detail": "You do not have permission to perform this action."})
    assert client.get(path).status == 200
    assert client.delete(path, role="OWNER").status == 204
    for answer in (
        client.get(path),
        client.patch(path, {"name": "x"}),
        client.delete(path),
        client.post(path + "reserve/", {"amount": 1}),
    ):
        assert (answer.status, answer.json) == (404, {"detail": "Not found."})
    assert client.get("/api/products/").json == client.get("/api/products/?sku=S").json == []
    assert [event.version for event in published("ProductDeleted")] == [2]


def test_a_deleted_product_leaves_the_carts(client, product, database):
    made, other = product(), product()
    for id_ in (made["id"], other["id"]):
        client.post(f"/api/products/{id_}/reserve/", {"amount": 2})
    assert client.delete(f"/api/products/{made['id']}/").status == 204
    with database.read(ALL_ACCOUNTS) as session:
        assert list(session.execute(select(CartHold.product_id, CartHold.quantity))) == [(other["id"], 2)]


def test_list_filters_and_orders(client, product):
    supplier_id = supplier(client)
    cola = product(name="Coca-Cola", sku="1", price="30", current_stock=5)
    cafe = product(name="Café 100% puro", sku="2", price="20", supplier=supplier_id)
    idle = product(name="Viejo", sku="3", price="10", is_active=False)

    def ids(query):
        return [row["id"] for row in client.get(f"/api/products/?{query}").json]

    assert ids("") == [cola["id"], cafe["id"]]
    assert ids("is_active=false") == [idle["id"]]
    assert ids("sku=2") == [cafe["id"]]
    assert ids("sku=none") == ids("sku=3") == []
    assert ids("sku=3&is_active=false") == [idle["id"]]
    assert ids(f"supplier={supplier_id}") == [cafe["id"]]
    assert ids("low_stock=true") == [cola["id"]]
    assert ids("low_stock=false") == [cafe["id"]]
    assert ids("search=CAFE") == ids("search=100%25") == [cafe["id"]]
    assert ids("search=1_0") == ids("search=%25%25") == []
    assert ids("ordering=price") == [cafe["id"], cola["id"]]
    assert ids("ordering=-name") == [cola["id"], cafe["id"]]
    assert client.get("/api/products/?ordering=account_id").json == {
        "ordering": ['"account_id" is not a valid choice.']
    }
    page = client.get("/api/products/?page=2&page_size=1")
    assert [row["id"] for row in page.json] == [cafe["id"]]
    assert page.headers["X-Total-Count"] == "2"


def test_names_are_ordered_as_people_read_them(client, product):
    for number, name in enumerate(("Zanahoria", "ácido cítrico", "Bolillo", "agua")):
        product(name=name, sku=str(number))
    read = [row["name"] for row in client.get("/api/products/?ordering=name").json]
    assert read == ["ácido cítrico", "agua", "Bolillo", "Zanahoria"]


def test_list_of_one_category(client, database, product):
    drinks, _ = product(name="Agua"), product(name="Pan")
    with database.transaction(1) as session:
        session.execute(insert(Category), [{"uid": "drinks"}])
        session.execute(update(Product).where(Product.id == drinks["id"]).values(category_uid="drinks"))
    drinks["category_uid"] = "drinks"
    assert client.get("/api/products/?category_uid=drinks").json == [drinks]
    assert client.get("/api/products/?category_uid=none").json == []
    assert client.get("/api/products/?category_uid=drinks&search=pan").json == []


def test_reads_are_one_statement(client, app, product):
    """The list asks for the account's time zone first; a product by id or barcode brings it along."""
    made = product(sku="S")
    client.post(f"/api/products/{made['id']}/reserve/", {"amount": 3})
    for path, statements in ((f"/api/products/{made['id']}/", 1), ("/api/products/?sku=S", 1), ("/api/products/", 2)):
        with counted_statements(app) as seen:
            answer = client.get(path)
        row = answer.json if isinstance(answer.json, dict) else answer.json[0]
        assert row["reserved_quantity"] == 3
        assert len(seen) == statements, seen


def test_etags(client, product):
    path = f"/api/products/{product()['id']}/"
    tag = client.get(path).headers["ETag"]
    assert client.get(path, headers={"If-None-Match": tag}).status == 304
    assert client.patch(path, {"name": "A"}, headers={"If-Match": tag}).status == 200
    assert client.patch(path, {"name": "B"}, headers={"If-Match": tag}).status == 412
    assert client.delete(path, headers={"If-Match": tag}).status == 412
    assert client.get(path).json["name"] == "A"
    assert client.delete(path, headers={"If-Match": client.get(path).headers["ETag"]}).status == 204


@pytest.mark.parametrize("id_", ["99999999999999999999", "9223372036854775807", "0", "abc", "-1"])
def test_no_such_id(client, id_):
    answer = client.get(f"/api/products/{id_}/")
    assert (answer.status, answer.json) == (404, {"detail": "Not found."})


def test_another_account_sees_nothing(client, product, published):
    made = product()
    path = f"/api/products/{made['id']}/"
    before = len(published())
    assert client.get("/api/products/", account_id=2).json == []
    assert client.get(f"/api/products/?sku={made['sku']}", account_id=2).json == []
    for answer in (
        client.get(path, account_id=2), client.patch(path, {"name": "x"}, account_id=2), client.delete(path, account_id=2),
        client.post(path + "reserve/", {"amount": 1}, account_id=2),
    ):  # fmt: skip
        assert (answer.status, answer.json) == (404, {"detail": "Not found."})
    foreign = supplier(client, account_id=2)
    assert client.patch(path, {"supplier": foreign}).status == 400
    assert client.get(path).json == made
    assert len(published()) == before


def test_a_repeated_key_makes_one_product(client):
    first, again = (client.post("/api/products/", COLA, headers={"Idempotency-Key": "k"}) for _ in range(2))
    assert (first.status, again.data) == (201, first.data)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(client.get("/api/products/").json) == 1


def test_the_same_list_is_each_companys_own_and_of_the_moment(client, product):
    asked = "/api/products/?search=coca&ordering=-price&page=1&page_size=1"
    mine, theirs = product(price="2.00"), product(account_id=2, price="3.00")
    dearer = product(price="9.00")
    for company, first, total in ((1, dearer, "2"), (2, theirs, "1")):
        answer = client.get(asked, account_id=company)
        assert ([found["id"] for found in answer.json], answer.headers["X-Total-Count"]) == ([first["id"]], total)
    client.patch(f"/api/products/{mine['id']}/", {"price": "10.00"})
    assert [found["price"] for found in client.get(asked).json] == ["10.00"]
    assert [found["id"] for found in client.get(asked.replace("page=1", "page=2")).json] == [dearer["id"]]
