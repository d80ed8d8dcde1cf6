"""B2B orders, many at once: one row an item, sums that are right, crossing batches that all arrive, one winner of a status."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from sqlalchemy import func, select, update

from chassis.db import ALL_ACCOUNTS
from chassis.testing_concurrency import together, wait_for_a_lock
from sales.domain.b2b_models import B2BOrder, B2BOrderItem
from sales.usecases.b2b_orders import upsert_orders

PATH = "/api/v1/order"
THREADS = 16


@pytest.fixture
def sums_are_right(database, published):
    """Each living order's total is the sum of its items, and its last event says the same; versions have no gap."""

    def check():
        with database.read(ALL_ACCOUNTS) as session:
            rows = session.execute(select(B2BOrder.id, B2BOrder.uid, B2BOrder.total, B2BOrder.version)).all()
            summed = select(B2BOrderItem.order_id, func.sum(B2BOrderItem.total)).group_by(B2BOrderItem.order_id)
            sums = dict(session.execute(summed).all())
        assert rows
        events = published("B2BOrderChanged")
        for row in rows:
            told = [event for event in events if event.subject == row.uid]
            assert [event.version for event in told] == list(range(1, row.version + 1))
            assert row.total == sums.get(row.id, 0) == Decimal(told[-1].data["total"])
            assert sum(Decimal(item["total"]) for item in told[-1].data["items"]) == row.total

    return check


def test_one_item_at_once_is_one_row(client, put, database, sums_are_right):
    put({"uid": "o1", "user_uid": "user-456"})

    def write(number):
        item = {"order_uid": "o1", "product_uid": "prod-456", "quantity": number + 1, "price": 10}
        return client.post(f"{PATH}/item", {"data": [item]})

    assert {answer.status for answer in together(THREADS, write)} == {200}
    (item,) = client.get(f"{PATH}/o1/items").json["data"]
    assert item["total"] == item["quantity"] * 10
    with database.read(ALL_ACCOUNTS) as session:
        assert session.scalar(select(B2BOrder.version)) == THREADS + 1, "sixteen changes, none of them lost"
    sums_are_right()


def test_many_items_at_once_are_all_in_the_total(client, put, others, sums_are_right):
    put({"uid": "o1", "user_uid": "user-456"})
    others.products.update({f"p{number}": ("1.00", True) for number in range(THREADS)})

    def write(number):
        item = {"order_uid": "o1", "product_uid": f"p{number}", "quantity": 1, "price": 2**number}
        if number % 4 == 3:
            client.post(f"{PATH}/item", {"data": [item]})
            return client.delete(f"{PATH}/o1/item/p{number}")
        return client.post(f"{PATH}/item", {"data": [item]})

    assert {answer.status for answer in together(THREADS, write)} == {200}
    assert client.get(f"{PATH}/o1").json["data"]["total"] == sum(2**n for n in range(THREADS) if n % 4 != 3)
    sums_are_right()


def test_one_uid_at_once_is_one_order(client, others, database, published):
    answers = together(
        THREADS, lambda number: client.post(PATH, {"data": [{"uid": "o1", "user_uid": "user-456", "total": number}]})
    )
    assert {answer.status for answer in answers} == {200}
    assert client.get(PATH).json["metadata"]["total"] == 1
    versions = [event.version for event in published()]
    assert versions == list(range(1, len(versions) + 1))


def test_nobody_takes_an_order_over_by_being_quick(client, others, as_client):
    """A uid that two clients give at once is one's; the other is told that it is none of its."""
    answers = together(
        THREADS, lambda number: client.post(PATH, {"data": [{"uid": "o1"}]}, **as_client(("c1", "c2")[number % 2]))
    )
    owner = client.get(f"{PATH}/o1").json["data"]["user_uid"]
    assert owner in ("c1", "c2")
    assert Counter(answer.status for answer in answers) == {200: THREADS // 2, 400: THREADS // 2}
    for number, answer in enumerate(answers):
        assert answer.status == (200 if ("c1", "c2")[number % 2] == owner else 400)


def test_crossing_batches_all_arrive(client, put, sums_are_right):
    """Old orders and new ones, their items and statuses, each batch in another order of uids."""
    put(*({"uid": f"o{number:02}", "user_uid": "user-456"} for number in range(10)))

    def write(number):
        uids = [f"o{n:02}" for n in range(20 if number % 4 == 0 else 10)]
        uids = uids[::-1] if number % 8 < 4 else uids
        if number % 4 == 0:
            data = [{"uid": uid, "user_uid": "user-456", "billing_address": f"{number}"} for uid in uids]
            return client.post(PATH, {"data": data})
        if number % 4 == 1:
            item = {"product_uid": "prod-456", "quantity": number, "price": 1}
            return client.post(f"{PATH}/item", {"data": [{**item, "order_uid": uid} for uid in uids]})
        if number % 4 == 2:
            return client.delete(
                f"{PATH}/items", {"data": [{"order_uid": uid, "product_uid": "prod-456"} for uid in uids]}
            )
        return client.put(f"{PATH}/status", {"data": [{"uid": uid, "status": "processing"} for uid in uids]})

    assert Counter(answer.status for answer in together(THREADS, write)) == {200: THREADS}
    rows = client.get(PATH).json["data"]
    assert len(rows) == 20
    assert len({row["billing_address"] for row in rows}) == 1, "a batch is one"
    assert {row["status"] for row in rows[:10]} == {"processing"}
    sums_are_right()


def test_new_orders_of_crossing_batches_are_made_once(client, others, published):
    """Each batch makes the same orders, every other one from the last to the first."""
    uids = [f"o{number:03}" for number in range(300)]

    def make(number):
        data = [{"uid": uid, "user_uid": "user-456"} for uid in (uids[::-1] if number % 2 else uids)]
        return client.post(PATH, {"data": data})

    for _ in range(2):
        assert Counter(answer.status for answer in together(8, make)) == {200: 8}
        assert len(published()) == client.get(PATH).json["metadata"]["total"] == 300


@pytest.mark.parametrize("by_client", [False, True])
def test_delivered_and_cancelled_at_once_has_one_winner(client, put, published, as_client, by_client):
    """With a client: its cancelling against the shop's taking it in hand."""
    put({"uid": "o1", "user_uid": "c1"})
    statuses = ("processing" if by_client else "delivered", "cancelled")

    def move(number):
        how = as_client("c1") if by_client and number % 2 else {}
        return client.put(f"{PATH}/status", {"data": [{"uid": "o1", "status": statuses[number % 2]}]}, **how)

    answers = together(THREADS, move)
    final = client.get(f"{PATH}/o1").json["data"]["status"]
    assert final in statuses
    assert [event.data["status"] for event in published()] == ["pending", final]
    for number, answer in enumerate(answers):
        assert answer.status == (200 if statuses[number % 2] == final else 400)


def test_nothing_is_put_on_an_order_that_is_cancelled_meanwhile(client, put, others, published):
    others.products.update({f"p{number}": ("1.00", True) for number in range(THREADS)})
    put({"uid": "o1", "user_uid": "c1"})

    def act(number):
        if number == 7:
            return client.put(f"{PATH}/status", {"data": [{"uid": "o1", "status": "cancelled"}]})
        item = {"order_uid": "o1", "product_uid": f"p{number}", "quantity": 1, "price": 1}
        return client.post(f"{PATH}/item", {"data": [item]})

    answers = together(THREADS, act)
    stored = sum(answer.status == 200 for answer in answers) - 1
    assert len(client.get(f"{PATH}/o1/items").json["data"]) == stored
    last = published()[-1]
    assert (last.data["status"], len(last.data["items"]), last.version) == ("cancelled", stored, stored + 2)


@pytest.mark.parametrize("there", [False, True])
def test_rows_are_taken_in_the_order_of_their_uids(client, put, others, database, there):
    """Who holds the first may take the second: a batch that names them the other way round waits, and has neither."""
    if database.dialect == "sqlite":
        pytest.skip("it has one writer at a time")
    orders = [{"uid": uid, "user_uid": "user-456"} for uid in ("b", "a")]
    for order in orders if there else ():
        put(order)  # so that their numbers have the other order
    method, path = ("PUT", f"{PATH}/status") if there else ("POST", PATH)
    body = {"data": [{**order, "status": "shipped"} for order in orders]}
    with ThreadPoolExecutor(1) as pool:
        with database.transaction(1) as session:
            for number, uid in enumerate(("a", "b")):
                if there:
                    session.execute(update(B2BOrder).where(B2BOrder.uid == uid).values(version=B2BOrder.version + 1))
                else:
                    upsert_orders(session, elements=[{"uid": uid, "user_uid": "user-456"}], known_users={"user-456"})
                if number == 0:
                    answer = pool.submit(client.call, method, path, body)
                    wait_for_a_lock(database)
        assert answer.result().status == 200
    assert [row["status"] for row in client.get(PATH).json["data"]] == ["shipped", "shipped"]
