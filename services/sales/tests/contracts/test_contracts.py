"""Both sides of the contracts: what sales tells and answers, and what it makes of the others' answers."""

from __future__ import annotations

from sqlalchemy import update

from chassis.db import ALL_ACCOUNTS
from sales.domain.models import Order


def test_published_events_keep_their_contracts(client, make_order, published):
    paid, cancelled = make_order()["id"], make_order()["id"]
    client.post(f"/api/orders/{paid}/pay/", {"payment_method": "CASH"})
    client.post(f"/api/orders/{cancelled}/cancel/", {})
    assert [event.type for event in published()] == ["OrderCreated", "OrderCreated", "OrderPaid", "OrderCancelled"]


def test_the_status_read_keeps_its_contract(client, contracts, database, make_order):
    contract = contracts.internal("sales", "order_status")
    for example in contract["examples"]:
        wanted = example["response"]
        if example["status"] == 200:
            order = make_order()
            if wanted["status"] == "PAID":
                client.post(f"/api/orders/{order['id']}/pay/", {"payment_method": wanted["payment_method"]})
            if wanted["status"] == "CANCELLED":
                client.post(f"/api/orders/{order['id']}/cancel/", {})
            with database.transaction(ALL_ACCOUNTS) as session:
                session.execute(update(Order).where(Order.uid == wanted["order_uid"]).values(uid=f"was-{order['id']}"))
                session.execute(update(Order).where(Order.id == order["id"]).values(uid=wanted["order_uid"]))
        for caller in contract["callers"]:
            answer = client.internal(caller, contract["method"], example["path"])
            assert (answer.status, answer.json) == (example["status"], wanted), example["name"]


def test_the_status_read_is_for_services_and_their_account_only(client, make_order, published):
    make_order()
    path = f"/internal/orders/{published()[0].subject}/"
    assert client.internal("catalog", "GET", path).status == 200
    assert client.internal("catalog", "GET", path, account_id=None).status == 200
    assert client.internal("catalog", "GET", path, account_id=2).status == 404
    assert client.get(path).status == 404
    assert client.get(path, role=None).status == 404


def test_catalogs_examples_are_understood(client, catalog, contracts):
    for example in contracts.internal("catalog", "hold")["examples"]:
        catalog.on("POST", "/internal/holds/", example["status"], example["response"])
        answer = client.post("/api/orders/", {"items": example["request"]["lines"]})
        # Only a retried order's uid may be refused; a fresh one that is, is nobody's fault but ours.
        assert answer.status == {200: 201, 400: 400, 409: 409}[example["status"]], example["name"]
        if answer.status == 201:
            held = {line["product_id"]: line for line in example["response"]["lines"]}
            for item, line in zip(answer.json["items"], example["request"]["lines"], strict=True):
                assert item["product_name"] == held[line["product_id"]]["name"]
                assert item["unit_price"] == held[line["product_id"]]["list_price"]
        if answer.status == 400:
            assert answer.json == example["response"]


def test_sales_calls_catalog_as_agreed(client, catalog, contracts, make_order):
    order = make_order()
    client.post(f"/api/orders/{order['id']}/cancel/", {})
    (hold, release), examples = catalog.calls, contracts.internal("catalog", "hold")["examples"]
    assert set(hold[2]) == set(examples[0]["request"])
    assert set(hold[2]["lines"][0]) == set(examples[0]["request"]["lines"][0])
    agreed = contracts.internal("catalog", "release")
    assert (release[0], release[1]) == (agreed["method"], agreed["path"].format(order_uid=hold[2]["order_uid"]))
    assert release[2] is agreed["examples"][0]["request"] is None
    catalog.products[15]["list_price"] = "9999999999.99"
    client.post("/api/orders/", {"items": [{"product_id": 15, "quantity": 1_000_000}]})
    assert catalog.calls[-1][2] in [example["request"] for example in agreed["examples"] if example["request"]]


def test_customers_examples_are_understood(client, contracts, customers):
    known, unknown = contracts.internal("customers", "customer")["examples"]
    customers.on("GET", known["path"], known["status"], known["response"])
    items = [{"product_id": 15, "quantity": 1}]
    answer = client.post("/api/orders/", {"customer": known["response"]["customer_id"], "items": items})
    assert answer.json["customer_name"] == known["response"]["full_name"]
    number = int(unknown["path"].split("/")[-2])
    customers.on("GET", unknown["path"], unknown["status"], unknown["response"])
    assert client.post("/api/orders/", {"customer": number, "items": items}).status == 400
