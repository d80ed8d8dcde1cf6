"""Who may do what, and that no account ever sees another's orders."""

from __future__ import annotations

import pytest

ITEMS = [{"product_id": 15, "quantity": 2}]
ENDPOINTS = [
    ("POST", "/api/orders/", {"items": ITEMS}, 201),
    ("POST", "/api/orders/quote/", {"items": ITEMS}, 200),
    ("GET", "/api/orders/", None, 200),
    ("GET", "/api/orders/{id}/", None, 200),
    ("GET", "/api/orders/{id}/receipt/", None, 200),
    ("POST", "/api/orders/{id}/pay/", {"payment_method": "CASH"}, 200),
    ("POST", "/api/orders/{id}/cancel/", {}, 200),
]


@pytest.mark.parametrize("role", ["ADMIN", "OWNER", "EMPLOYEE"])
@pytest.mark.parametrize(("method", "path", "body", "status"), ENDPOINTS)
def test_staff_do_everything(client, make_order, role, method, path, body, status):
    path = path.format(id=make_order()["id"])
    assert client.call(method, path, body, role=role).status == status


@pytest.mark.parametrize(("role", "status"), [("CLIENT", 403), (None, 401)])
@pytest.mark.parametrize(("method", "path", "body", "_status"), ENDPOINTS)
def test_others_do_nothing(client, make_order, published, role, status, method, path, body, _status):
    path = path.format(id=make_order()["id"])
    assert client.call(method, path, body, role=role).status == status
    assert [event.type for event in published()] == ["OrderCreated"]


def test_another_accounts_orders_are_not_there(client, make_order, published):
    order = make_order()
    path = f"/api/orders/{order['id']}/"
    assert client.get("/api/orders/", account_id=2).json == []
    assert client.get(f"/api/orders/?ticket_folio={order['ticket_folio']}", account_id=2).json == []
    for answer in (
        client.get(path, account_id=2),
        client.post(f"{path}pay/", {"payment_method": "CASH"}, account_id=2),
        client.post(f"{path}cancel/", {}, account_id=2),
    ):
        assert (answer.status, answer.json) == (404, {"detail": "Not found."})
    assert client.get(path).json["status"] == "PENDING"
    assert [event.type for event in published()] == ["OrderCreated"]


def test_an_order_cannot_be_changed_or_deleted(client, make_order):
    path = f"/api/orders/{make_order()['id']}/"
    for method in ("PUT", "PATCH", "DELETE"):
        answer = client.call(method, path, {"status": "PAID"})
        assert (answer.status, answer.json) == (405, {"detail": f'Method "{method}" not allowed.'})


def test_what_the_server_computes_cannot_be_sent(client):
    body = {
        "items": [{**ITEMS[0], "unit_price": "0.01", "discount_amount": "99"}],
        "status": "PAID",
        "final_amount": "0.01",
    }
    answer = client.post("/api/orders/", body)
    assert (answer.json["status"], answer.json["final_amount"]) == ("PENDING", "211.61")
