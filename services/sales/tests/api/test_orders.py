"""Create, read and list orders: the documents' answers, and that nothing changes where they refuse."""

from __future__ import annotations

import tracemalloc
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, insert, select, update

from chassis.db import ALL_ACCOUNTS
from chassis.testing import counted_statements
from sales.domain.models import Order, OrderLine

ITEMS = [{"product_id": 15, "quantity": 2}, {"product_id": 20, "quantity": 1}]


def stored(database):
    with database.read(ALL_ACCOUNTS) as session:
        return session.execute(select(func.count(Order.id))).scalar_one()


# --- create


def test_an_order_is_answered_as_documented(client, maria, published):
    answer = client.post("/api/orders/", {"customer": maria, "items": ITEMS}, user_id=7)
    assert answer.status == 201
    folio, created_at = answer.json.pop("ticket_folio"), answer.json.pop("created_at")
    assert len(folio) == 8
    assert set(folio) <= set("0123456789ABCDEF")
    assert datetime.now(UTC) - datetime.fromisoformat(created_at) < timedelta(seconds=30)
    assert created_at.endswith("Z")
    assert answer.json == {
        "id": answer.json["id"],
        "status": "PENDING",
        "customer": 1,
        "customer_name": "Maria González",
        "subtotal": "200.92",
        "total_tax": "29.19",
        "final_amount": "230.11",
        "money_saved_total": "0.00",
        "items": [
            {
                "product_id": 15, "product_name": "Coca Cola 600ml", "quantity": 2, "unit_price": "91.21",
                "tax_amount": "29.19", "discount_amount": "0.00", "amount": "182.42",
            },
            {
                "product_id": 20, "product_name": "Bolillo", "quantity": 1, "unit_price": "18.50",
                "tax_amount": "0.00", "discount_amount": "0.00", "amount": "18.50",
            },
        ],
    }  # fmt: skip
    [event] = published()
    assert (event.type, event.version, event.subject) == ("OrderCreated", 1, event.data["order_uid"])
    assert (event.data["order_id"], event.data["ticket_folio"]) == (answer.json["id"], folio)
    assert (event.data["cashier_id"], event.data["cashier"]) == (7, "user7")
    assert [item["sku"] for item in event.data["items"]] == ["SKU-15", "SKU-20"]


def test_an_anonymous_order(client):
    for body in ({"items": ITEMS}, {"items": ITEMS, "customer": None}):
        answer = client.post("/api/orders/", body)
        assert (answer.json["customer"], answer.json["customer_name"]) == (None, "Anonymous")


def test_stock_is_held_for_the_orders_uid_and_user(client, catalog, published):
    client.post("/api/orders/", {"items": ITEMS}, user_id=7)
    [(method, path, body, caller)] = catalog.calls
    [event] = published()
    assert (method, path, caller.caller, caller.account_id) == ("POST", "/internal/holds/", "sales", 1)
    assert body == {
        "order_uid": event.subject,
        "user_uid": "00000000-0000-7000-8000-000000000007",
        "lines": [{"product_id": 15, "quantity": 2}, {"product_id": 20, "quantity": 1}],
    }


def test_lines_of_one_product_merge(client, catalog):
    items = [{"product_id": 20, "quantity": 1}, {"product_id": 15, "quantity": 1}, {"product_id": 20, "quantity": 2}]
    answer = client.post("/api/orders/", {"items": items})
    assert [(item["product_id"], item["quantity"]) for item in answer.json["items"]] == [(20, 3), (15, 1)]
    assert catalog.calls[0][2]["lines"] == [{"product_id": 20, "quantity": 3}, {"product_id": 15, "quantity": 1}]


def test_a_promotion_is_the_buyers_gain(client, catalog):
    catalog.products[15]["promotion"] = {"id": 1, "name": "2026", "discount_percent": "10.00", "target_audience": "ALL"}
    answer = client.post("/api/orders/", {"items": ITEMS[:1]})
    [item] = answer.json["items"]
    assert (item["unit_price"], item["discount_amount"], item["amount"]) == ("82.09", "18.24", "164.18")
    assert answer.json["money_saved_total"] == "18.24"


def test_a_promotion_for_frequent_customers_is_theirs_only(client, catalog, deliver, maria):
    promotion = {"id": 1, "name": "x", "discount_percent": "50.00", "target_audience": "FREQUENT_ONLY"}
    catalog.products[15]["promotion"] = promotion
    body = {"items": ITEMS[:1], "customer": maria}
    assert client.post("/api/orders/", {"items": ITEMS[:1]}).json["money_saved_total"] == "0.00"
    assert client.post("/api/orders/", body).json["money_saved_total"] == "0.00"
    deliver("CustomerUpdated", {"customer_id": maria, "is_frequent": True, "birth_date": None}, version=2)
    assert client.post("/api/orders/", body).json["money_saved_total"] == "91.20"


def test_the_birthday_discount_goes_by_the_accounts_calendar(client, deliver):
    # In this zone it is tomorrow already for most of the day, in the other one still yesterday.
    for version, zone in enumerate(("Pacific/Kiritimati", "Pacific/Pago_Pago"), start=1):
        deliver("CustomerCreated", {"customer_id": version, **birthday_in(zone)})
        tenant = {"account_id": 1, "timezone": zone}
        register(deliver, tenant, version)
        answer = client.post("/api/orders/", {"customer": version, "items": [{"product_id": 30, "quantity": 1}]})
        assert (answer.json["items"][0]["unit_price"], answer.json["money_saved_total"]) == ("9.05", "1.00")


def birthday_in(zone):
    from zoneinfo import ZoneInfo

    return {"birth_date": datetime.now(ZoneInfo(zone)).strftime("1996-%m-%d")}


def register(deliver, tenant, version):
    from chassis.messaging.envelope import Event
    from chassis.uids import new_uid

    data = {"account_uid": new_uid(), "company_name": "x", "subscription_plan": "premium", "currency": "MXN", **tenant}
    deliver(Event(new_uid(), "/auth", "AccountUpdated", new_uid(), datetime.now(UTC), 1, version, data))


def test_a_later_price_does_not_change_an_order(client, catalog, make_order):
    order = make_order()
    catalog.products[15]["list_price"] = "1.00"
    assert client.get(f"/api/orders/{order['id']}/").json["final_amount"] == order["final_amount"]


def test_creating_takes_few_statements(app, client, maria):
    with counted_statements(app) as anonymous:
        client.post("/api/orders/", {"items": ITEMS})
    with counted_statements(app) as known:
        client.post("/api/orders/", {"items": ITEMS, "customer": maria})
    assert (len(anonymous), len(known)) == (3, 6), (anonymous, known)


# --- customers


def test_a_customer_not_heard_of_yet_is_read_once(client, contracts, customers):
    example = contracts.internal("customers", "customer")["examples"][0]
    customers.on("GET", "/internal/customers/1/", 200, example["response"])
    for _ in range(2):
        assert client.post("/api/orders/", {"customer": 1, "items": ITEMS}).json["customer_name"] == "Maria González"
    assert len(customers.calls) == 1
    assert (customers.calls[0][3].caller, customers.calls[0][3].account_id) == ("sales", 1)


def test_an_unknown_customer_is_refused_before_any_stock_is_taken(client, catalog, database, published):
    for customer in (9, 0, -5):
        answer = client.post("/api/orders/", {"customer": customer, "items": ITEMS})
        assert answer.status == 400
        assert answer.json == {"customer": [f'Invalid pk "{customer}" - object does not exist.']}
    assert (catalog.calls, stored(database), published()) == ([], 0, [])


def test_a_deleted_customer_is_refused_without_asking(client, customers, deliver, maria):
    deliver("CustomerDeleted", {"customer_id": maria}, version=2)
    answer = client.post("/api/orders/", {"customer": maria, "items": ITEMS})
    assert (answer.status, answer.json) == (400, {"customer": ['Invalid pk "1" - object does not exist.']})
    assert customers.calls == []


def test_another_accounts_customer_is_unknown(client, maria):
    answer = client.post("/api/orders/", {"customer": maria, "items": ITEMS}, account_id=2)
    assert (answer.status, answer.json) == (400, {"customer": ['Invalid pk "1" - object does not exist.']})


# --- what is wrong with a body


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({}, {"items": ["This field is required."]}),
        ({"items": []}, {"items": ["This list may not be empty."]}),
        ({"items": None}, {"items": ["This field may not be null."]}),
        ({"items": {"product_id": 15}}, {"items": ["Expected a list of items."]}),
        ({"items": [{"quantity": 1}]}, {"items": [{"product_id": ["This field is required."]}]}),
        ({"items": [ITEMS[0], {"product_id": 20}]}, {"items": [{}, {"quantity": ["This field is required."]}]}),
        (
            {"items": [{"product_id": 15, "quantity": 0}]},
            {"items": [{"quantity": ["Ensure this value is greater than or equal to 1."]}]},
        ),
        ({"items": [{"product_id": 15, "quantity": 1.5}]}, {"items": [{"quantity": ["A valid integer is required."]}]}),
        (
            {"items": [{"product_id": "x", "quantity": 1}]},
            {"items": [{"product_id": ["A valid integer is required."]}]},
        ),
        ({"items": ITEMS, "customer": "x"}, {"customer": ["A valid integer is required."]}),
    ],
)
def test_a_malformed_order_is_refused(client, catalog, database, body, errors):
    answer = client.post("/api/orders/", body)
    assert (answer.status, answer.json) == (400, errors)
    assert (catalog.calls, stored(database)) == ([], 0)


def test_catalogs_refusals_are_passed_on(client, catalog, contracts, database, published):
    examples = {example["name"]: example for example in contracts.internal("catalog", "hold")["examples"]}
    short = examples["too little stock"]
    catalog.on("POST", "/internal/holds/", short["status"], short["response"])
    answer = client.post("/api/orders/", {"items": ITEMS})
    assert (answer.status, answer.json) == (400, short["response"])
    assert (stored(database), published()) == (0, [])


def test_an_unknown_product_is_named_where_the_user_sent_it(client, database):
    items = [
        {"product_id": 9, "quantity": 1},
        *ITEMS,
        {"product_id": 9, "quantity": 1},
        {"product_id": 20, "quantity": 1},
    ]
    unknown = {"product_id": ['Invalid pk "9" - object does not exist.']}
    answer = client.post("/api/orders/", {"items": items})
    assert (answer.status, answer.json) == (400, {"items": [unknown, {}, {}, unknown, {}]})
    assert stored(database) == 0


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "k"}])
def test_an_order_of_more_money_than_fits_gives_its_stock_back(client, catalog, database, published, headers):
    catalog.products[15]["list_price"] = "9999999999.99"
    body = {"items": [{"product_id": 15, "quantity": 1_000_000}] * 100}
    text = "Ensure that the total is no more than 9999999999.99."
    for path in ("/api/orders/", "/api/orders/quote/"):
        answer = client.post(path, body, headers=headers)
        assert (answer.status, answer.json) == (400, {"non_field_errors": [text]})
    assert (stored(database), published(), catalog.holds, len(catalog.released)) == (0, [], {}, 1)
    assert {"never_made": True} in [call[2] for call in catalog.calls]


# --- read and list


def test_detail_and_list_have_one_shape(client, make_order):
    order = make_order()
    unpaid = {**order, "payment_method": None, "paid_at": None}
    detail = client.get(f"/api/orders/{order['id']}/")
    assert detail.json == unpaid
    assert client.get("/api/orders/").json == [unpaid]
    assert client.get(f"/api/orders/{order['id']}/", headers={"If-None-Match": detail.headers["ETag"]}).status == 304
    paid = client.post(f"/api/orders/{order['id']}/pay/", {"payment_method": "CARD"}).json
    later = client.get(f"/api/orders/{order['id']}/")
    assert later.headers["ETag"] != detail.headers["ETag"]
    assert later.json == {**order, "status": "PAID", "payment_method": "CARD", "paid_at": paid["paid_at"]}
    assert client.get("/api/orders/999/").status == 404


def test_a_list_takes_two_statements_however_long(app, client, make_order):
    for _ in range(3):
        make_order()
    with counted_statements(app) as seen:
        answer = client.get("/api/orders/?page=1&page_size=50")
    assert [len(order["items"]) for order in answer.json] == [2, 2, 2]
    assert len(seen) == 2, seen


def test_the_list_is_newest_first_and_paged(client, make_order):
    made = [make_order()["id"] for _ in range(5)]
    assert [order["id"] for order in client.get("/api/orders/").json] == made[::-1]
    page = client.get("/api/orders/?page=2&page_size=2")
    assert [order["id"] for order in page.json] == [made[2], made[1]]
    assert page.headers["X-Total-Count"] == "5"
    assert 'rel="next"' in page.headers["Link"]
    assert client.get("/api/orders/?page=9&page_size=2").json == []
    assert [order["id"] for order in client.get("/api/orders/?ordering=id").json] == made
    assert client.get("/api/orders/?ordering=cashier_uid").status == 400


def test_what_is_not_paid_comes_last_by_the_time_of_payment(client, make_order):
    orders = [make_order()["id"] for _ in range(4)]
    for paid in (orders[2], orders[0]):
        client.post(f"/api/orders/{paid}/pay/", {"payment_method": "CASH"})
    for ordering, expected in (("paid_at", [2, 0]), ("-paid_at", [0, 2])):
        listed = [order["id"] for order in client.get(f"/api/orders/?ordering={ordering}").json]
        assert listed == [orders[index] for index in (*expected, 3, 1)]


def test_the_lists_filters(client, database, deliver, make_order, maria):
    orders = {"open": make_order(), "paid": make_order(customer=maria), "void": make_order()}
    ids = {name: order["id"] for name, order in orders.items()}
    client.post(f"/api/orders/{ids['paid']}/pay/", {"payment_method": "CARD"})
    client.post(f"/api/orders/{ids['void']}/cancel/", {})
    # 05:59 UTC on the 3rd is still the 2nd in Mexico City
    for name, moment in (
        ("open", "2024-01-03T05:59:59"),
        ("paid", "2024-01-03T06:00:00"),
        ("void", "2024-01-04T05:00:00"),
    ):
        with database.transaction(ALL_ACCOUNTS) as session:
            at = datetime.fromisoformat(moment).replace(tzinfo=UTC)
            session.execute(update(Order).where(Order.id == ids[name]).values(created_at=at))

    def found(query):
        answer = client.get(f"/api/orders/?{query}")
        assert answer.status == 200, answer
        return {order["id"] for order in answer.json}

    assert found("status=PENDING") == {ids["open"]}
    assert found("status=cancelled") == {ids["void"]}
    assert found(f"customer={maria}") == {ids["paid"]}
    assert found("payment_method=CARD") == {ids["paid"]}
    assert found("payment_method=CASH") == set()
    assert found(f"ticket_folio={orders['open']['ticket_folio']}") == {ids["open"]}
    assert found(f"ticket_folio={orders['open']['ticket_folio'].lower()}") == {ids["open"]}
    assert found("date_from=2024-01-03") == {ids["paid"], ids["void"]}
    assert found("date_to=2024-01-02") == {ids["open"]}
    assert found("date_from=2024-01-03&date_to=2024-01-03") == {ids["paid"], ids["void"]}
    assert found("date_from=0001-01-01&date_to=9999-12-31") == set(ids.values())
    assert found("search=GONZALEZ") == {ids["paid"]}
    assert found(f"search={orders['void']['ticket_folio'][2:7]}") >= {ids["void"]}
    assert found("search=%25") == set()
    assert client.get("/api/orders/?status=LOST").json == {"status": ['"LOST" is not a valid choice.']}
    assert client.get("/api/orders/?date_from=01/02/2024").status == 400


# --- folios


def test_a_taken_folio_is_drawn_again(client, database, make_order, monkeypatch):
    folios = iter(["0000AAAA", "0000AAAA", "0000AAAA", "0000BBBB", "0000AAAA"])
    monkeypatch.setattr("sales.usecases.place_order.new_folio", lambda: next(folios))
    assert make_order()["ticket_folio"] == "0000AAAA"
    assert make_order()["ticket_folio"] == "0000BBBB"
    assert make_order(account_id=2)["ticket_folio"] == "0000AAAA"
    with database.read(ALL_ACCOUNTS) as session:
        assert session.execute(select(func.count()).select_from(OrderLine)).scalar_one() == 6


# --- orders of very many lines


@pytest.fixture
def large_orders(database, make_order):
    """`large_orders(orders, lines)`: PENDING orders, of which each has so many lines."""

    def make(orders, lines):
        pattern = make_order()["id"]
        with database.transaction(1) as session:
            order, line = (
                dict(session.execute(select(model.__table__).where(column == pattern)).mappings().first())
                for model, column in ((Order, Order.id), (OrderLine, OrderLine.order_id))
            )
            ids = range(pattern + 1, pattern + 1 + orders)
            session.execute(
                insert(Order.__table__),
                [{**order, "id": id_, "uid": f"u{id_}", "ticket_folio": f"{id_:08X}"} for id_ in ids],
            )
            for id_ in ids:
                rows = [{**line, "order_id": id_, "position": position} for position in range(lines)]
                session.execute(insert(OrderLine.__table__), rows)

    return make


@pytest.mark.parametrize("query", ["ordering=id", "page=2&page_size=4&ordering=-created_at"])
def test_a_page_of_very_many_lines_is_the_same_page_in_portions(client, large_orders, monkeypatch, query):
    large_orders(9, 7)
    whole = client.get(f"/api/orders/?{query}")
    monkeypatch.setattr("sales.queries.LINES_AT_ONCE", 15)
    streamed = client.get(f"/api/orders/?{query}")
    assert "Content-Length" in whole.headers
    assert "Content-Length" not in streamed.headers
    assert streamed.data == whole.data
    for header in ("X-Total-Count", "Link"):
        assert streamed.headers[header] == whole.headers[header]
    monkeypatch.setattr("sales.queries.LINES_AT_ONCE", 1)  # an order is never cut
    assert client.get(f"/api/orders/?{query}").data == whole.data


def test_a_page_of_very_many_lines_takes_bounded_memory(app, database, large_orders, token_for):
    large_orders(16, 250)
    headers = {"Authorization": f"Bearer {token_for()}"}

    def peak(at_once):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("sales.queries.LINES_AT_ONCE", at_once)
            tracemalloc.start()
            answer = app.test_client().get("/api/orders/?page=1&page_size=200", headers=headers, buffered=False)
            size = sum(len(part) for part in answer.response)
            answer.close()
            _, highest = tracemalloc.get_traced_memory()
            tracemalloc.stop()
        return size, highest / 1e6

    assert peak(250)[0] == peak(100_000)[0]
    assert peak(250)[1] < peak(100_000)[1] / 3
