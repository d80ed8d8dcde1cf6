"""Contended stock on both engines: one winner for the last unit, no deadlocks, and books that balance whatever happened."""

from __future__ import annotations

import random
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import delete, select

from catalog.domain.models import RELEASED, CartHold, OrderHold, StockMovement
from catalog.sweeps import clear_cart_holds
from chassis.db import ALL_ACCOUNTS
from chassis.testing_concurrency import together
from chassis.uids import new_uid


def test_the_last_unit_has_one_buyer(product, hold, stock_of, published, books_balance):
    cola = product(current_stock=1)
    answers = together(32, lambda index: hold({cola["id"]: 1}, user_id=index + 1))
    assert Counter(answer.status for answer in answers) == {200: 1, 400: 31}
    assert stock_of(cola["id"]) == 0
    assert len(published("StockReserved")) == 1
    books_balance()


def test_a_hundred_units_are_sold_exactly(product, hold, stock_of, books_balance):
    cola = product(current_stock=100)
    answers = together(32, lambda index: [hold({cola["id"]: 1}, user_id=index + 1).status for _ in range(4)])
    assert Counter(status for statuses in answers for status in statuses) == {200: 100, 400: 28}
    assert stock_of(cola["id"]) == 0
    books_balance()


def test_the_last_unit_goes_into_one_cart(client, product):
    path = f"/api/products/{product(current_stock=1)['id']}/"
    answers = together(32, lambda index: client.post(path + "reserve/", {"amount": 1}, user_id=index + 1))
    assert Counter(answer.status for answer in answers) == {200: 1, 400: 31}
    assert client.get(path).json["available_to_sell"] == 0


def test_carts_and_orders_never_share_a_unit(client, product, hold, books_balance):
    cola = product(current_stock=10)
    path = f"/api/products/{cola['id']}/"

    def buy(index: int) -> Any:
        if index % 2:
            return hold({cola["id"]: 1}, user_id=index + 1)
        return client.post(path + "reserve/", {"amount": 1}, user_id=index + 1)

    assert Counter(answer.status for answer in together(32, buy)) == {200: 10, 400: 22}
    assert client.get(path).json["available_to_sell"] == 0
    books_balance()


def test_opposite_orders_do_not_deadlock(product, hold, release, stock_of, books_balance):
    first, second = product(current_stock=1000)["id"], product(current_stock=1000)["id"]

    def buy(index: int) -> list[int]:
        lines = [{"product_id": id_, "quantity": 1} for id_ in ((first, second) if index % 2 else (second, first))]
        statuses = []
        for turn in range(8):
            answer = hold(lines)
            statuses.append(answer.status)
            if turn % 2:
                statuses.append(release(answer.json["order_uid"]).status)
        return statuses

    statuses = Counter(status for answer in together(16, buy) for status in answer)
    assert statuses == {200: 128, 204: 64}
    assert stock_of(first) == stock_of(second) == 1000 - 64
    books_balance()


def test_one_order_asked_for_by_many_is_held_once(product, hold, stock_of):
    cola, uid = product(current_stock=1), new_uid()
    answers = together(16, lambda _: hold({cola["id"]: 1}, order_uid=uid))
    assert {(answer.status, answer.data) for answer in answers} == {(200, answers[0].data)}
    assert stock_of(cola["id"]) == 0


def test_a_hold_and_its_release_at_once_leave_nothing_held(product, hold, release, stock_of, books_balance):
    cola = product(current_stock=20)
    uids = [new_uid() for _ in range(8)]

    def act(index: int) -> int:
        uid = uids[index // 2]
        return (release(uid) if index % 2 else hold({cola["id"]: 2}, order_uid=uid)).status

    assert set(together(16, act)) <= {200, 204, 409}
    assert stock_of(cola["id"]) == 20
    books_balance()


def test_a_release_asked_for_by_many_gives_back_once(
    product, hold, release, event_of, deliver, stock_of, books_balance
):
    cola = product(current_stock=5)
    uid = hold({cola["id"]: 2}).json["order_uid"]
    cancelled = event_of("OrderCancelled", {"order_uid": uid}, subject=uid, version=2)
    together(16, lambda index: deliver(cancelled) if index % 2 else release(uid))
    assert stock_of(cola["id"]) == 5
    books_balance()


def test_an_adjustment_loses_no_sale(client, product, hold, stock_of, database, books_balance):
    cola = product(current_stock=1000)
    path = f"/api/products/{cola['id']}/"

    def act(index: int) -> list[int]:
        if index % 4:
            return [hold({cola["id"]: 1}).status for _ in range(5)]
        return [client.patch(path, {"current_stock": 500 + index}).status for _ in range(5)]

    assert {status for answer in together(16, act) for status in answer} == {200}
    books_balance()
    with database.read(ALL_ACCOUNTS) as session:
        last = session.execute(select(StockMovement.balance).order_by(StockMovement.id.desc())).scalars().first()
    assert last == stock_of(cola["id"])


def test_one_sku_is_taken_once(client):
    answers = together(16, lambda _: client.post("/api/products/", {"name": "A", "sku": "A", "price": 1}))
    assert Counter(answer.status for answer in answers) == {201: 1, 400: 15}
    others = [client.post("/api/products/", {"name": "B", "sku": f"B{number}", "price": 1}).json for number in range(8)]
    answers = together(8, lambda index: client.patch(f"/api/products/{others[index]['id']}/", {"sku": "B"}))
    assert Counter(answer.status for answer in answers) == {200: 1, 400: 7}
    assert {str(answer.json) for answer in answers if answer.status == 400} == {
        "{'sku': ['product with this sku already exists.']}"
    }


def test_a_supplier_is_not_deleted_under_a_new_product(client):
    for number in range(6):
        supplier = client.post("/api/suppliers/", {"name": "S"}).json["id"]

        def act(index: int, supplier: int = supplier, number: int = number) -> Any:
            if index == 0:
                return client.delete(f"/api/suppliers/{supplier}/")
            body = {"name": "A", "sku": f"{number}-{index}", "price": 1, "supplier": supplier}
            return client.post("/api/products/", body)

        deleted, *created = together(4, act)
        if deleted.status == 204:
            assert {answer.status for answer in created} == {400}
        else:
            assert (deleted.status, client.get(f"/api/suppliers/{supplier}/").status) == (400, 200)


def test_whatever_happens_the_books_balance(
    client, database, settings, product, hold, release, event_of, deliver, books_balance
):
    """8 threads of holds, releases, cancellations, confirmations, adjustments, carts and sweeps on 4 products."""
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    ids = [product(current_stock=30)["id"] for _ in range(4)]

    def order(rng: random.Random, mine: list[str], user: int) -> Any:
        lines = {id_: rng.randint(1, 6) for id_ in rng.sample(ids, rng.randint(1, 4))}
        answer = hold(lines, user_id=user)
        if answer.status == 200:
            mine.append(answer.json["order_uid"])
        return answer

    def end(rng: random.Random, mine: list[str], user: int) -> Any:
        uid = mine.pop(rng.randrange(len(mine))) if mine else new_uid()
        how = rng.randrange(3)
        if how == 0:
            return release(uid)
        type_ = "OrderCancelled" if how == 1 else "OrderCreated"
        deliver(event_of(type_, {"order_uid": uid}, subject=uid))
        return None

    def adjust(rng: random.Random, mine: list[str], user: int) -> Any:
        return client.patch(f"/api/products/{rng.choice(ids)}/", {"current_stock": rng.randint(0, 60)}, user_id=user)

    def cart(rng: random.Random, mine: list[str], user: int) -> Any:
        amount = rng.choice([-3, -2, -1, 1, 2, 3])
        return client.post(f"/api/products/{rng.choice(ids)}/reserve/", {"amount": amount}, user_id=user)

    def look(rng: random.Random, mine: list[str], user: int) -> Any:
        answer = client.get(f"/api/products/{rng.choice(ids)}/")
        assert answer.json["current_stock"] >= 0
        assert answer.json["reserved_quantity"] >= 0
        assert answer.json["available_to_sell"] >= 0
        return answer

    def sweep(rng: random.Random, mine: list[str], user: int) -> Any:
        clear_cart_holds(database, settings)

    def work(index: int) -> set[int]:
        rng, mine = random.Random(seed + index), []
        acts = [order, order, order, end, end, adjust, cart, cart, look, sweep]
        answers = [rng.choice(acts)(rng, mine, index % 5 + 1) for _ in range(60)]
        return {answer.status for answer in answers if answer is not None}

    assert set().union(*together(8, work)) <= {200, 204, 400, 409}
    books_balance()
    with database.read(ALL_ACCOUNTS) as session:
        held = Counter[int]()
        for (lines,) in session.execute(select(OrderHold.lines).where(OrderHold.state != RELEASED)):
            for line in lines:
                held[line["product_id"]] += line["quantity"]
        moved = Counter[int]()
        balances: dict[int, int] = {}
        for row in session.execute(select(StockMovement.__table__).order_by(StockMovement.id)):
            moved[row.product_id] -= row.delta if row.order_uid else 0
            balances[row.product_id] = balances.get(row.product_id, 0) + row.delta
            assert row.balance == balances[row.product_id], "each balance is the sum so far"
    assert +held == +moved
    for id_ in ids:
        assert client.get(f"/api/products/{id_}/").json["current_stock"] == balances[id_]


def test_an_order_waits_for_no_row_that_the_sweep_removes(client, database, product, hold):
    """What a cart has used up is the sweep's: an order that took such rows too could wait for it, and it for the order."""
    if database.dialect == "sqlite":
        pytest.skip("SQLite has one writer at a time: there is nothing to wait for in another order")
    made = [product(current_stock=10)["id"] for _ in range(2)]
    for id_ in made:
        client.post(f"/api/products/{id_}/reserve/", {"amount": 1})
    assert hold(dict.fromkeys(made, 1)).status == 200, "and so both rows of the cart are used up"
    with database.transaction(ALL_ACCOUNTS) as sweep:
        assert len(sweep.execute(delete(CartHold).returning(CartHold.product_id)).all()) == 2
        # With patience for a lock this would end by the statement's timeout only.
        assert ThreadPoolExecutor(1).submit(hold, dict.fromkeys(made, 1)).result(timeout=30).status == 200
