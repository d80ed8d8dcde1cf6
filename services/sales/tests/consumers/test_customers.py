"""The projection of customers: twice is once, any order ends in the newest state, a failure leaves nothing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from itertools import permutations

import pytest
from sqlalchemy import select

from chassis.db import ALL_ACCOUNTS
from chassis.tenants import Tenant
from chassis.testing_concurrency import wait_for_a_lock
from chassis.uids import new_uid
from sales.domain.drafts import Buyer, Cashier, HeldLine, draft_order
from sales.domain.models import Company, Customer
from sales.usecases.place_order import place_order

UID = "0193a5e1-0000-7000-8000-000000000001"


def customer(database, account_id=1):
    columns = (Customer.full_name, Customer.is_frequent, Customer.is_deleted, Customer.version)
    with database.read(ALL_ACCOUNTS) as session:
        row = session.execute(select(*columns).where(Customer.id == 1, Customer.account_id == account_id)).first()
    return row and tuple(row)


def about(event_of, type_, version, **changes):
    return event_of(type_, {"customer_id": 1, "customer_uid": UID, **changes}, version=version)


@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_any_order_of_arrival_ends_in_the_newest_state(database, deliver, event_of, order):
    events = [
        about(event_of, "CustomerCreated", 1, full_name="Maria"),
        about(event_of, "CustomerUpdated", 2, full_name="Mariana"),
        about(event_of, "CustomerUpdated", 3, full_name="Maria José", is_frequent=True),
    ]
    for position in order:
        deliver(events[position])
        deliver(events[position])
    assert customer(database) == ("Maria José", True, False, 3)


def test_a_deleted_customer_is_not_revived_by_a_late_event(database, deliver, event_of):
    deliver(about(event_of, "CustomerDeleted", 4))
    deliver(about(event_of, "CustomerUpdated", 3, full_name="Maria"))
    assert customer(database) == ("", False, True, 4)


def test_an_erased_customers_name_goes_from_their_orders_and_no_others(
    client, database, deliver, event_of, maria, make_order, published
):
    deliver(event_of("CustomerCreated", {"customer_id": 2, "full_name": "Juan Pérez"}, version=1))
    pending, paid, others = make_order(customer=maria), make_order(customer=maria), make_order(customer=2)
    client.post(f"/api/orders/{paid['id']}/pay/", {"payment_method": "CASH"})
    deliver("CustomerCreated", {"customer_id": 1, "full_name": "Maria of another account"}, account_id=2, version=1)
    for _ in range(2):
        deliver(about(event_of, "CustomerErased", 5))
        names = [client.get(f"/api/orders/{order['id']}/").json["customer_name"] for order in (pending, paid, others)]
        assert names == ["Anonymous", "Anonymous", "Juan Pérez"]
    assert client.get("/api/orders/?search=maria").json == []
    assert client.get(f"/api/orders/?search={paid['ticket_folio']}+anonymous").json[0]["id"] == paid["id"]
    assert len(client.get("/api/orders/?customer=1").json) == 2, "whose they are is known by number alone"
    assert customer(database) == ("", False, True, 5)
    client.post(f"/api/orders/{pending['id']}/pay/", {"payment_method": "CARD"})
    assert published("OrderPaid")[-1].data["customer_name"] == "Anonymous"
    assert client.post("/api/orders/", {"customer": 1, "items": [{"product_id": 15, "quantity": 1}]}).status == 400


def test_an_erased_customers_name_does_not_come_back_by_a_repeated_order(client, catalog, deliver, event_of, maria):
    def order(key, **body):
        body = {"items": [{"product_id": 15, "quantity": 1}], **body}
        return client.post("/api/orders/", body, headers={"Idempotency-Key": key})

    hers, nobodys = order("hers", customer=1), order("nobodys")
    assert hers.json["customer_name"] != "Anonymous"
    assert order("hers", customer=1).data == hers.data
    taken = len(catalog.holds)
    deliver(about(event_of, "CustomerErased", 5))
    again = order("hers", customer=1)
    assert (again.status, hers.json["customer_name"] in again.data.decode()) == (400, False)
    assert order("nobodys").data == nobodys.data, "of others the answers stay"
    assert len(catalog.holds) == taken


def test_an_order_that_is_being_made_meanwhile_keeps_no_name(client, catalog, database, deliver, event_of, maria):
    """Between the look at the customer and the order's row lies the call of catalog."""

    def erased_meanwhile(_body):
        deliver(about(event_of, "CustomerErased", 5))
        return 404, None  # as it would have answered

    catalog.on("POST", "/internal/holds/", erased_meanwhile)
    answer = client.post("/api/orders/", {"customer": maria, "items": [{"product_id": 15, "quantity": 1}]})
    assert (answer.status, answer.json) == (400, {"customer": ['Invalid pk "1" - object does not exist.']})
    assert (len(catalog.released), catalog.holds) == (1, {}), "the stock is given back"
    assert client.get("/api/orders/").json == []


def test_an_erasure_waits_for_an_order_that_is_being_stored(client, database, deliver, event_of, maria):
    held = HeldLine(15, new_uid(), "KO-600", "Coca Cola 600ml", 1, Decimal("91.21"), "16.00", None)
    draft = draft_order(
        new_uid(), buyer=Buyer(maria, UID, "Maria González", False, False), cashier=Cashier(7, new_uid(), "ana"),
        held=[held], birthday_percent=0,
    )  # fmt: skip
    with ThreadPoolExecutor(1) as pool:
        with database.transaction(1) as session:
            order = place_order(session, draft=draft)
            erasing = pool.submit(deliver, about(event_of, "CustomerErased", 5))
            if database.dialect == "postgresql":  # SQLite has one writer at a time
                wait_for_a_lock(database)
        erasing.result()
    assert order["customer_name"] == "Maria González"
    assert client.get(f"/api/orders/{order['id']}/").json["customer_name"] == "Anonymous"


def test_the_row_belongs_to_the_events_account(database, deliver):
    deliver("CustomerCreated", {"customer_id": 1, "full_name": "Maria"}, account_id=2)
    assert customer(database, account_id=1) is None
    assert customer(database, account_id=2)[0] == "Maria"


def test_a_handler_that_fails_leaves_nothing_and_can_be_tried_again(database, deliver, event_of, monkeypatch):
    event = about(event_of, "CustomerCreated", 1, full_name="Maria")
    from sales import consumers

    def fail(*_args, **_how):
        raise RuntimeError("lost")

    real = consumers.remember_customer
    monkeypatch.setattr(consumers, "remember_customer", lambda *args, **how: (real(*args, **how), fail()))
    with pytest.raises(RuntimeError):
        deliver(event)
    assert customer(database) is None
    monkeypatch.undo()
    deliver(event)
    assert customer(database) == ("Maria", False, False, 1)


def test_unknown_fields_are_ignored(database, deliver, event_of):
    event = about(event_of, "CustomerUpdated", 2, full_name="Maria")
    event.data["favourite_colour"] = "green"
    deliver(event)
    assert customer(database)[0] == "Maria"


def test_the_accounts_time_zone_and_name_are_kept(database, deliver):
    from chassis.columns import utcnow
    from chassis.messaging.envelope import Event

    for version, name in ((2, "Abarrotes Lupita"), (1, "Lupita")):
        data = {"account_id": 1, "timezone": "America/Tijuana", "company_name": name}
        deliver(Event(new_uid(), "/auth", "AccountUpdated", new_uid(), utcnow(), 1, version, data))
    with database.read(ALL_ACCOUNTS) as session:
        assert session.execute(select(Tenant.timezone)).scalar_one() == "America/Tijuana"
        assert session.execute(select(Company.name)).scalar_one() == "Abarrotes Lupita", "the older event came late"
