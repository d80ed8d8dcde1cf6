"""`chassis sales republish` and `reconcile`: the orders as they are now told again, and held against their lines."""

from __future__ import annotations

from click.testing import CliRunner
from sqlalchemy import delete, update

from chassis.db import ALL_ACCOUNTS
from chassis.messaging.republish import republish
from sales.cli import STATE, reconcile
from sales.domain.b2b_models import B2BOrder
from sales.domain.models import Order, OrderLine


class _Service:
    """What the command line gives a command."""

    def __init__(self, database):
        self.database = lambda: database


def test_each_order_is_told_as_it_was_told_last(client, database, make_order, maria, published):
    make_order(customer=maria)
    paid, cancelled, foreign = make_order(customer=maria), make_order(), make_order(account_id=2)
    client.post(f"/api/orders/{paid['id']}/pay/", {"payment_method": "CASH"})
    client.post(f"/api/orders/{cancelled['id']}/cancel/", {})
    before = published()
    assert republish(database, STATE) == {"orders": 4, "B2B orders": 0}
    again = published()[len(before) :]
    last = {event.subject: event for event in before}
    assert foreign["id"] in {event.data["order_id"] for event in again if event.account_id == 2}
    assert len(again) == len(last) == 4
    for event in again:
        known = last[event.subject]
        assert (event.type, event.version, event.account_id) == (known.type, known.version, known.account_id)
        assert event.data == known.data
        assert event.id != known.id


def test_each_b2b_order_is_told_as_it_was_told_last(client, database, put, put_items, published):
    put(*({"uid": uid, "user_uid": "user-456", "total": 7} for uid in ("a", "b", "c")))
    put({"uid": "a", "user_uid": "user-456"}, account_id=2)
    put_items(*({"order_uid": uid, "product_uid": "prod-789", "quantity": 2, "price": 3} for uid in ("a", "b")))
    put_items({"order_uid": "a", "product_uid": "prod-456", "quantity": 1, "price": 3})
    client.delete("/api/v1/order/b")
    last = {(event.account_id, event.subject): event for event in published()}
    before = len(published())
    assert republish(database, STATE) == {"orders": 0, "B2B orders": 4}
    again = published()[before:]
    assert len(again) == len(last) == 4
    for event in again:
        known = last[event.account_id, event.subject]
        assert (event.type, event.version, event.data) == (known.type, known.version, known.data)


def test_uids_in_another_unicode_form_are_named(client, others, database, monkeypatch):
    assert client.post("/api/v1/order", {"data": [{"uid": "e", "user_uid": "user-456"}]}).status == 200
    with database.transaction(ALL_ACCOUNTS) as session:
        session.execute(update(B2BOrder).values(uid="e\u0301"))
    monkeypatch.setattr(database, "dispose", lambda: None)
    done = CliRunner().invoke(reconcile, obj=_Service(database))
    assert done.exit_code == 0
    assert done.output.splitlines()[0] == (
        "account 1: B2BOrder.uid 'e\u0301' is in another Unicode form than the one it is looked up in"
    )


def test_orders_that_do_not_add_up_are_named(database, make_order, monkeypatch):
    orders = [make_order() for _ in range(3)]
    monkeypatch.setattr(database, "dispose", lambda: None)
    good = CliRunner().invoke(reconcile, obj=_Service(database))
    assert (good.exit_code, good.output) == (0, "every order's totals are the sum of its lines\n")
    with database.transaction(ALL_ACCOUNTS) as session:
        session.execute(update(Order).where(Order.id == orders[0]["id"]).values(money_saved_total=1))
        session.execute(delete(OrderLine).where(OrderLine.order_id == orders[2]["id"]))
    bad = CliRunner().invoke(reconcile, obj=_Service(database))
    assert bad.exit_code == 1
    assert [line.split(" ")[3] for line in bad.output.splitlines()] == [str(orders[0]["id"]), str(orders[2]["id"])]
