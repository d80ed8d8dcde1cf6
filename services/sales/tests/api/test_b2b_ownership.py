"""Who may do what with B2B orders: staff everything, a CLIENT with its own while they are pending, another account nothing."""

from __future__ import annotations

import pytest

PATH = "/api/v1/order"
FORBIDDEN = "You do not have permission to perform this action."
CALLS = [
    ("POST", PATH, {"data": [{"uid": "o1", "shipping_address": "Av. Juárez 12"}]}, 200),
    ("GET", PATH, None, 200),
    ("GET", f"{PATH}/o1", None, 200),
    ("GET", f"{PATH}/user/c1", None, 200),
    ("GET", f"{PATH}/status/pending", None, 200),
    ("POST", f"{PATH}/item", {"data": [{"order_uid": "o1", "product_uid": "prod-789", "quantity": 2}]}, 200),
    ("GET", f"{PATH}/o1/items", None, 200),
    ("DELETE", f"{PATH}/o1/item/prod-456", None, 200),
    ("DELETE", f"{PATH}/items", {"data": [{"order_uid": "o1", "product_uid": "prod-456"}]}, 200),
    ("PUT", f"{PATH}/status", {"data": [{"uid": "o1", "status": "cancelled"}]}, 200),
    ("DELETE", f"{PATH}/o1", None, 403),
    ("DELETE", PATH, {"data": ["o1"]}, 403),
]


@pytest.fixture
def orders(put, put_items):
    """o1 of the client c1, o2 of the client c2, each with an item."""
    put({"uid": "o1", "user_uid": "c1"}, {"uid": "o2", "user_uid": "c2"})
    item = {"product_uid": "prod-456", "quantity": 2, "price": 10}
    put_items({**item, "order_uid": "o1"}, {**item, "order_uid": "o2"})


@pytest.fixture
def state(client):
    """All there is, for comparison."""

    def look():
        rows = client.get(PATH).json["data"]
        return rows, [client.get(f"{PATH}/{row['uid']}/items").json["data"] for row in rows]

    return look


def refused(answer, message, status=400):
    assert answer.status == status, answer
    assert (answer.json["data"], answer.json["success"], answer.json["status_message"]) == (None, False, message)


def unknown(uid):
    return f'Invalid pk "{uid}" - object does not exist.'


@pytest.mark.parametrize(("method", "path", "body", "as_a_client"), CALLS)
def test_who_may_do_what(client, orders, others, as_client, state, method, path, body, as_a_client):
    before = state()
    refused(client.call(method, path, body, role=None), "unauthorized", 401)
    assert state() == before
    answer = client.call(method, path, body, **as_client("c1"))
    if as_a_client == 403:
        refused(answer, FORBIDDEN, 403)
        assert state() == before
    else:
        assert answer.status == 200


@pytest.mark.parametrize("role", ["ADMIN", "OWNER", "EMPLOYEE"])
def test_staff_do_everything(client, put, put_items, others, role):
    for method, path, body, _ in CALLS:
        put({"uid": "o1", "user_uid": "c1"})
        put_items({"order_uid": "o1", "product_uid": "prod-456", "quantity": 2, "price": 10})
        if path.endswith("/item"):
            body = {"data": [{**body["data"][0], "price": 3}]}
        assert client.call(method, path, body, role=role).status == 200, (method, path)
        client.delete(f"{PATH}/o1")


def test_a_client_sees_its_own_alone(client, orders, as_client):
    own = as_client("c1")
    for path in (PATH, f"{PATH}/status/pending", f"{PATH}/user/c1"):
        answer = client.get(path, **own).json
        assert [row["uid"] for row in answer["data"]] == ["o1"]
        assert answer["metadata"]["total"] == 1
    assert client.get(f"{PATH}/o1", **own).json["data"]["user_uid"] == "c1"
    for path in ("o2", "o2/items", "user/c2", "nothing", "nothing/items"):
        refused(client.get(f"{PATH}/{path}", **own), "Not found.", 404)
    # the same uid in another account is somebody else
    assert client.get(PATH, **as_client("c1", account_id=2)).json["data"] == []


def test_a_client_touches_nobody_elses(client, orders, as_client, state, published):
    own, before, told = as_client("c1"), state(), len(published())
    refused(
        client.post(PATH, {"data": [{"uid": "o1", "billing_address": "x"}, {"uid": "o2"}]}, **own),
        f"data[1].uid: {unknown('o2')}",
    )
    statuses = {"data": [{"uid": "o1", "status": "cancelled"}, {"uid": "o2", "status": "cancelled"}]}
    refused(client.put(f"{PATH}/status", statuses, **own), f"data[1].uid: {unknown('o2')}")
    items = {"data": [{"order_uid": uid, "product_uid": "prod-789", "quantity": 1} for uid in ("o1", "o2")]}
    refused(client.post(f"{PATH}/item", items, **own), f"data[1].order_uid: {unknown('o2')}")
    refused(client.delete(f"{PATH}/o2/item/prod-456", **own), "Not found.", 404)
    assert (
        client.delete(f"{PATH}/items", {"data": [{"order_uid": "o2", "product_uid": "prod-456"}]}, **own).status == 200
    )
    assert state() == before
    assert len(published()) == told


def test_a_clients_order_is_its_own_whatever_it_sends(client, others, as_client):
    body = {"data": [{"uid": "mine", "user_uid": "c2", "total": 5000, "shipping_address": "Av. Juárez 12"}]}
    assert client.post(PATH, body, **as_client("c1")).json["data"] == ["mine"]
    row = client.get(f"{PATH}/mine").json["data"]
    assert (row["user_uid"], row["status"], row["total"]) == ("c1", "pending", 0)
    client.post(PATH, {"data": [{"uid": "mine", "user_uid": "c2", "total": 1}]}, **as_client("c1"))
    assert client.get(f"{PATH}/mine").json["data"] == row
    for status in ("shipped", "cancelled"):
        answer = client.post(PATH, {"data": [{"uid": "other", "status": status}]}, **as_client("c1"))
        refused(answer, "data[0].status: A client's new order is pending.")


def test_a_client_pays_the_catalogues_price_less_its_own_percentage(client, others, as_client):
    others.products["prod-456"], others.clients["c1"] = ("33.35", True), "10.00"
    own = as_client("c1")
    client.post(PATH, {"data": [{"uid": "mine"}]}, **own)
    free = {
        "order_uid": "mine",
        "product_uid": "prod-456",
        "quantity": 3,
        "price": 0.01,
        "discount": 0.01,
        "total": 0.01,
    }
    assert client.post(f"{PATH}/item", {"data": [free]}, **own).status == 200
    item = client.get(f"{PATH}/mine/items").json["data"][0]
    assert item == {**free, "price": 33.35, "discount": 3.34, "total": 90.03}  # 3.335 is half-up
    assert client.get(f"{PATH}/mine").json["data"]["total"] == 90.03
    # staff's special price holds until the client changes the item
    client.post(f"{PATH}/item", {"data": [{**free, "price": 20, "discount": 0}]})
    client.post(f"{PATH}/item", {"data": [{"order_uid": "mine", "product_uid": "prod-789", "quantity": 1}]}, **own)
    assert [row["price"] for row in client.get(f"{PATH}/mine/items").json["data"]] == [20, 500]
    client.post(f"{PATH}/item", {"data": [{"order_uid": "mine", "product_uid": "prod-456", "quantity": 9}]}, **own)
    assert [row["price"] for row in client.get(f"{PATH}/mine/items").json["data"]] == [33.35, 500]


def test_a_client_orders_what_is_for_sale_only(client, others, as_client):
    own = as_client("c2")
    client.post(PATH, {"data": [{"uid": "mine"}]}, **own)
    items = [{"order_uid": "mine", "product_uid": uid, "quantity": 1} for uid in ("prod-456", "prod-old", "nothing")]
    refused(
        client.post(f"{PATH}/item", {"data": items}, **own),
        f"data[1].product_uid: {unknown('prod-old')}; data[2].product_uid: {unknown('nothing')}",
    )
    nameless = {"order_uid": "mine", "product_uid": "prod-456"}
    refused(client.post(f"{PATH}/item", {"data": [nameless]}, **own), "data[0].quantity: This field is required.")
    others.clients.clear()  # deleted a moment ago
    refused(client.post(f"{PATH}/item", {"data": items[:1]}, **own), FORBIDDEN, 403)
    assert client.get(f"{PATH}/mine/items").json["data"] == []


def test_a_client_may_cancel_what_is_pending_and_nothing_else(client, orders, as_client):
    own = as_client("c1")

    def to(status, **how):
        return client.put(f"{PATH}/status", {"data": [{"uid": "o1", "status": status}]}, **how)

    for status in ("processing", "shipped", "delivered"):
        refused(to(status, **own), "data[0].status: A client can only cancel an order, while it is pending.")
    assert to("pending", **own).status == 200
    assert client.get(f"{PATH}/o1").json["data"]["status"] == "pending"
    assert client.post(PATH, {"data": [{"uid": "o1", "status": "cancelled"}]}, **own).status == 200
    assert client.get(f"{PATH}/o1").json["data"]["status"] == "cancelled"


@pytest.mark.parametrize("status", ["processing", "shipped"])
def test_a_clients_hands_are_off_once_the_order_is_in_work(client, orders, others, as_client, state, status):
    own = as_client("c1")
    client.put(f"{PATH}/status", {"data": [{"uid": "o1", "status": status}]})
    before, sentence = state(), "A client can only change an order while it is pending."
    refused(client.post(PATH, {"data": [{"uid": "o1", "billing_address": "x"}]}, **own), f"data[0].status: {sentence}")
    cancel = {"data": [{"uid": "o1", "status": "cancelled"}]}
    for method, path in (("POST", PATH), ("PUT", f"{PATH}/status")):
        refused(
            client.call(method, path, cancel, **own),
            "data[0].status: A client can only cancel an order, while it is pending.",
        )
    more = {"data": [{"order_uid": "o1", "product_uid": "prod-789", "quantity": 1}]}
    refused(client.post(f"{PATH}/item", more, **own), f"data[0].order_uid: {sentence}")
    refused(client.delete(f"{PATH}/o1/item/prod-456", **own), sentence)
    assert state() == before
    assert client.post(f"{PATH}/item", {"data": [{**more["data"][0], "price": 1}]}).status == 200  # staff still may


def test_accounts_never_meet(client, orders, put, others, state, published):
    before, told = state(), len(published())
    for path in ("o1", "o1/items"):
        refused(client.get(f"{PATH}/{path}", account_id=2), "Not found.", 404)
    for path in (PATH, f"{PATH}/user/c1", f"{PATH}/status/pending"):
        assert client.get(path, account_id=2).json["data"] == []
    refused(client.delete(f"{PATH}/o1", account_id=2), "Not found.", 404)
    assert client.delete(PATH, {"data": ["o1"]}, account_id=2).status == 200
    item = {"order_uid": "o1", "product_uid": "prod-456", "quantity": 9, "price": 1}
    assert client.post(f"{PATH}/item", {"data": [item]}, account_id=2).status == 400
    assert client.delete(f"{PATH}/items", {"data": [item]}, account_id=2).status == 200
    assert client.put(f"{PATH}/status", {"data": [{"uid": "o1", "status": "cancelled"}]}, account_id=2).status == 400
    assert len(published()) == told
    put({"uid": "o1", "user_uid": "c2", "total": 9}, account_id=2)  # the uid is free there
    assert client.post(f"{PATH}/item", {"data": [item]}, account_id=2).status == 200
    assert state() == before
    assert client.get(f"{PATH}/o1", account_id=2).json["data"]["total"] == 9
