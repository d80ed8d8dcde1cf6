"""What becomes of an order settles its payment hold: by event, and by the sweep that asks sales."""

from __future__ import annotations

import dataclasses

import pytest
from sqlalchemy import select

from chassis.db import ALL_ACCOUNTS
from chassis.uids import new_uid
from customers.domain.models import PaymentHold
from customers.sweeps import SWEEPS, settle_holds


@pytest.fixture
def state(database):
    def get(order_uid):
        with database.read(ALL_ACCOUNTS) as session:
            return session.scalar(select(PaymentHold.state).where(PaymentHold.order_uid == order_uid))

    return get


@pytest.fixture(params=["POINTS", "CREDIT"])
def held(request, register, hold, shown):
    """A hold of 60 by either method: (customer id, order uid, method, what is left of 100 now)."""
    customer_id, uid = register(points=100, credit_limit="100"), new_uid()
    assert hold(customer_id, request.param, "60", order_uid=uid).status == 200

    def left():
        seen = shown(customer_id)
        return seen["current_points"] if request.param == "POINTS" else int(float(seen["available_credit"]))

    return customer_id, uid, request.param, left


def cancelled(event_of, uid):
    return event_of("OrderCancelled", {"order_uid": uid}, subject=uid, version=2)


def test_the_order_paid_confirms(deliver, order_paid, held, state, hold, books_balance):
    customer_id, uid, method, left = held
    event = order_paid(customer_id, 0, uid=uid, method=method)
    for _ in range(2):
        deliver(event)
        deliver(order_paid(customer_id, 0, uid=uid, method=method))  # told anew
        assert (state(uid), left()) == ("confirmed", 40)
    assert hold(customer_id, method, "60", order_uid=uid).status == 200  # the same again, late
    assert hold(customer_id, method, "61", order_uid=uid).status == 409
    assert (state(uid), left()) == ("confirmed", 40)
    books_balance()


def test_a_confirmed_hold_is_not_released(client, deliver, order_paid, event_of, held, state):
    customer_id, uid, method, left = held
    deliver(order_paid(customer_id, 0, uid=uid, method=method))
    assert client.internal("sales", "POST", f"/internal/holds/{uid}/release/").status == 204
    deliver(cancelled(event_of, uid))
    assert (state(uid), left()) == ("confirmed", 40)


def test_an_order_paid_otherwise_gives_back(deliver, order_paid, held, state):
    customer_id, uid, _, left = held
    deliver(order_paid(customer_id, 0, uid=uid, method="CASH"))
    assert (state(uid), left()) == ("released", 100)


def test_a_cancelled_order_gives_back_once(deliver, event_of, held, state, books_balance):
    _, uid, _, left = held
    for _ in range(2):
        deliver(cancelled(event_of, uid), cancelled(event_of, uid), cancelled(event_of, new_uid()))
        assert (state(uid), left()) == ("released", 100)
    books_balance()


def test_a_payment_that_lost_its_hold_takes_it_again(client, deliver, order_paid, held, state, books_balance):
    customer_id, uid, method, left = held
    client.internal("sales", "POST", f"/internal/holds/{uid}/release/")
    assert left() == 100
    deliver(order_paid(customer_id, 0, uid=uid, method=method))
    assert (state(uid), left()) == ("confirmed", 40)
    books_balance()


def test_what_can_not_be_taken_again_is_logged_and_stops_nobody(
    client, deliver, order_paid, held, hold, state, shown, books_balance
):
    customer_id, uid, method, _ = held
    client.internal("sales", "POST", f"/internal/holds/{uid}/release/")
    assert hold(customer_id, method, "50").status == 200
    points = shown(customer_id)["current_points"]
    deliver(order_paid(customer_id, 0, uid=uid, method=method), order_paid(customer_id, 7))
    assert shown(customer_id)["current_points"] == points + 7
    assert state(uid) == "confirmed"
    books_balance()


def test_both_fates_in_one_batch(deliver, order_paid, event_of, register, hold, state, shown, books_balance):
    ids = [register(points=100) for _ in range(4)]
    uids = [new_uid() for _ in ids]
    for id_, uid in zip(ids, uids, strict=True):
        hold(id_, "POINTS", "10", order_uid=uid)
    deliver(
        order_paid(ids[3], 1, uid=uids[3], method="POINTS"), cancelled(event_of, uids[1]),
        order_paid(ids[0], 2, uid=uids[0], method="CARD"), cancelled(event_of, uids[2]),
    )  # fmt: skip
    assert [state(uid) for uid in uids] == ["released", "released", "released", "confirmed"]
    assert [shown(id_)["current_points"] for id_ in ids] == [102, 100, 100, 91]
    books_balance()


def knows(sales, uid, status, method=None):
    sales.on("GET", f"/internal/orders/{uid}/", 200, {"order_uid": uid, "status": status, "payment_method": method})


def test_the_sweep_confirms_what_the_order_was_paid_with(database, settings, sales, held, state):
    _, uid, method, left = held
    knows(sales, uid, "PAID", method)
    settle_holds(database, settings)
    assert (state(uid), left()) == ("confirmed", 40)
    ((verb, path, _, identity),) = sales.calls
    assert (verb, path, identity.caller, identity.account_id) == ("GET", f"/internal/orders/{uid}/", "customers", 1)
    settle_holds(database, settings)
    assert len(sales.calls) == 1


@pytest.mark.parametrize("fate", [("PENDING", None), ("CANCELLED", None), ("PAID", "CASH"), None])
def test_the_sweep_gives_back_everything_else(database, settings, sales, held, state, fate, books_balance):
    _, uid, _, left = held
    if fate:
        knows(sales, uid, *fate)
    settle_holds(database, settings)
    assert (state(uid), left()) == ("released", 100)
    books_balance()


@pytest.mark.parametrize("trouble", ["down", "500", "403"])
def test_the_sweep_waits_while_sales_can_not_say(database, settings, sales, held, state, trouble):
    _, uid, method, left = held
    if trouble == "down":
        sales.down = True
    else:
        sales.on("GET", f"/internal/orders/{uid}/", int(trouble), {"detail": "no"})
    settle_holds(database, settings)
    assert (state(uid), left()) == ("held", 40)
    sales.reset()
    knows(sales, uid, "PAID", method)
    settle_holds(database, settings)
    assert state(uid) == "confirmed"


def test_one_order_that_sales_can_not_tell_of_keeps_no_other_waiting(database, settings, sales, register, hold, state):
    stuck, other = new_uid(), new_uid()
    for uid in (stuck, other):
        hold(register(points=100), "POINTS", "60", order_uid=uid)
    sales.on("GET", f"/internal/orders/{stuck}/", 500, {"detail": "no"})
    settle_holds(database, settings)
    assert (state(stuck), state(other)) == ("held", "released")


def test_a_young_hold_is_left_alone(database, settings, sales, held, state):
    settle_holds(database, dataclasses.replace(settings, hold_sweep_after=60.0))
    assert state(held[1]) == "held"
    assert sales.calls == []


def test_a_hold_that_a_retry_renews_while_sales_is_asked_is_kept(database, settings, sales, held, hold, state):
    customer_id, uid, method, left = held

    def retried_meanwhile(_body):
        assert hold(customer_id, method, "60", order_uid=uid).status == 200
        return 200, {"order_uid": uid, "status": "PENDING", "payment_method": None}

    sales.on("GET", f"/internal/orders/{uid}/", retried_meanwhile)
    settle_holds(database, settings)
    assert (state(uid), left()) == ("held", 40)


def test_every_sweep_runs_on_an_empty_database(database, settings, sales):
    for sweep in SWEEPS:
        sweep.run(database, settings)
