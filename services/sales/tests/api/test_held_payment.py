"""Pay with points and credit: §23's words, one charge whatever fails where, and nothing changed where it is refused."""

from __future__ import annotations

import socket
import time
from datetime import timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select, update

from chassis.columns import utcnow
from chassis.db import ALL_ACCOUNTS
from chassis.testing import counted_statements
from sales import clients
from sales.api import paying
from sales.config import Config
from sales.domain.models import Order

KEY = {"Idempotency-Key": "k1"}


def pay(client, order, method, **how):
    return client.post(f"/api/orders/{order['id']}/pay/", {"payment_method": method}, **how)


def status_of(client, order):
    return client.get(f"/api/orders/{order['id']}/").json["status"]


def claims(database):
    with database.read(ALL_ACCOUNTS) as session:
        return [row.claim_token for row in session.execute(select(Order.claim_token))]


@pytest.fixture
def orphan(client, customers, make_order, monkeypatch):
    """`orphan(method)`: an order whose payment died between hold and commit, its claim still there."""

    def leave(customer, method, **how):
        order = make_order(customer=customer)
        with monkeypatch.context() as patched:
            for name in ("pay_claimed_order", "drop_claim"):
                patched.setattr(paying, name, lambda *_args, **_how: (_ for _ in ()).throw(KeyboardInterrupt))
            with pytest.raises(KeyboardInterrupt):
                pay(client, order, method, **how)
        assert status_of(client, order) == "PENDING"
        return order

    return leave


# --- as documented


@pytest.mark.parametrize(("method", "points", "used"), [("POINTS", 769, 0), ("CREDIT", 1000, Decimal("230.11"))])
def test_paying_is_answered_as_documented(client, customers, make_order, published, rich, method, points, used):
    order = make_order(customer=rich)
    answer = pay(client, order, method, user_id=7)
    paid_at = answer.json.pop("paid_at")
    assert (answer.status, answer.json) == (
        200,
        {"id": order["id"], "status": "PAID", "payment_method": method, "final_amount": "230.11", "points_earned": 2},
    )
    created, paid = published()
    assert (paid.type, paid.version, paid.data["payment_method"]) == ("OrderPaid", 2, method)
    assert paid.data["paid_at"][:19] == paid_at[:19]
    [(http, path, body, caller)] = customers.calls
    assert (http, path, caller.caller, caller.account_id) == ("POST", "/internal/holds/", "sales", 1)
    assert body == {
        "order_uid": created.subject, "ticket_folio": order["ticket_folio"], "customer_id": 1, "amount": "230.11",
        "payment_method": method, "user_uid": "00000000-0000-7000-8000-000000000007",
    }  # fmt: skip
    assert (customers.points[rich], customers.used[rich]) == (points, used), "230.11 takes 231 points"
    assert [row["id"] for row in client.get(f"/api/orders/?payment_method={method}").json] == [order["id"]]


def test_too_few_points_is_said_as_documented(client, contracts, customers, make_order, published, rich):
    [short] = [row for row in contracts.internal("customers", "hold")["examples"] if row["name"] == "too few points"]
    customers.on("POST", "/internal/holds/", short["status"], short["response"])
    answer = pay(client, order := make_order(customer=rich), "POINTS")
    text = "Saldo de puntos insuficiente. Puntos disponibles: 50.00, Total a pagar: 120.00"
    assert (answer.status, answer.json) == (400, {"detail": text})
    assert (status_of(client, order), published("OrderPaid")) == ("PENDING", [])


def test_too_little_credit_is_said_as_documented(client, contracts, catalog, customers, make_order, published, rich):
    examples = contracts.internal("customers", "hold")["examples"]
    [short] = [row for row in examples if row["name"] == "credit above the limit"]
    customers.on("POST", "/internal/holds/", short["status"], short["response"])
    catalog.products[30]["list_price"] = "200.00"
    order = make_order(customer=rich, items=[{"product_id": 30, "quantity": 1}])
    answer = pay(client, order, "CREDIT")
    text = "El cliente excede su límite de crédito. Límite: 1000.00, Saldo actual: 950.00, Compra: 200.00"
    assert (answer.status, answer.json) == (400, {"detail": text})
    assert (status_of(client, order), published("OrderPaid")) == ("PENDING", [])


def test_after_a_refusal_any_other_payment_goes_at_once(client, customers, database, make_order, rich):
    customers.points[rich] = 230  # 230.11 are asked
    order = make_order(customer=rich)
    assert pay(client, order, "POINTS").status == 400
    assert (claims(database), customers.points[rich], customers.used[rich]) == ([None], 230, 0)
    assert pay(client, order, "CREDIT").status == 200
    assert (customers.points[rich], customers.used[rich]) == (230, Decimal("230.11"))


@pytest.mark.parametrize("method", ["POINTS", "CREDIT"])
def test_an_order_without_a_customer(client, customers, database, make_order, published, method):
    answer = pay(client, order := make_order(), method)
    text = f"An order without a customer cannot be paid with {method}."
    assert (answer.status, answer.json) == (400, {"detail": text})
    assert (status_of(client, order), published("OrderPaid"), customers.calls) == ("PENDING", [], [])
    assert claims(database) == [None]


def test_a_customer_deleted_since(client, customers, make_order, maria):
    answer = pay(client, order := make_order(customer=maria), "POINTS")
    assert (answer.status, answer.json) == (400, {"customer": ['Invalid pk "1" - object does not exist.']})
    assert status_of(client, order) == "PENDING"


def test_only_a_pending_order_can_be_paid(client, customers, make_order, rich):
    paid, cancelled = make_order(customer=rich), make_order(customer=rich)
    pay(client, paid, "CASH")
    client.post(f"/api/orders/{cancelled['id']}/cancel/", {})
    for order in (paid, cancelled):
        answer = pay(client, order, "CREDIT")
        text = "No se puede pagar esta orden. Solo se permiten pagar órdenes PENDIENTES."
        assert (answer.status, answer.json) == (400, {"detail": text})
    assert pay(client, {"id": 999}, "POINTS").status == 404
    assert pay(client, make_order(customer=rich), "POINTS", account_id=2).status == 404
    assert customers.calls == []


def test_paying_takes_few_statements(app, client, make_order, rich):
    order = make_order(customer=rich)
    with counted_statements(app) as seen:
        pay(client, order, "POINTS")
    assert len(seen) == 4, seen  # cash takes three; the claim is one more


# --- customers away


def test_without_customers_nothing_is_half_done(client, customers, database, make_order, published, rich):
    orders = [make_order(customer=rich) for _ in range(2)]
    customers.down = True
    for _ in range(7):  # the circuit opens on the way
        answer = pay(client, orders[0], "POINTS", headers=KEY)
        assert (answer.status, answer.json) == (503, {"detail": "Service temporarily unavailable, try again later."})
        assert int(answer.headers["Retry-After"]) >= 1
    assert (status_of(client, orders[0]), published("OrderPaid"), claims(database)) == ("PENDING", [], [None, None])
    assert pay(client, orders[0], "CASH").status == 200, "cash needs nobody"
    assert client.post(f"/api/orders/{orders[1]['id']}/cancel/", {}).status == 200
    assert len(client.get("/api/orders/").json) == 2


@pytest.mark.parametrize("status", [500, 503, 401])
def test_nonsense_from_customers_pays_nothing(client, customers, make_order, rich, status):
    customers.on("POST", "/internal/holds/", status, {"detail": "?"})
    assert pay(client, order := make_order(customer=rich), "POINTS").status == 503
    assert status_of(client, order) == "PENDING"


def test_customers_that_hang_are_given_up_within_three_seconds(app, client, settings, make_order, rich):
    order = make_order(customer=rich)
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        url = f"http://127.0.0.1:{deaf.getsockname()[1]}"
        clients.install(app, Config.from_env(**{**vars(settings), "customers_url": url}))
        began = time.monotonic()
        assert pay(client, order, "CREDIT").status == 503
        assert time.monotonic() - began < 3
    assert pay(client, order, "CASH").status == 200


# --- attempts that die


def test_a_retry_takes_over_from_a_killed_try_and_charges_once(client, customers, orphan, published, rich):
    order = orphan(rich, "POINTS", headers=KEY)
    assert customers.points[rich] == 769
    first = pay(client, order, "POINTS", headers=KEY)
    again = pay(client, order, "POINTS", headers=KEY)
    assert (first.status, again.data, again.headers["Idempotent-Replayed"]) == (200, first.data, "true")
    assert (customers.points[rich], len(customers.calls), len(published("OrderPaid"))) == (769, 2, 1)


def test_another_attempt_waits_for_the_claim_to_run_out(client, customers, database, orphan, rich):
    order = orphan(rich, "POINTS")
    answer = pay(client, order, "POINTS")
    assert (answer.status, answer.json) == (409, {"detail": "This order is being paid right now."})
    assert len(customers.calls) == 1
    with database.transaction(ALL_ACCOUNTS) as session:
        session.execute(update(Order).values(claimed_until=utcnow() - timedelta(seconds=1)))
    assert pay(client, order, "POINTS").status == 200
    assert customers.points[rich] == 769


@pytest.mark.parametrize("how", ["CASH", "cancel"])
def test_cash_and_cancellation_do_not_wait(client, customers, database, orphan, published, rich, how):
    order = orphan(rich, "CREDIT")
    answer = pay(client, order, "CASH") if how == "CASH" else client.post(f"/api/orders/{order['id']}/cancel/", {})
    assert answer.status == 200
    assert claims(database) == [None]
    [event] = published("OrderPaid", "OrderCancelled")  # by which customers gives back what it holds
    assert event.data.get("payment_method", "CASH") == "CASH"


def test_the_other_method_takes_over_what_a_killed_try_left(client, customers, database, orphan, rich):
    order = orphan(rich, "POINTS")
    with database.transaction(ALL_ACCOUNTS) as session:
        session.execute(update(Order).values(claimed_until=utcnow() - timedelta(seconds=1)))
    assert pay(client, order, "CREDIT").status == 200
    assert (customers.points[rich], customers.used[rich]) == (1000, Decimal("230.11"))


def test_while_a_release_is_uncertain_nobody_else_may_hold(client, customers, database, orphan, rich):
    order = orphan(rich, "POINTS")
    with database.transaction(ALL_ACCOUNTS) as session:
        session.execute(update(Order).values(claimed_until=utcnow() - timedelta(seconds=1)))
        uid = session.execute(select(Order.uid)).scalar_one()
    customers.on("POST", f"/internal/holds/{uid}/release/", 500)
    assert pay(client, order, "CREDIT").status == 503
    assert pay(client, order, "POINTS").status == 409
    assert pay(client, order, "CASH").status == 200


@pytest.mark.parametrize("meanwhile", ["CASH", "cancel", "lapse"])
def test_an_attempt_that_lost_its_claim_pays_nothing(
    client, customers, database, make_order, published, rich, meanwhile
):
    order = make_order(customer=rich)

    def interrupt(body):
        if meanwhile == "CASH":
            assert pay(client, order, "CASH").status == 200
        elif meanwhile == "cancel":
            assert client.post(f"/api/orders/{order['id']}/cancel/", {}).status == 200
        else:
            with database.transaction(ALL_ACCOUNTS) as session:
                session.execute(update(Order).values(claimed_until=utcnow()))
        return 200, {**body, "points": 231}

    customers.on("POST", "/internal/holds/", interrupt)
    answer = pay(client, order, "POINTS")
    assert answer.status == {"lapse": 503}.get(meanwhile, 400)
    assert status_of(client, order) == {"CASH": "PAID", "cancel": "CANCELLED", "lapse": "PENDING"}[meanwhile]
    assert len(published("OrderPaid", "OrderCancelled")) == (meanwhile != "lapse")


def test_a_claim_ends_before_customers_may_give_its_hold_up(client, database, orphan, settings, rich):
    before = utcnow()
    orphan(rich, "POINTS")
    with database.read(ALL_ACCOUNTS) as session:
        [until] = session.execute(select(Order.claimed_until)).scalars()
    assert until - before < timedelta(seconds=settings.hold_sweep_after / 2)
