"""Other systems write while the till sells and while each other writes: nothing is lost, nobody waits in a circle."""

from __future__ import annotations

import random
from collections import Counter

import pytest

from chassis.testing_concurrency import together

PRODUCT, CATEGORY, ATTRIBUTE = "/api/v1/product", "/api/v1/category", "/api/v1/attribute"


@pytest.fixture
def send(client):
    """`send("POST", path, …)`: one batch; the status."""

    def send(method, path, *elements):
        answer = client.call(method, path, {"data": list(elements)})
        assert answer.status in (200, 400), answer
        return answer.status

    return send


def at_once(*calls):
    """What the calls return, all begun at the same moment."""
    return together(len(calls), lambda number: calls[number]())


def test_a_stock_that_is_set_loses_no_sale(client, send, hold, books_balance):
    send("POST", PRODUCT, {"uid": "cola", "price": 1, "quantity": 1000})
    (cola,) = client.get("/api/products/").json

    def sell():
        return [hold({cola["id"]: 1}).status for _ in range(5)]

    def count():
        return [send("POST", f"{PRODUCT}/stock", {"uid": "cola", "quantity": 500 + n}) for n in range(5)]

    sold = at_once(*[sell] * 4, *[count] * 4)
    assert Counter(status for statuses in sold for status in statuses) == {200: 40}
    books_balance()
    movements = client.get(f"/api/products/{cola['id']}/movements/?page_size=200").json
    assert sum(row["kind"] == "order" for row in movements) == 20
    for movement in movements:
        if movement["kind"] == "b2b":  # each setting left exactly what it said, whatever was sold before it
            assert 500 <= movement["balance"] < 505


def test_the_same_new_products_in_crossing_batches(client, send, books_balance):
    batch = [{"uid": f"p{n}", "price": n, "quantity": n} for n in range(40)]

    def upsert(seed):
        return send("POST", PRODUCT, *random.Random(seed).sample(batch, len(batch)))

    assert at_once(*(lambda seed=seed: upsert(seed) for seed in range(6))) == [200] * 6
    rows = client.get(PRODUCT).json["data"]
    assert {(row["uid"], row["price"], row["quantity"]) for row in rows} == {(f"p{n}", n, n) for n in range(40)}
    books_balance()


def test_everything_at_once_in_crossing_order(client, send, hold, release, books_balance):
    uids = [f"p{n}" for n in range(20)]
    send("POST", CATEGORY, {"uid": "c"}, {"uid": "d"})
    send("POST", PRODUCT, *({"uid": uid, "price": 1, "quantity": 100} for uid in uids))
    ids = [row["id"] for row in client.get("/api/products/").json]

    def work(seed):
        chance = random.Random(seed)
        for _ in range(6):
            some = chance.sample(uids, 10)
            which = chance.randrange(6)
            if which == 0:
                category = chance.choice(["c", "d", None])
                rows = [
                    {"uid": uid, "price": chance.randrange(9), "quantity": 80, "category_uid": category} for uid in some
                ]
                send("POST", PRODUCT, *rows)
            elif which == 1:
                send("POST", f"{PRODUCT}/stock", *({"uid": uid, "quantity": chance.randrange(50, 99)} for uid in some))
            elif which == 2:
                rows = [{"product_uid": uid, "language": tag, "name": "n"} for uid in some for tag in ("en", "es")]
                send("POST", f"{PRODUCT}/description", *chance.sample(rows, len(rows)))
            elif which == 3:
                send("DELETE", f"{PRODUCT}/description", *({"product_uid": uid, "language": "en"} for uid in some))
            elif which == 4:
                send("DELETE", PRODUCT, *some[:3])
            else:
                held = hold(dict.fromkeys(chance.sample(ids, 3), 1))
                if held.status == 200:
                    assert release(held.json["order_uid"]).status == 204

    at_once(*(lambda seed=seed: work(seed) for seed in range(6)))
    books_balance()


def test_two_moves_never_make_a_cycle(client, send):
    for turn in range(5):
        a, b = f"a{turn}", f"b{turn}"
        send("POST", CATEGORY, {"uid": a}, {"uid": b})
        moves = ({"uid": a, "parent_uid": b}, {"uid": b, "parent_uid": a})
        statuses = at_once(*(lambda move=move: send("POST", CATEGORY, move) for move in moves))
        assert sorted(statuses) == [200, 400]


def test_a_category_is_deleted_or_used_never_both(client, send):
    for turn in range(5):
        uid = f"c{turn}"
        send("POST", CATEGORY, {"uid": uid})
        deleted, used = at_once(
            lambda uid=uid: send("DELETE", CATEGORY, uid),
            lambda uid=uid: send("POST", PRODUCT, {"uid": f"in-{uid}", "price": 1, "category_uid": uid}),
        )
        assert (deleted, used) in ((200, 400), (400, 200))
        assert (client.get(f"{CATEGORY}/{uid}").status, client.get(f"{PRODUCT}/in-{uid}").status) == (
            (404, 404) if deleted == 200 else (200, 200)
        )


def test_a_value_is_deleted_or_used_never_both(client, send):
    send("POST", PRODUCT, {"uid": "p", "price": 1})
    for turn in range(5):
        uid = f"v{turn}"
        send("POST", f"{ATTRIBUTE}/value", {"uid": uid, "language": "en", "name": "Red"})
        deleted, used = at_once(
            lambda uid=uid: send("DELETE", f"{ATTRIBUTE}/value", {"uid": uid, "language": "en"}),
            lambda uid=uid: send("POST", ATTRIBUTE, {"uid": f"of-{uid}", "product_uid": "p", "value_uid": uid}),
        )
        assert (deleted, used) in ((200, 400), (400, 200))
