"""What a write does first: rows are locked and changed before their event is emitted, with the version they then have."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from chassis.db import ALL_ACCOUNTS
from chassis.testing import counted_statements
from sales.domain.models import Order
from sales.usecases.transitions import expire_orders


def first(statements, beginning):
    return next(n for n, text in enumerate(statements) if text.startswith(beginning))


@pytest.mark.parametrize(("what", "body"), [("pay", {"payment_method": "CASH"}), ("cancel", {})])
def test_an_orders_row_changes_before_its_event_is_emitted(app, client, database, make_order, published, what, body):
    order = make_order()
    with counted_statements(app) as seen:
        answer = client.post(f"/api/orders/{order['id']}/{what}/", body)
    assert answer.status == 200, answer
    assert first(seen, "UPDATE orders") < first(seen, "INSERT INTO outbox")
    with database.read(ALL_ACCOUNTS) as session:
        row = session.execute(select(Order.uid, Order.version).where(Order.id == order["id"])).one()
    told = published()[-1]
    assert (told.type, told.subject, told.version) == ({"pay": "OrderPaid", "cancel": "OrderCancelled"}[what], *row)


def test_an_overdue_orders_row_changes_before_its_event_is_emitted(database, make_order, published):
    make_order()
    with counted_statements(database) as seen, database.transaction(ALL_ACCOUNTS) as session:
        assert expire_orders(session, older_than=timedelta(seconds=-1), limit=9) == 1
    assert first(seen, "UPDATE orders") < first(seen, "INSERT INTO outbox")
    assert (published()[-1].type, published()[-1].version) == ("OrderCancelled", 2)


def test_a_new_order_holds_its_customer_against_an_erasure(app, database, make_order, maria):
    if database.dialect == "sqlite":
        pytest.skip("one writer at a time")
    with counted_statements(app) as seen:
        make_order(customer=maria)
    assert [text for text in seen if "FROM customers" in text and text.endswith("FOR SHARE")]
    assert first([text[-9:] for text in seen], "FOR SHARE") < first(seen, "INSERT INTO orders")


def test_another_accounts_customer_is_nobody(client, make_order, maria):
    """Also to a quote, which asks customers for nothing."""
    body = {"items": [{"product_id": 15, "quantity": 2}], "customer": maria}
    assert client.post("/api/orders/quote/", body).status == 200
    assert client.post("/api/orders/quote/", body, account_id=2).status == 400
    assert client.post("/api/orders/", body, account_id=2).status == 400
