"""`/api/v1/order`: each example and error of 004's section and the contract's rules for it, on both databases."""

from __future__ import annotations

import pytest

from chassis.testing import counted_statements
from sales.domain.b2b_orders import STATUSES

PATH = "/api/v1/order"
TIMES = {"created_at", "updated_at"}
EXAMPLE = {
    "uid": "order-123",
    "user_uid": "user-456",
    "status": "pending",
    "total": 5000.0,
    "shipping_address": "123 Main St",
    "billing_address": "123 Main St",
}
ITEMS = [
    {"order_uid": "order-123", "product_uid": "prod-456", "quantity": 2, "price": 1000, "discount": 100, "total": 1800.0},
    {"order_uid": "order-123", "product_uid": "prod-789", "quantity": 1, "price": 500, "discount": 0, "total": 500.0},
]  # fmt: skip
REQUIRED = "This field is required."


def new(uid, **fields):
    return {"uid": uid, "user_uid": "user-456", **fields}


def shown(row):
    """What is shown of an order, but for its times."""
    assert row.keys() >= TIMES
    return {name: value for name, value in row.items() if name not in TIMES}


def success(answer, data):
    body = answer.json
    assert answer.status == 200, answer
    assert (body["success"], body["status_message"], body["data"]) == (True, "Success", data)


def refused(answer, message, status=400):
    assert answer.status == status, answer
    assert (answer.json["data"], answer.json["success"], answer.json["status_message"]) == (None, False, message)


def unknown(uid):
    return f'Invalid pk "{uid}" - object does not exist.'


def test_the_example_is_stored_and_shown(client, others):
    success(client.post(PATH, {"data": [EXAMPLE]}), ["order-123"])
    row = client.get(f"{PATH}/order-123").json["data"]
    assert shown(row) == EXAMPLE
    assert row["created_at"] == row["updated_at"]
    assert b'"total":5000.00' in client.get(f"{PATH}/order-123").data


def test_an_order_without_a_uid_gets_one_and_the_rest_has_defaults(client, put):
    (uid,) = put({"user_uid": "user-456"})
    assert len(uid) == 36
    assert shown(client.get(f"{PATH}/{uid}").json["data"]) == {
        "uid": uid, "user_uid": "user-456", "status": "pending", "total": 0, "shipping_address": "", "billing_address": "",
    }  # fmt: skip


def test_fields_that_are_left_out_stay(client, put, published):
    put(EXAMPLE, new("o2"))
    put({"uid": "order-123", "billing_address": "Av. Juárez 12"}, {"uid": "o2", "total": "12.50"}, new("o3"))
    assert shown(client.get(f"{PATH}/order-123").json["data"]) == {**EXAMPLE, "billing_address": "Av. Juárez 12"}
    assert shown(client.get(f"{PATH}/o2").json["data"])["total"] == 12.5
    assert [(event.subject, event.version) for event in published()] == [
        ("o2", 1), ("order-123", 1), ("o2", 2), ("order-123", 2), ("o3", 1),
    ]  # fmt: skip


def test_what_is_equal_already_changes_nothing(client, put, published, others):
    put(EXAMPLE)
    before = client.get(f"{PATH}/order-123").json["data"]
    put(EXAMPLE)
    assert client.get(f"{PATH}/order-123").json["data"] == before
    assert len(published()) == 1


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("uid", "a/b", "Enter a valid uid: no spaces, no control characters, none of / ? # % ; \\."),
        ("user_uid", None, "This field may not be null."),
        ("status", "lost", '"lost" is not a valid choice.'),
        ("status", 7, '"7" is not a valid choice.'),
        ("total", -1, "Ensure this value is greater than or equal to 0."),
        ("total", 0.001, "Ensure that there are no more than 2 decimal places."),
        ("total", "ten", "A valid number is required."),
        ("shipping_address", "x" * 501, "Ensure this field has no more than 500 characters."),
        ("billing_address", None, "This field may not be null."),
    ],
)
def test_a_bad_field_is_named_with_its_index_and_nothing_is_changed(client, others, published, field, value, message):
    refused(client.post(PATH, {"data": [new("o1"), {**EXAMPLE, field: value}]}), f"data[1].{field}: {message}")
    assert client.get(PATH).json["data"] == []
    assert published() == []


def test_unknown_and_missing_owners_are_named(client, put, published, others):
    put(EXAMPLE, new("o2", user_uid="c1"), new("o3", user_uid="00000000-0000-7000-8000-000000000001"))
    told = len(published())
    elements = [{"uid": "order-123", "user_uid": "nobody"}, new("o4"), new("o5", user_uid="nobody"), {"uid": "o6"}]
    refused(
        client.post(PATH, {"data": elements}),
        f"data[0].user_uid: {unknown('nobody')}; data[2].user_uid: {unknown('nobody')}; data[3].user_uid: {REQUIRED}",
    )
    assert client.get(f"{PATH}/o4").status == 404
    assert shown(client.get(f"{PATH}/order-123").json["data"]) == EXAMPLE
    assert len(published()) == told
    others.users.clear()
    put(EXAMPLE)  # sent again by a system that doesn't know that its user is gone


def test_nobody_is_asked_who_the_caller_is(client, others):
    body = {"data": [{"uid": "o1", "user_uid": "00000000-0000-7000-8000-000000000001"}, {"uid": "o1b"}]}
    client.post(PATH, body)
    assert (others.customers.calls, others.auth.calls) == ([], [])
    client.post(PATH, {"data": [new("o2", user_uid="c1")]})
    assert (len(others.customers.calls), others.auth.calls) == (1, [])


@pytest.mark.parametrize("service", ["customers", "auth"])
def test_nothing_is_stored_while_nobody_says_who_an_owner_is(client, others, published, service):
    getattr(others, service).down = True
    answer = client.post(PATH, {"data": [EXAMPLE]})
    assert (answer.status, answer.headers["Retry-After"]) == (503, "2")
    assert client.get(PATH).json["data"] == []
    assert published() == []


def test_the_same_uid_twice_is_refused(client, others):
    refused(client.post(PATH, {"data": [EXAMPLE, EXAMPLE]}), "data[1].uid: The same as data[0].")
    refused(client.post(PATH, {"data": []}), "data: This list may not be empty.")
    assert client.post(PATH, {"data": [new(f"o{n}") for n in range(1001)]}).status == 400
    assert client.get(PATH).json["data"] == []


def test_lists_are_paged_and_filtered(client, put):
    put(*(new(f"o{n}", status=STATUSES[n % 5], user_uid=("user-456", "c1")[n % 2]) for n in range(10)))
    answer = client.get(f"{PATH}?offset=1&limit=2").json
    assert [row["uid"] for row in answer["data"]] == ["o1", "o2"]
    assert answer["metadata"] == {"offset": 1, "limit": 2, "total": 10}
    assert [row["uid"] for row in client.get(f"{PATH}/user/c1").json["data"]] == ["o1", "o3", "o5", "o7", "o9"]
    assert client.get(f"{PATH}/user/c1?limit=1").json["metadata"] == {"offset": 0, "limit": 1, "total": 5}
    assert client.get(f"{PATH}/user/nobody").json["data"] == []
    assert [row["uid"] for row in client.get(f"{PATH}/status/shipped").json["data"]] == ["o2", "o7"]
    assert client.get(f"{PATH}/status/shipped?offset=1").json["metadata"] == {"offset": 1, "limit": 100, "total": 2}
    refused(client.get(f"{PATH}/status/lost"), 'status: "lost" is not a valid choice.')
    for query in ("limit=0", "limit=1001", "offset=-1", "limit=x"):
        for path in (PATH, f"{PATH}/user/c1", f"{PATH}/status/pending"):
            assert client.get(f"{path}?{query}").status == 400


def test_the_example_of_statuses(client, put, published):
    put(EXAMPLE, new("order-456"), new("order-789"))
    body = {"data": [
        {"uid": "order-123", "status": "shipped"},
        {"uid": "order-456", "status": "delivered"},
        {"uid": "order-789", "status": "cancelled"},
    ]}  # fmt: skip
    for _ in range(2):  # the second changes nothing
        success(client.call("PUT", f"{PATH}/status", body), "order statuses updated successfully")
    statuses = {row["uid"]: row["status"] for row in client.get(PATH).json["data"]}
    assert statuses == {"order-123": "shipped", "order-456": "delivered", "order-789": "cancelled"}
    assert [(event.version, event.data["status"]) for event in published()[3:]] == [
        (2, "shipped"), (2, "delivered"), (2, "cancelled"),
    ]  # fmt: skip


ALLOWED = {
    "pending": {"processing", "shipped", "delivered", "cancelled"},
    "processing": {"shipped", "delivered", "cancelled"},
    "shipped": {"delivered", "cancelled"},
    "delivered": set(),
    "cancelled": set(),
}


@pytest.mark.parametrize("way", ["PUT", "POST"])
@pytest.mark.parametrize("present", STATUSES)
def test_an_order_goes_forward_only(client, put, published, way, present):
    for wanted in STATUSES:
        uid = f"to-{wanted}"
        put(new(uid, status=present))
        told, body = len(published()), {"data": [{"uid": uid, "status": wanted}]}
        answer = client.call(way, f"{PATH}/status" if way == "PUT" else PATH, body)
        if wanted in ALLOWED[present] or wanted == present:
            assert answer.status == 200
            assert client.get(f"{PATH}/{uid}").json["data"]["status"] == wanted
        else:
            refused(answer, f"data[0].status: A {present} order cannot become {wanted}.")
            assert client.get(f"{PATH}/{uid}").json["data"]["status"] == present
            assert len(published()) == told


def test_statuses_name_what_is_wrong_and_change_nothing(client, put, published):
    put(EXAMPLE, new("done", status="delivered"), new("gone"))
    put(new("theirs"), account_id=2)
    client.delete(f"{PATH}/gone")
    told = len(published())
    elements = [{"uid": uid, "status": "cancelled"} for uid in ("order-123", "gone", "theirs", "done")]
    refused(
        client.call("PUT", f"{PATH}/status", {"data": elements}),
        f"data[1].uid: {unknown('gone')}; data[2].uid: {unknown('theirs')}; "
        "data[3].status: A delivered order cannot become cancelled.",
    )
    bad = {"data": [{"uid": "order-123", "status": "shipped"}, {"uid": "done", "status": "lost"}, {"uid": "x"}]}
    refused(
        client.call("PUT", f"{PATH}/status", bad),
        f'data[1].status: "lost" is not a valid choice.; data[2].status: {REQUIRED}',
    )
    assert client.get(f"{PATH}/order-123").json["data"]["status"] == "pending"
    assert len(published()) == told


@pytest.mark.parametrize("status", ["delivered", "cancelled"])
def test_what_is_over_stays_as_it_is(client, put, put_items, published, status):
    put(EXAMPLE)
    put_items(*ITEMS)
    put({"uid": "order-123", "status": status})
    before, told = client.get(f"{PATH}/order-123").json["data"], len(published())
    put({**EXAMPLE, "status": status})
    put_items(*ITEMS)  # the same again is no change
    sentence = f"A {status} order cannot be changed."
    refused(client.post(PATH, {"data": [{"uid": "order-123", "shipping_address": "x"}]}), f"data[0].status: {sentence}")
    more = {"data": [{**ITEMS[0], "quantity": 3}, {**ITEMS[1]}]}
    refused(client.post(f"{PATH}/item", more), f"data[0].order_uid: {sentence}")
    refused(client.delete(f"{PATH}/order-123/item/prod-456"), sentence)
    keys = {"data": [{"order_uid": "order-123", "product_uid": "prod-789"}]}
    refused(client.delete(f"{PATH}/items", keys), f"data[0].order_uid: {sentence}")
    assert client.get(f"{PATH}/order-123").json["data"] == before
    assert len(client.get(f"{PATH}/order-123/items").json["data"]) == 2
    assert len(published()) == told


def test_delete_one(client, put, put_items, published):
    put(EXAMPLE)
    put_items(*ITEMS)
    success(client.delete(f"{PATH}/order-123"), "order deleted successfully")
    for method, path in (("GET", ""), ("DELETE", ""), ("GET", "/items"), ("DELETE", "/item/prod-456")):
        refused(client.call(method, f"{PATH}/order-123{path}"), "Not found.", 404)
    assert client.get(PATH).json["data"] == []
    gone = published()[-1]
    assert (gone.version, gone.data["deleted"], gone.data["items"]) == (3, True, [])


def test_delete_a_batch_ignores_the_unknown(client, put, published):
    put(EXAMPLE, new("o2"), new("o3"))
    put(new("theirs"), account_id=2)
    body = {"data": ["order-123", "o2", "nobody", "theirs"]}
    success(client.delete(PATH, body), "orders deleted successfully")
    assert [row["uid"] for row in client.get(PATH).json["data"]] == ["o3"]
    assert client.get(f"{PATH}/theirs", account_id=2).status == 200
    assert {event.subject for event in published() if event.data["deleted"]} == {"order-123", "o2"}
    success(client.delete(PATH, {"data": ["order-123"]}), "orders deleted successfully")


def test_a_deleted_uid_given_again_is_a_new_order(client, put, put_items, published):
    put({**EXAMPLE, "status": "delivered"})
    client.delete(f"{PATH}/order-123")
    refused(client.post(PATH, {"data": [{"uid": "order-123", "total": 1}]}), f"data[0].user_uid: {REQUIRED}")
    put(new("order-123", user_uid="c1"))
    assert shown(client.get(f"{PATH}/order-123").json["data"]) == {
        "uid": "order-123", "user_uid": "c1", "status": "pending", "total": 0, "shipping_address": "", "billing_address": "",
    }  # fmt: skip
    assert client.get(f"{PATH}/order-123/items").json["data"] == []
    assert [event.version for event in published()] == [1, 2, 3]
    assert published()[-1].data["deleted"] is False


def test_the_events_are_as_the_contract_shows_them(client, put, put_items, published, contracts):
    put(EXAMPLE)
    put_items(*ITEMS)
    client.call("PUT", f"{PATH}/status", {"data": [{"uid": "order-123", "status": "shipped"}]})
    client.delete(f"{PATH}/order-123")
    times = {"created_at", "updated_at"}
    examples = contracts.event("B2BOrderChanged")[1]["examples"]
    assert [{name: value for name, value in event.data.items() if name not in times} for event in published()] == [
        {name: value for name, value in example.items() if name not in times} for example in examples
    ]
    assert [(event.subject, event.version) for event in published()] == [("order-123", n) for n in (1, 2, 3, 4)]


def test_a_thousand_cost_a_handful_of_statements(app, client, others):
    uids = [f"o{number:04}" for number in range(1000)]

    def cost(call, *args):
        with counted_statements(app) as statements:
            assert call(*args).status == 200
        return len(statements)

    create = {"data": [new(uid) for uid in uids]}
    assert cost(client.post, PATH, create) == 2  # insert, events
    assert cost(client.post, PATH, create) == 3  # insert of nothing, look, items
    change = {
        "data": [{"uid": uid, "total": 7} for uid in uids[:500]]
        + [{"uid": uid, "status": "shipped"} for uid in uids[500:]]
    }
    assert cost(client.post, PATH, change) == 5  # and upsert, events
    items = {"data": [{"order_uid": uid, "product_uid": "prod-456", "quantity": 2, "price": 9} for uid in uids]}
    assert cost(client.post, f"{PATH}/item", items) == 5  # orders, items, upsert, sums, events
    statuses = {"data": [{"uid": uid, "status": "delivered"} for uid in uids]}
    assert cost(client.put, f"{PATH}/status", statuses) == 4  # orders, upsert, items, events
    assert cost(client.get, f"{PATH}?limit=1000") == 2
    assert cost(client.delete, PATH, {"data": uids}) == 4  # orders, items, orders, events
    assert client.get(PATH).json["metadata"]["total"] == 0
