"""Payment holds: what sales takes of a customer's points or credit for an order's uid, and gives back."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from chassis.uids import new_uid


@pytest.fixture
def release(client):
    return lambda order_uid: client.internal("sales", "POST", f"/internal/holds/{order_uid}/release/").status


def test_points_are_taken_at_once_and_shown_in_the_ledger(client, register, hold, shown, published, books_balance):
    customer_id, uid = register(points=300), new_uid()
    answer = hold(customer_id, "POINTS", "232.40", order_uid=uid)
    assert (answer.status, answer.json["points"]) == (200, 233)
    assert shown(customer_id)["current_points"] == 67
    row = client.get(f"/api/customers/{customer_id}/history/").json[0]
    assert (row["amount"], row["transaction_type"], row["description"]) == (
        -233, "REDEEM", "Purchase - Ticket #F47AC10B",
    )  # fmt: skip
    told = published("PointsChanged")[-1].data
    assert (told["amount"], told["balance"], told["order_uid"]) == (-233, 67, uid)
    books_balance()


def test_asked_again_it_takes_nothing_more(register, hold, shown, published):
    customer_id, uid = register(points=300), new_uid()
    answers = [hold(customer_id, "POINTS", 100, order_uid=uid) for _ in range(3)]
    assert len({answer.data for answer in answers}) == 1
    assert shown(customer_id)["current_points"] == 200
    assert len(published("PointsChanged")) == 2


@pytest.mark.parametrize(
    "other", [{"amount": "99.00"}, {"amount": "100.01"}, {"payment_method": "CREDIT"}, {"customer": "another"}]
)
def test_another_payment_of_the_same_order_is_refused(register, hold, shown, other):
    customer_id, another, uid = register(points=300, credit_limit="500"), register(points=300), new_uid()
    assert hold(customer_id, "POINTS", "100.00", order_uid=uid).status == 200
    who = another if "customer" in other else customer_id
    answer = hold(who, other.get("payment_method", "POINTS"), other.get("amount", "100.00"), order_uid=uid)
    assert (answer.status, answer.json) == (409, {"detail": "This order holds another payment."})
    assert [shown(id_)["current_points"] for id_ in (customer_id, another)] == [200, 300]
    assert shown(customer_id)["credit_used"] == "0.00"


def test_what_is_not_covered_takes_nothing_and_leaves_no_hold(register, hold, shown, published, release):
    customer_id, uid = register(points=50, credit_limit="1000"), new_uid()
    before = len(published())
    for method, amount in (("POINTS", "50.01"), ("CREDIT", "1000.01")):
        assert hold(customer_id, method, amount, order_uid=uid).status == 400
    assert len(published()) == before
    assert hold(customer_id, "POINTS", "50.00", order_uid=uid).status == 200  # the order is still free to hold
    assert release(uid) == 204
    assert (shown(customer_id)["current_points"], shown(customer_id)["credit_used"]) == (50, "0.00")


@pytest.mark.parametrize("amount", ["2147483648.00", "9999999999.99"])
def test_the_price_of_a_large_order_is_refused_like_any_other(register, hold, shown, amount):
    """As much as an order may cost: more points than 32 bits hold."""
    customer_id = register(points=50, credit_limit="9999999999.99")
    points = hold(customer_id, "POINTS", amount)
    assert (points.status, points.json) == (
        400,
        {"detail": f"Saldo de puntos insuficiente. Puntos disponibles: 50.00, Total a pagar: {amount}"},
    )
    assert hold(customer_id, "CREDIT", amount).status == 200
    assert (shown(customer_id)["current_points"], shown(customer_id)["credit_used"]) == (50, amount)


def test_a_release_gives_back_once_and_the_order_may_hold_again(
    client, register, hold, release, shown, published, books_balance
):
    customer_id, uid = register(points=300, credit_limit="500"), new_uid()
    hold(customer_id, "POINTS", "100", order_uid=uid)
    assert [release(uid), release(uid), release(new_uid())] == [204, 204, 204]
    assert shown(customer_id)["current_points"] == 300
    history = client.get(f"/api/customers/{customer_id}/history/").json
    assert [(row["amount"], row["transaction_type"]) for row in history] == [
        (100, "ADJUSTMENT"), (-100, "REDEEM"), (300, "EARN"),
    ]  # fmt: skip
    assert history[0]["description"] == "Not paid - Ticket #F47AC10B"
    hold(customer_id, "CREDIT", "99.90", order_uid=uid)
    assert shown(customer_id)["credit_used"] == "99.90"
    assert release(uid) == 204
    assert shown(customer_id)["credit_used"] == "0.00"
    assert [row["amount"] for row in client.get(f"/api/customers/{customer_id}/credit-history/").json] == [
        "-99.90", "99.90",
    ]  # fmt: skip
    books_balance()


def test_credit_that_was_paid_off_meanwhile_is_not_given_back_twice(
    client, register, hold, release, shown, books_balance
):
    customer_id, uid = register(credit_limit="500"), new_uid()
    hold(customer_id, "CREDIT", "100", order_uid=uid)
    client.post(f"/api/customers/{customer_id}/pay-credit/", {"amount": "60"})
    release(uid)
    assert shown(customer_id)["credit_used"] == "0.00"
    books_balance()


def test_an_order_that_costs_nothing_takes_nothing(register, hold, release, shown, published):
    customer_id = register()
    for method in ("POINTS", "CREDIT"):
        uid = new_uid()
        assert hold(customer_id, method, "0", order_uid=uid).status == 200
        assert release(uid) == 204
    assert hold(999, "POINTS", "0").status == 404
    assert len(published()) == 1


def test_customers_who_are_gone_or_anothers_are_unknown(client, register, hold):
    gone, theirs = register(points=50), register(account_id=2, points=50)
    client.delete(f"/api/customers/{gone}/")
    for id_ in (gone, theirs, 999):
        assert (hold(id_, "POINTS", "1").status, hold(id_, "CREDIT", "1").status) == (404, 404)


def test_a_deleted_customer_gets_back_what_was_held(client, register, hold, release, books_balance):
    customer_id, uid = register(points=50), new_uid()
    hold(customer_id, "POINTS", "50", order_uid=uid)
    client.delete(f"/api/customers/{customer_id}/")
    assert release(uid) == 204
    books_balance()


def test_an_orders_uid_is_its_accounts_own(client, register, hold):
    ours, theirs, uid = register(points=50), register(account_id=2, points=50), new_uid()
    assert hold(ours, "POINTS", "10", order_uid=uid).status == 200
    assert hold(theirs, "POINTS", "20", order_uid=uid, account_id=2).status == 200


@pytest.mark.parametrize(
    "change", [{"payment_method": "CASH"}, {"amount": "-1"}, {"customer_id": None}, {"order_uid": ""}]
)
def test_a_malformed_call_is_a_400(client, register, change):
    body = {
        "order_uid": new_uid(), "ticket_folio": "F47AC10B", "user_uid": new_uid(), "customer_id": register(points=5),
        "payment_method": "POINTS", "amount": "1", **change,
    }  # fmt: skip
    answer = client.internal("sales", "POST", "/internal/holds/", body)
    assert (answer.status, list(answer.json)) == (400, list(change))


def test_of_many_orders_at_once_ten_are_covered(register, hold, shown, books_balance):
    customer_id = register(points=105)
    with ThreadPoolExecutor(32) as pool:
        statuses = Counter(pool.map(lambda _: hold(customer_id, "POINTS", "9.50").status, range(32)))
    assert statuses == {200: 10, 400: 22}
    assert shown(customer_id)["current_points"] == 5
    books_balance()


def test_of_the_same_hold_at_once_one_takes(register, hold, release, shown, books_balance):
    customer_id, uid = register(points=100), new_uid()
    with ThreadPoolExecutor(16) as pool:
        statuses = set(pool.map(lambda _: hold(customer_id, "POINTS", "60", order_uid=uid).status, range(16)))
    assert statuses == {200}
    assert shown(customer_id)["current_points"] == 40
    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(lambda _: release(uid), range(16))) == {204}
    assert shown(customer_id)["current_points"] == 100
    books_balance()
