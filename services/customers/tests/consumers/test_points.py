"""`OrderPaid` → points: once, whatever is delivered how often and in which order; ledger and balance always agree."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import func, select

from chassis.db import ALL_ACCOUNTS
from chassis.messaging.handlers import handle
from chassis.testing import counted_statements
from chassis.uids import new_uid
from customers.domain.models import Customer, PointsTransaction
from customers.usecases import points as points_usecase


@pytest.fixture
def points_of(client):
    def get(customer_id, **how):
        return client.get(f"/api/customers/{customer_id}/", **how).json["current_points"]

    return get


@pytest.fixture
def ledger_sums(database):
    """{customer id: (balance on the row, sum of the ledger)}, whoever is deleted included."""

    def get():
        with database.read(ALL_ACCOUNTS) as session:
            sums = dict(
                session.execute(
                    select(PointsTransaction.customer_id, func.sum(PointsTransaction.amount)).group_by(
                        PointsTransaction.customer_id
                    )
                ).all()
            )
            balances = session.execute(select(Customer.id, Customer.current_points)).all()
        return {id_: (balance, int(sums.get(id_, 0))) for id_, balance in balances}

    return get


def test_a_paid_order_earns_its_customer_points(client, register, deliver, order_paid, points_of, published):
    customer_id = register()
    [event] = deliver(order_paid(customer_id, 2))
    assert points_of(customer_id) == 2
    [line] = client.get(f"/api/customers/{customer_id}/history/").json
    assert line == {
        "id": line["id"],
        "amount": 2,
        "transaction_type": "EARN",
        "description": "Purchase - Ticket #F47AC10B",
        "created_at": "2023-10-27T15:35:00Z",
    }
    [told] = published("PointsChanged")
    assert told.version == 2
    assert told.data == {
        "customer_id": customer_id, "customer_uid": told.subject, "amount": 2, "balance": 2,
        "transaction_type": "EARN", "order_uid": event.data["order_uid"],
    }  # fmt: skip


def test_each_change_told_goes_back_to_the_request_that_paid_its_order(register, deliver, order_paid, published):
    customers = [register(), register()]
    orders = [replace(order_paid(customer_id, 5), request_id=f"request-{n}") for n, customer_id in enumerate(customers)]
    deliver(*orders)
    told = {event.data["order_uid"]: event.request_id for event in published("PointsChanged")}
    assert told == {order.subject: order.request_id for order in orders}


def test_delivered_twice_earns_once(register, deliver, order_paid, points_of, published):
    customer_id = register()
    event = order_paid(customer_id, 5)
    deliver(event)
    deliver(event, event)
    retold = order_paid(customer_id, 5, uid=event.data["order_uid"])  # the same order under another event id
    deliver(retold)
    deliver(order_paid(customer_id, 7, uid=event.data["order_uid"]), order_paid(customer_id, 1))
    assert points_of(customer_id) == 6
    assert [told.data["balance"] for told in published("PointsChanged")] == [5, 6]


def test_a_balance_is_more_than_32_bits_hold(register, deliver, order_paid, ledger_sums, books_balance):
    customer_id = register()
    for size in (1, 10, 20):
        deliver(*[order_paid(customer_id, 99_999_999) for _ in range(size)])  # the largest order earns 100,000,000
    assert ledger_sums() == {customer_id: (3_099_999_969, 3_099_999_969)}
    books_balance()


def test_nothing_earned_leaves_no_row(client, register, deliver, order_paid, published):
    customer_id = register()
    deliver(order_paid(customer_id, 0), order_paid(None, 3))
    assert client.get(f"/api/customers/{customer_id}/history/").json == []
    assert published("PointsChanged") == []


def test_a_deleted_customer_is_credited_and_an_unknown_one_passed_over(
    client, register, deliver, order_paid, ledger_sums
):
    gone, here = register("1"), register("2")
    client.delete(f"/api/customers/{gone}/")
    deliver(order_paid(gone, 3), order_paid(999, 4), order_paid(here, 5))
    assert ledger_sums() == {gone: (3, 3), here: (5, 5)}


def test_points_stay_in_their_account(register, deliver, order_paid, points_of):
    ours, theirs = register(account_id=1), register(account_id=2)
    uid = new_uid()
    deliver(
        order_paid(ours, 1, uid=uid), order_paid(theirs, 2, uid=uid, account_id=2), order_paid(ours, 50, account_id=2)
    )
    assert (points_of(ours), points_of(theirs, account_id=2)) == (1, 2)


def test_the_history_is_newest_first_and_paged(client, register, deliver, order_paid):
    customer_id = register()
    days = [f"2023-10-{day:02}T10:00:00.000000Z" for day in (3, 1, 2)]
    deliver(*[order_paid(customer_id, number + 1, paid_at=day) for number, day in enumerate(days)])
    path = f"/api/customers/{customer_id}/history/"
    assert [line["amount"] for line in client.get(path).json] == [1, 3, 2]
    page = client.get(path + "?page=2&page_size=2")
    assert [line["amount"] for line in page.json] == [2]
    assert page.headers["X-Total-Count"] == "3"
    assert [line["amount"] for line in client.get(path + "?ordering=-amount").json] == [3, 2, 1]
    assert client.get(path + "?transaction_type=REDEEM").json == []
    assert len(client.get(path + "?search=ticket").json) == 3
    assert client.get(path + "?transaction_type=earn").status == 400


def test_any_order_and_any_batches_give_the_same(client, register, deliver, order_paid, ledger_sums, published):
    rng = random.Random(4)
    ids = [register(str(number)) for number in range(5)]
    events = [order_paid(rng.choice(ids), rng.randint(1, 9)) for _ in range(60)]
    wanted = {id_: sum(e.data["points_earned"] for e in events if e.data["customer_id"] == id_) for id_ in ids}
    stream = events * 3
    rng.shuffle(stream)
    while stream:
        size = rng.randint(1, 30)
        deliver(*stream[:size])
        stream = stream[size:]
    assert ledger_sums() == {id_: (points, points) for id_, points in wanted.items()}
    for id_ in ids:
        told = [event for event in published("PointsChanged") if event.data["customer_id"] == id_]
        assert [event.version for event in told] == list(range(2, len(told) + 2))
        balance = 0
        for event in told:
            balance += event.data["amount"]
            assert event.data["balance"] == balance


def test_a_failure_takes_everything_back_and_the_next_delivery_counts(
    register, deliver, order_paid, ledger_sums, published, monkeypatch
):
    customer_id = register()
    event = order_paid(customer_id, 4)
    with monkeypatch.context() as patch:
        patch.setattr(points_usecase, "tell_points_changed", lambda *_, **__: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            deliver(event)
    assert ledger_sums() == {customer_id: (0, 0)}
    assert published("PointsChanged") == []
    deliver(event)
    assert ledger_sums() == {customer_id: (4, 4)}


def test_many_workers_and_writers_at_once_lose_nothing(
    client, database, subscriptions, register, order_paid, ledger_sums
):
    ids = [register(str(number)) for number in range(4)]
    rng = random.Random(7)
    events = [order_paid(rng.choice(ids), 1) for _ in range(160)]
    batches = [rng.sample(events, 40) for _ in range(12)] + [events[n : n + 20] for n in range(0, 160, 20)]

    def work(number):
        if number % 3 == 0:
            return client.patch(f"/api/customers/{rng.choice(ids)}/", {"first_name": f"N{number}"}).status
        handle(database, subscriptions, batches[number])
        return 200

    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(work, range(len(batches)))) == {200}
    for batch in batches:
        handle(database, subscriptions, batch)
    assert sum(balance for balance, _ in ledger_sums().values()) == 160
    assert all(balance == total for balance, total in ledger_sums().values())


def test_a_batch_takes_seven_statements_and_one_an_event_told(database, subscriptions, register, order_paid):
    ids = [register(str(number)) for number in range(3)]
    handle(database, subscriptions, [order_paid(id_, 1) for id_ in ids])  # the month's first
    with counted_statements(database) as seen:
        handle(database, subscriptions, [order_paid(ids[n % 3], 1) for n in range(30)])
    assert len(seen) == 7 + 30  # inbox, holds, lock, ledger, balances, zone, days
