"""`CustomerErased`: the customer's orders stay what they were, and tell no name, not even those that are told late."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from analytics.consumers import SUBSCRIPTIONS
from analytics.domain.models import PaidOrder
from chassis.db import ALL_ACCOUNTS
from chassis.messaging.handlers import handle
from chassis.uids import new_uid


@pytest.fixture
def names(database):
    def get(account_id=1):
        columns = select(PaidOrder.customer_id, PaidOrder.customer_name).where(PaidOrder.account_id == account_id)
        with database.read(ALL_ACCOUNTS) as session:
            return sorted(tuple(row) for row in session.execute(columns))

    return get


@pytest.fixture
def bought(event_of):
    def make(customer_id, name, **how):
        data = {"customer_id": customer_id, "customer_name": name, "order_uid": new_uid()}
        return event_of("OrderPaid", data, **how)

    return make


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (0, 3, 1, 2), (2, 3, 0, 1)], ids=str)
def test_the_name_is_gone_whatever_comes_first(database, bought, event_of, names, order):
    events = [
        bought(1, "Maria González"), bought(2, "Juan Pérez"), bought(1, "Maria González"),
        event_of("CustomerErased", {"customer_id": 1}, version=4),
    ]  # fmt: skip
    for position in order:
        handle(database, SUBSCRIPTIONS, [events[position]])
        handle(database, SUBSCRIPTIONS, [events[position]])
    assert names() == [(1, "Anonymous"), (1, "Anonymous"), (2, "Juan Pérez")]


def test_another_accounts_customer_keeps_theirs(deliver, bought, event_of, names):
    deliver(bought(1, "Maria"), bought(1, "Eva", account_id=2))
    deliver(event_of("CustomerErased", {"customer_id": 1}))
    assert (names(1), names(2)) == ([(1, "Anonymous")], [(1, "Eva")])


def test_a_failure_leaves_the_name_to_be_taken_off_later(database, bought, event_of, names, monkeypatch):
    from analytics import consumers

    handle(database, SUBSCRIPTIONS, [bought(1, "Maria")])
    event = event_of("CustomerErased", {"customer_id": 1})
    real = consumers.erase_customer
    with monkeypatch.context() as patch:
        patch.setattr(consumers, "erase_customer", lambda *args, **how: (real(*args, **how), 1 / 0))
        with pytest.raises(ZeroDivisionError):
            handle(database, SUBSCRIPTIONS, [event])
    assert names() == [(1, "Maria")]
    handle(database, SUBSCRIPTIONS, [event])
    assert names() == [(1, "Anonymous")]
