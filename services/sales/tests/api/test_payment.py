"""Pay and cancel an order: the documents' answers, and that nothing changes where they refuse."""

from __future__ import annotations

import pytest

from chassis.testing import counted_statements

CANNOT_CANCEL = "No se puede cancelar esta orden. Solo se permiten cancelar órdenes PENDIENTES."


def status_of(client, order_id):
    return client.get(f"/api/orders/{order_id}/").json["status"]


# --- pay


def test_paying_is_answered_as_documented(client, make_order, published, maria):
    order = make_order(customer=maria)
    answer = client.post(f"/api/orders/{order['id']}/pay/", {"payment_method": "CASH"})
    assert answer.status == 200
    paid_at = answer.json.pop("paid_at")
    assert paid_at.endswith("Z")
    assert answer.json == {
        "id": order["id"], "status": "PAID", "payment_method": "CASH", "final_amount": "230.11", "points_earned": 2,
    }  # fmt: skip
    created, paid = published()
    assert (paid.type, paid.version, paid.subject) == ("OrderPaid", 2, created.subject)
    told = {name: value for name, value in paid.data.items() if name in created.data}
    assert told == created.data
    assert (paid.data["payment_method"], paid.data["points_earned"]) == ("CASH", 2)
    assert paid.data["paid_at"][:19] == paid_at[:19]


def test_an_anonymous_sale_earns_nobody_points(client, make_order, published):
    order = make_order()
    assert client.post(f"/api/orders/{order['id']}/pay/", {"payment_method": "CARD"}).json["points_earned"] == 0
    assert published("OrderPaid")[0].data["points_earned"] == 0


def test_paying_takes_few_statements(app, client, make_order):
    order = make_order()
    with counted_statements(app) as seen:
        client.post(f"/api/orders/{order['id']}/pay/", {"payment_method": "CASH"})
    assert len(seen) == 3, seen


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({}, {"payment_method": ["This field is required."]}),
        ({"payment_method": "BITCOIN"}, {"payment_method": ['"BITCOIN" is not a valid choice.']}),
        ({"payment_method": "points"}, {"payment_method": ['"points" is not a valid choice.']}),
        ({"payment_method": None}, {"payment_method": ["This field may not be null."]}),
    ],
)
def test_a_malformed_payment_is_refused(client, make_order, published, body, errors):
    order = make_order()
    answer = client.post(f"/api/orders/{order['id']}/pay/", body)
    assert (answer.status, answer.json) == (400, errors)
    assert status_of(client, order["id"]) == "PENDING"
    assert published("OrderPaid") == []


def test_only_a_pending_order_can_be_paid(client, make_order, published):
    paid, cancelled = make_order(), make_order()
    client.post(f"/api/orders/{paid['id']}/pay/", {"payment_method": "CASH"})
    client.post(f"/api/orders/{cancelled['id']}/cancel/", {})
    before = client.get("/api/orders/").json
    for order in (paid, cancelled):
        answer = client.post(f"/api/orders/{order['id']}/pay/", {"payment_method": "CARD"})
        assert answer.status == 400
        assert list(answer.json) == ["detail"]
    assert client.get("/api/orders/").json == before
    assert len(published("OrderPaid")) == 1
    assert client.post("/api/orders/999/pay/", {"payment_method": "CASH"}).status == 404


# --- cancel


@pytest.mark.parametrize("body", [{}, None])
def test_cancelling_is_answered_as_documented(client, catalog, make_order, published, body):
    order = make_order()
    answer = client.post(f"/api/orders/{order['id']}/cancel/", body)
    assert (answer.status, answer.json) == (
        200,
        {"status": "Order cancelled", "detail": f"La orden {order['id']} fue cancelada y el stock restaurado."},
    )
    assert status_of(client, order["id"]) == "CANCELLED"
    created, cancelled = published()
    assert (cancelled.type, cancelled.version, cancelled.data["reason"]) == ("OrderCancelled", 2, "requested")
    assert cancelled.data["items"] == created.data["items"]
    assert catalog.calls[-1][:2] == ("POST", f"/internal/holds/{created.subject}/release/")
    assert catalog.holds == {}


def test_only_a_pending_order_can_be_cancelled(client, catalog, make_order, published):
    paid, cancelled = make_order(), make_order()
    client.post(f"/api/orders/{paid['id']}/pay/", {"payment_method": "CASH"})
    client.post(f"/api/orders/{cancelled['id']}/cancel/", {})
    calls = len(catalog.calls)
    for order in (paid, cancelled):
        answer = client.post(f"/api/orders/{order['id']}/cancel/", {})
        assert (answer.status, answer.json) == (400, {"non_field_errors": [CANNOT_CANCEL]})
    assert status_of(client, paid["id"]) == "PAID"
    assert len(published("OrderCancelled")) == 1
    assert len(catalog.calls) == calls
    assert client.post("/api/orders/999/cancel/", {}).status == 404
