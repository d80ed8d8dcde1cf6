"""Ten thousand random operations from eight threads: stock is never negative, and the ledger is the stock."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from sqlalchemy import select

from catalog.domain.actors import Actor
from catalog.domain.models import B2B, RELEASE, RELEASED, OrderHold, Product, StockMovement
from catalog.usecases.carts import reserve_stock
from catalog.usecases.holds import confirm_holds, place_hold
from catalog.usecases.products import update_product
from catalog.usecases.releases import release_holds
from catalog.usecases.stock import adjust_stock, set_stock
from chassis.db import ALL_ACCOUNTS, Database
from chassis.problems import Problem
from chassis.uids import new_uid

OPERATIONS, THREADS, PRODUCTS = 10_000, 8, 12


class Shopkeeper:
    """One thread of a busy shop: what it does, and the orders that it has made."""

    def __init__(self, database: Database, products: list[int], seed: int, number: int) -> None:
        self.database, self.products = database, products
        self.random, self.user = random.Random(seed + number), f"user-{number % 5}"
        self.orders: list[str] = []
        self.outcomes: Counter[str] = Counter()

    def work(self, turns: int) -> Counter[str]:
        acts: list[Callable[[Any], None]] = [
            self.hold, self.hold, self.hold, self.release, self.cancel, self.confirm, self.adjust, self.adjust, self.put,
            self.set_many, self.cart,
        ]  # fmt: skip
        for _ in range(turns):
            act = self.random.choice(acts)
            try:
                with self.database.transaction(1) as session:
                    act(session)
                self.outcomes[act.__name__] += 1
            except Problem:  # refused, as it should be when there isn't enough
                self.outcomes["refused"] += 1
        return self.outcomes

    def hold(self, session: Any) -> None:
        uid = new_uid()
        chosen = self.random.sample(self.products, self.random.randint(1, 2))
        lines = [{"product_id": id_, "quantity": self.random.randint(1, 9)} for id_ in chosen]
        place_hold(session, order_uid=uid, user_uid=self.user, lines=lines)
        self.orders.append(uid)

    def _some_orders(self) -> list[str]:
        return (
            [self.random.choice(self.orders) for _ in range(self.random.randint(1, 2))] if self.orders else [new_uid()]
        )

    def release(self, session: Any) -> None:
        release_holds(session, self._some_orders(), kind=RELEASE)

    def cancel(self, session: Any) -> None:
        release_holds(session, self._some_orders())

    def confirm(self, session: Any) -> None:
        confirm_holds(session, self._some_orders())

    def adjust(self, session: Any) -> None:
        delta = self.random.choice([-30, -7, -1, 1, 5, 20])
        adjust_stock(
            session, product_id=self.random.choice(self.products), delta=delta, reason="count", actor_uid=self.user,
            precondition=lambda _: None,
        )  # fmt: skip

    def put(self, session: Any) -> None:
        changes = {"current_stock": self.random.randint(0, 60)}
        if self.random.random() < 0.5:
            changes["low_stock_threshold"] = self.random.randint(0, 20)
        update_product(
            session, product_id=self.random.choice(self.products), changes=changes, actor=Actor(self.user, "somebody"),
            precondition=lambda _: None,
        )  # fmt: skip

    def set_many(self, session: Any) -> None:
        chosen = self.random.sample(self.products, self.random.randint(1, 5))
        quantities = {id_: self.random.randint(0, 60) for id_ in chosen}
        set_stock(session, quantities, reason="erp", actor_uid=None, kind=B2B)

    def cart(self, session: Any) -> None:
        amount = self.random.choice([-3, -1, 1, 2, 4])
        product_id = self.random.choice(self.products)
        reserve_stock(session, product_id=product_id, amount=amount, user_uid=self.user, minutes=30)


def test_ten_thousand_random_operations(database, product, books_balance):
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    products = [product(current_stock=30)["id"] for _ in range(PRODUCTS)]
    keepers = [Shopkeeper(database, products, seed, number) for number in range(THREADS)]
    with ThreadPoolExecutor(THREADS) as pool:
        outcomes = sum(pool.map(lambda keeper: keeper.work(OPERATIONS // THREADS), keepers), Counter[str]())
    assert outcomes.total() == OPERATIONS
    assert all(
        outcomes[name] > 100 for name in ("hold", "release", "cancel", "confirm", "adjust", "put", "set_many", "cart")
    )
    books_balance()
    with database.read(ALL_ACCOUNTS) as session:
        sums = dict.fromkeys(products, 0)
        out: Counter[tuple[str, int]] = Counter()
        for row in session.execute(select(StockMovement.__table__).order_by(StockMovement.id)):
            sums[row.product_id] += row.delta
            assert row.balance == sums[row.product_id] >= 0, "each balance is the sum so far"
            if row.order_uid:
                out[row.order_uid, row.product_id] -= row.delta
        stock = session.execute(select(Product.id, Product.current_stock)).all()
        held: Counter[tuple[str, int]] = Counter()
        for uid, lines in session.execute(
            select(OrderHold.order_uid, OrderHold.lines).where(OrderHold.state != RELEASED)
        ):
            for line in lines:
                held[uid, line["product_id"]] += line["quantity"]
    assert {id_: units for id_, units in stock if id_ in sums} == sums
    assert +out == +held, "what left for orders is what they hold"
    assert not -out
