"""What counts as a text and as a number."""

import pytest

ORDER = {"uid": "order-123", "user_uid": "user-456"}
ITEM = {"order_uid": "order-123", "product_uid": "prod-456", "quantity": 2, "price": 1000}
BAD_NUMBERS = ["1e9999999", "-1e9999999", "1e-9999999", "１２", "NaN"]


@pytest.mark.parametrize("number", BAD_NUMBERS)
def test_what_is_no_plain_number_is_refused_everywhere(client, others, catalog, number):
    assert client.post("/api/v1/order", {"data": [ORDER]}).status == 200
    answers = (
        client.post("/api/orders/", {"items": [{"product": 1, "quantity": number}]}),
        client.post("/api/orders/", {"items": [{"product": number, "quantity": 1}]}),
        client.post("/api/orders/", {"items": [{"product": 1, "quantity": 1}], "customer": number}),
        client.post("/api/v1/order", {"data": [{**ORDER, "total": number}]}),
        *(
            client.post("/api/v1/order/item", {"data": [{**ITEM, field: number}]})
            for field in ("quantity", "price", "discount")
        ),
        client.get(f"/api/orders/?page_size={number}"),
    )
    assert [answer.status for answer in answers] == [400] * len(answers)


@pytest.mark.parametrize("value", [1.5, 7501055300075.0, True])
def test_a_float_is_no_text(client, others, value):
    for field in ("uid", "user_uid", "shipping_address"):
        answer = client.post("/api/v1/order", {"data": [{**ORDER, field: value}]})
        assert (answer.status, answer.json["status_message"]) == (400, f"data[0].{field}: Not a valid string.")


def test_a_uid_is_one_in_both_unicode_forms(client, others):
    composed, decomposed = "pedido-\u00e9", "pedido-e\u0301"
    assert client.post("/api/v1/order", {"data": [{**ORDER, "uid": decomposed}]}).json["data"] == [composed]
    for uid in (composed, decomposed):
        assert client.get(f"/api/v1/order/{uid}").json["data"]["uid"] == composed


def test_messages_cut_long_values(client, make_order):
    long = "x" * 500_000
    for answer in (
        client.get(f"/api/v1/order/status/{'x' * 5000}"),
        client.post("/api/v1/order", {"data": [{**ORDER, "status": long}]}),
        client.post(f"/api/orders/{make_order()['id']}/pay/", {"payment_method": long}),
    ):
        assert (answer.status, len(answer.data) < 300) == (400, True), answer
