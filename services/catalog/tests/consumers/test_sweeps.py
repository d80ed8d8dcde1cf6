"""Holds that nobody confirmed: the sweep asks sales, and waits while sales can't say."""

from __future__ import annotations

import dataclasses

import pytest
from sqlalchemy import select

from catalog.domain.models import OrderHold, StockMovement
from catalog.sweeps import SWEEPS, settle_holds
from chassis.db import ALL_ACCOUNTS
from chassis.uids import new_uid


@pytest.fixture
def held(product, hold, database):
    """An order's hold of 2 of 5: (order uid, product id, state now)."""
    made, uid = product(current_stock=5), new_uid()
    hold({made["id"]: 2}, order_uid=uid)

    def state():
        with database.read(ALL_ACCOUNTS) as session:
            return session.execute(select(OrderHold.state).where(OrderHold.order_uid == uid)).scalar()

    return uid, made["id"], state


def knows(sales, uid, status):
    sales.on("GET", f"/internal/orders/{uid}/", 200, {"order_uid": uid, "status": status, "payment_method": None})


@pytest.mark.parametrize("status", ["PENDING", "PAID"])
def test_an_order_that_exists_keeps_its_stock(database, settings, sales, held, stock_of, status):
    uid, product_id, state = held
    knows(sales, uid, status)
    settle_holds(database, settings)
    assert state() == "confirmed"
    assert stock_of(product_id) == 3
    ((method, path, _, identity),) = sales.calls
    assert (method, path, identity.caller, identity.account_id) == ("GET", f"/internal/orders/{uid}/", "catalog", 1)
    settle_holds(database, settings)
    assert len(sales.calls) == 1


def test_no_such_order_gives_the_stock_back(database, settings, sales, held, hold, stock_of, books_balance):
    uid, product_id, state = held
    settle_holds(database, settings)
    assert state() == "released"
    assert stock_of(product_id) == 5
    assert hold({product_id: 2}, order_uid=uid).status == 409
    books_balance()


def test_a_cancelled_order_gives_the_stock_back(database, settings, sales, held, stock_of):
    uid, product_id, _ = held
    knows(sales, uid, "CANCELLED")
    settle_holds(database, settings)
    assert stock_of(product_id) == 5


@pytest.mark.parametrize("trouble", ["down", "500", "403"])
def test_it_waits_while_sales_can_not_say(database, settings, sales, held, stock_of, trouble):
    uid, product_id, state = held
    if trouble == "down":
        sales.down = True
    else:
        sales.on("GET", f"/internal/orders/{uid}/", int(trouble), {"detail": "no"})
    settle_holds(database, settings)
    assert state() == "held"
    assert stock_of(product_id) == 3
    sales.reset()
    knows(sales, uid, "PENDING")
    settle_holds(database, settings)
    assert state() == "confirmed"


def test_a_young_hold_is_left_alone(database, settings, sales, held):
    settle_holds(database, dataclasses.replace(settings, hold_sweep_after=60.0))
    assert held[2]() == "held"
    assert sales.calls == []


def test_every_sweep_runs_on_an_empty_database(database, settings, sales):
    for sweep in SWEEPS:
        sweep.run(database, settings)


def test_a_hold_that_a_retry_renews_while_sales_is_asked_is_kept(database, settings, sales, held, hold, stock_of):
    uid, product_id, state = held

    def retried_meanwhile(_body):
        assert hold({product_id: 2}, order_uid=uid).status == 200
        return 404, {"detail": "Not found."}

    sales.on("GET", f"/internal/orders/{uid}/", retried_meanwhile)
    settle_holds(database, settings)
    assert (state(), stock_of(product_id)) == ("held", 3)


def test_the_ledger_tells_a_hold_without_order_from_a_cancelled_order(database, settings, sales, product, hold):
    made = product(current_stock=9)
    never, cancelled = hold({made["id"]: 2}).json["order_uid"], hold({made["id"]: 3}).json["order_uid"]
    knows(sales, cancelled, "CANCELLED")
    settle_holds(database, settings)
    with database.read(ALL_ACCOUNTS) as session:
        rows = session.execute(select(StockMovement.kind, StockMovement.order_uid).where(StockMovement.delta > 0)).all()
    assert set(rows) == {("initial", None), ("release", never), ("cancel", cancelled)}


def test_sales_can_say_so_too(client, database, product, hold):
    made = product(current_stock=9)
    never, cancelled = (hold({made["id"]: 2}).json["order_uid"] for _ in range(2))
    path = "/internal/holds/{}/release/"
    assert client.internal("sales", "POST", path.format(never), {"never_made": True}).status == 204
    assert client.internal("sales", "POST", path.format(cancelled)).status == 204
    with database.read(ALL_ACCOUNTS) as session:
        rows = session.execute(select(StockMovement.kind, StockMovement.order_uid).where(StockMovement.delta > 0)).all()
    assert set(rows) == {("initial", None), ("release", never), ("cancel", cancelled)}


def test_one_order_that_sales_can_not_tell_of_keeps_no_other_waiting(
    database, settings, sales, product, hold, stock_of
):
    made = product(current_stock=9)
    stuck, other = hold({made["id"]: 2}).json["order_uid"], hold({made["id"]: 3}).json["order_uid"]
    sales.on("GET", f"/internal/orders/{stuck}/", 500, {"detail": "no"})
    settle_holds(database, settings)
    assert stock_of(made["id"]) == 7
    assert hold({made["id"]: 3}, order_uid=other).status == 409
