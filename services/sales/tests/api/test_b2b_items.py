"""`/api/v1/order/item`: 004's examples, what items cost, and the totals that follow from them, on both databases."""

from __future__ import annotations

import pytest

from sales.domain import b2b_orders

PATH = "/api/v1/order"
ORDER = {"uid": "order-123", "user_uid": "user-456", "total": 5000.0}
ITEMS = [
    {"order_uid": "order-123", "product_uid": "prod-456", "quantity": 2, "price": 1000, "discount": 100, "total": 1800.0},
    {"order_uid": "order-123", "product_uid": "prod-789", "quantity": 1, "price": 500, "discount": 0, "total": 500.0},
]  # fmt: skip
REQUIRED = "This field is required."


@pytest.fixture
def total(client):
    return lambda uid="order-123": client.get(f"{PATH}/{uid}").json["data"]["total"]


@pytest.fixture
def items(client):
    return lambda uid="order-123": client.get(f"{PATH}/{uid}/items").json["data"]


def success(answer, data):
    assert answer.status == 200, answer
    assert (answer.json["success"], answer.json["data"]) == (True, data)


def refused(answer, message, status=400):
    assert answer.status == status, answer
    assert (answer.json["data"], answer.json["success"], answer.json["status_message"]) == (None, False, message)


def unknown(uid):
    return f'Invalid pk "{uid}" - object does not exist.'


def test_the_example(client, put, items, total, published):
    put(ORDER)
    for _ in range(2):  # the second changes nothing
        success(client.post(f"{PATH}/item", {"data": ITEMS}), "order items updated successfully")
    assert items() == ITEMS
    assert b'"total":1800.00' in client.get(f"{PATH}/order-123/items").data
    assert total() == 2300
    assert [(event.version, event.data["total"], len(event.data["items"])) for event in published()] == [
        (1, "5000.00", 0),
        (2, "2300.00", 2),
    ]


def test_an_item_is_the_orders_one_of_its_product(put, put_items, items, total):
    put(ORDER)
    put_items(*ITEMS)
    put_items({**ITEMS[0], "quantity": 3, "total": 1})
    put_items({"order_uid": "order-123", "product_uid": "prod-789", "discount": 0.01})
    assert items() == [{**ITEMS[0], "quantity": 3, "total": 2700}, {**ITEMS[1], "discount": 0.01, "total": 499.99}]
    assert total() == 3199.99


def test_the_given_total_counts_until_there_are_items(client, put, put_items, total):
    put(ORDER)
    assert total() == 5000
    put({"uid": "order-123", "total": 4000})
    assert total() == 4000
    put_items(ITEMS[1])
    put({"uid": "order-123", "total": 1, "billing_address": "x"})
    assert total() == 500
    client.delete(f"{PATH}/order-123/item/prod-789")
    assert total() == 0
    put({"uid": "order-123", "total": 7})
    assert total() == 7


def test_what_is_wrong_is_named_and_nothing_is_stored(client, put, put_items, items, published):
    put(ORDER, {"uid": "gone", "user_uid": "c1"})
    put({"uid": "theirs", "user_uid": "user-456"}, account_id=2)
    client.delete(f"{PATH}/gone")
    put_items(ITEMS[1])
    told, one = len(published()), ITEMS[0]
    elements = [
        one,
        {**one, "order_uid": "gone"},
        {**one, "order_uid": "theirs"},
        {**one, "product_uid": "nothing"},
        {"order_uid": "order-123", "product_uid": "prod-old"},
        {**ITEMS[1], "discount": 500.01},
    ]
    refused(
        client.post(f"{PATH}/item", {"data": elements}),
        f"data[1].order_uid: {unknown('gone')}; data[2].order_uid: {unknown('theirs')}; "
        f"data[3].product_uid: {unknown('nothing')}; data[4].quantity: {REQUIRED}; data[4].price: {REQUIRED}; "
        "data[5].discount: Ensure this value is less than or equal to the price.",
    )
    assert items() == [ITEMS[1]]
    assert len(published()) == told


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("quantity", 0, "Ensure this value is greater than or equal to 1."),
        ("quantity", 1_000_001, "Ensure this value is less than or equal to 1000000."),
        ("quantity", 1.5, "A valid integer is required."),
        ("price", -1, "Ensure this value is greater than or equal to 0."),
        ("price", None, "This field may not be null."),
        ("price", 0.001, "Ensure that there are no more than 2 decimal places."),
        ("discount", "x", "A valid number is required."),
        ("order_uid", "", "This field may not be blank."),
        ("product_uid", None, "This field may not be null."),
    ],
)
def test_a_bad_field_is_named_with_its_index(client, put, items, field, value, message):
    put(ORDER)
    refused(
        client.post(f"{PATH}/item", {"data": [ITEMS[1], {**ITEMS[0], field: value}]}), f"data[1].{field}: {message}"
    )
    assert items() == []


def test_an_amount_that_no_ledger_holds_is_refused(client, put, items):
    put(ORDER)
    answer = client.post(f"{PATH}/item", {"data": [{**ITEMS[0], "quantity": 1_000_000, "price": 1_000_000}]})
    refused(answer, "data[0].quantity: Ensure that price and quantity make no more than 9999999999.99.")
    assert items() == []


def test_the_same_item_twice_is_refused(client, put, items):
    put(ORDER)
    answer = client.post(f"{PATH}/item", {"data": [ITEMS[0], ITEMS[1], ITEMS[0]]})
    refused(answer, "data[2].product_uid: The same as data[0].")
    assert items() == []


def test_an_order_has_no_more_items_than_its_event_can_carry(client, put, put_items, items, monkeypatch):
    monkeypatch.setattr("sales.usecases.b2b_items.MAX_ITEMS", 2)
    assert b2b_orders.MAX_ITEMS == 1000
    put(ORDER)
    put_items(*ITEMS)
    answer = client.post(f"{PATH}/item", {"data": [{**ITEMS[0], "product_uid": "prod-old"}]})
    refused(answer, "data[0].order_uid: Ensure this order has no more than 2 items.")
    assert items() == ITEMS


def test_a_product_that_is_gone_stays_on_the_orders_that_have_it(client, put, put_items, items, others):
    put(ORDER)
    put_items({**ITEMS[0], "product_uid": "prod-old"})  # not for sale, but staff know what they sold
    others.products.clear()
    put_items({**ITEMS[0], "product_uid": "prod-old", "quantity": 5})
    assert items()[0]["quantity"] == 5
    assert client.post(f"{PATH}/item", {"data": [ITEMS[0]]}).status == 400


def test_nothing_is_stored_while_catalog_does_not_answer(client, put, items, others):
    put(ORDER)
    others.catalog.down = True
    assert client.post(f"{PATH}/item", {"data": ITEMS}).status == 503
    assert items() == []


def test_delete_one(client, put, put_items, items, total, published):
    put(ORDER)
    put_items(*ITEMS)
    success(client.delete(f"{PATH}/order-123/item/prod-456"), "order item deleted successfully")
    assert (items(), total()) == ([ITEMS[1]], 500)
    told = len(published())
    for path in ("order-123/item/prod-456", "order-123/item/nothing", "nothing/item/prod-789"):
        refused(client.delete(f"{PATH}/{path}"), "Not found.", 404)
    refused(client.delete(f"{PATH}/order-123/item/prod-789", account_id=2), "Not found.", 404)
    assert len(published()) == told


def test_the_example_of_deleting_a_batch(client, put, put_items, items, total, published):
    put(ORDER, {"uid": "o2", "user_uid": "c1"})
    put_items(*ITEMS, {**ITEMS[0], "order_uid": "o2"})
    keys = [{"order_uid": "order-123", "product_uid": uid} for uid in ("prod-456", "prod-789")]
    body = {
        "data": [*keys, {"order_uid": "nothing", "product_uid": "prod-456"}, {"order_uid": "o2", "product_uid": "x"}]
    }
    told = len(published())
    for _ in range(2):
        success(client.delete(f"{PATH}/items", body), "order items deleted successfully")
    assert (items(), total(), total("o2")) == ([], 0, 1800)
    assert [event.subject for event in published()[told:]] == ["order-123"]
    refused(client.delete(f"{PATH}/items", {"data": [keys[0], keys[0]]}), "data[1].product_uid: The same as data[0].")


def test_items_are_paged(client, put, put_items):
    put(ORDER)
    put_items(*ITEMS)
    answer = client.get(f"{PATH}/order-123/items?offset=1&limit=1").json
    assert (answer["data"], answer["metadata"]) == ([ITEMS[1]], {"offset": 1, "limit": 1, "total": 2})
    refused(client.get(f"{PATH}/nothing/items"), "Not found.", 404)


def test_an_item_is_of_its_product_however_the_uid_is_spelled(client, put, others, items, total):
    """Catalog finds a product by its code, and answers its own uid."""
    others.catalog.on("POST", "/internal/products/", lambda body: (200, {"products": [
        {"product_uid": "prod-456", "name": "Agua", "price": "1000.00", "is_active": True}]
        if {uid.lower() for uid in body["uids"]} == {"prod-456"} else []}))  # fmt: skip
    put(ORDER)
    body = {**ITEMS[0], "product_uid": "PROD-456"}
    for element in (body, {**ITEMS[0], "quantity": 3}, {**body, "quantity": 4}):
        success(client.post(f"{PATH}/item", {"data": [element]}), "order items updated successfully")
    assert items() == [{**ITEMS[0], "quantity": 4, "total": 3600.0}]
    twice = client.post(f"{PATH}/item", {"data": [ITEMS[0], body]})
    refused(twice, "data[1].product_uid: The same as data[0].")
    assert client.delete(f"{PATH}/order-123/item/Prod-456").status == 200
    assert items() == []
