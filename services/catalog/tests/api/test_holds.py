"""`/internal/holds/`: sales takes an order's stock and gives it back."""

from __future__ import annotations

from chassis.testing import counted_statements
from chassis.uids import new_uid


def test_a_hold_takes_the_stock_at_once(product, hold, stock_of, published, books_balance):
    cola = product(name="Coca Cola", price="18.50", tax_rate="0.16", current_stock=5)
    water = product(name="Agua", price="10", tax_rate="EXENT", current_stock=4)
    uid = new_uid()
    answer = hold({water["id"]: 1, cola["id"]: 2}, order_uid=uid)
    assert answer.status == 200
    assert answer.json == {
        "order_uid": uid,
        "lines": [
            {
                "product_id": made["id"], "product_uid": made["uid"], "sku": made["sku"], "name": made["name"],
                "quantity": quantity, "list_price": price, "tax_rate": rate, "promotion": None,
            }
            for made, quantity, price, rate in ((cola, 2, "18.50", "16.00"), (water, 1, "10.00", "EXENT"))
        ],
    }  # fmt: skip
    assert (stock_of(cola["id"]), stock_of(water["id"])) == (3, 3)
    (event,) = published("StockReserved")
    assert (event.subject, event.version) == (uid, 1)
    assert event.data["lines"][0] == {
        "product_id": cola["id"], "product_uid": cola["uid"], "quantity": 2, "current_stock": 3, "product_version": 2,
    }  # fmt: skip
    books_balance()


def test_the_same_hold_again_answers_the_same(client, product, hold, stock_of, published):
    cola = product(current_stock=5)
    uid = new_uid()
    first = hold({cola["id"]: 2}, order_uid=uid)
    client.patch(f"/api/products/{cola['id']}/", {"price": "99", "name": "Other"})
    client.delete(f"/api/products/{cola['id']}/")
    split = [{"product_id": cola["id"], "quantity": 1}] * 2
    assert hold({cola["id"]: 2}, order_uid=uid).data == hold(split, order_uid=uid).data == first.data
    assert len(published("StockReserved")) == 1


def test_other_lines_under_the_same_order_are_refused(product, hold, stock_of):
    cola = product(current_stock=5)
    uid = new_uid()
    hold({cola["id"]: 2}, order_uid=uid)
    answer = hold({cola["id"]: 3}, order_uid=uid)
    assert (answer.status, answer.json) == (409, {"detail": "This order holds other lines."})
    assert stock_of(cola["id"]) == 3


def test_lines_of_one_product_are_added_up_before_the_check(product, hold, stock_of):
    cola = product(name="Coca Cola", current_stock=5)
    answer = hold([{"product_id": cola["id"], "quantity": 3}] * 2)
    assert answer.status == 400
    assert answer.json == {"non_field_errors": ["Stock insuficiente para 'Coca Cola'. Disponible: 5, Solicitado: 6"]}
    assert stock_of(cola["id"]) == 5


def test_a_short_line_names_all_short_lines_and_takes_nothing(product, hold, stock_of, published, books_balance):
    cola, water, bread = (
        product(name=name, current_stock=stock) for name, stock in (("Cola", 5), ("Agua", 50), ("Pan", 1))
    )
    uid = new_uid()
    answer = hold({bread["id"]: 2, water["id"]: 1, cola["id"]: 10}, order_uid=uid)
    assert answer.status == 400
    assert answer.json == {
        "non_field_errors": [
            "Stock insuficiente para 'Cola'. Disponible: 5, Solicitado: 10",
            "Stock insuficiente para 'Pan'. Disponible: 1, Solicitado: 2",
        ]
    }
    assert [stock_of(made["id"]) for made in (cola, water, bread)] == [5, 50, 1]
    assert published("StockReserved") == []
    assert hold({cola["id"]: 5}, order_uid=uid).status == 200  # a refused hold leaves no trace
    books_balance()


def test_unknown_deleted_inactive_and_foreign_products(client, product, hold, published):
    good, gone, idle, foreign = product(), product(), product(is_active=False), product(account_id=2)
    client.delete(f"/api/products/{gone['id']}/")
    for bad in (gone["id"], idle["id"], foreign["id"], 999):
        answer = hold({good["id"]: 1, bad: 1})
        assert (answer.status, answer.json) == (
            400,
            {"items": [{}, {"product_id": [f'Invalid pk "{bad}" - object does not exist.']}]},
        )
    answer = hold({998: 1, good["id"]: 1})
    assert answer.json == {"items": [{"product_id": ['Invalid pk "998" - object does not exist.']}]}
    assert published("StockReserved") == []


def test_own_cart_holds_are_used_up_first_others_are_out_of_reach(client, product, hold, stock_of):
    cola = product(name="Cola", current_stock=3)
    path = f"/api/products/{cola['id']}/"
    client.post(path + "reserve/", {"amount": 2}, user_id=1)
    client.post(path + "reserve/", {"amount": 1}, user_id=2)
    refused = hold({cola["id"]: 2}, user_id=2)
    assert refused.json == {"non_field_errors": ["Stock insuficiente para 'Cola'. Disponible: 1, Solicitado: 2"]}
    assert client.get(path).json["reserved_quantity"] == 3
    assert hold({cola["id"]: 1}, user_id=2).status == 200  # the last free unit is in the buyer's own cart
    read = client.get(path).json
    assert (read["current_stock"], read["reserved_quantity"], read["available_to_sell"]) == (2, 2, 0)
    assert hold({cola["id"]: 1}, user_id=1).status == 200  # part of a cart
    read = client.get(path).json
    assert (read["current_stock"], read["reserved_quantity"], read["available_to_sell"]) == (1, 1, 0)


def test_low_stock_is_told_when_an_order_reaches_it(product, hold, published):
    cola = product(current_stock=12, low_stock_threshold=10)
    for _ in range(3):
        hold({cola["id"]: 1})
    (event,) = published("LowStockReached")
    assert (event.subject, event.version, event.data["current_stock"]) == (cola["uid"], 3, 10)


def test_a_release_puts_the_stock_back_once(product, hold, release, stock_of, published, books_balance):
    cola = product(current_stock=5)
    uid = new_uid()
    hold({cola["id"]: 2}, order_uid=uid)
    for _ in range(2):
        answer = release(uid)
        assert (answer.status, answer.data) == (204, b"")
    assert stock_of(cola["id"]) == 5
    (event,) = published("StockReleased")
    assert (event.subject, event.version) == (uid, 2)
    assert event.data["lines"] == [
        {"product_id": cola["id"], "product_uid": cola["uid"], "quantity": 2, "current_stock": 5, "product_version": 3}
    ]
    again = hold({cola["id"]: 2}, order_uid=uid)
    assert (again.status, again.json) == (409, {"detail": "The stock of this order has been released."})
    books_balance()


def test_a_release_that_comes_first_refuses_the_late_hold(product, hold, release, stock_of, published):
    cola = product(current_stock=5)
    uid = new_uid()
    assert release(uid).status == 204
    assert hold({cola["id"]: 2}, order_uid=uid).status == 409
    assert stock_of(cola["id"]) == 5
    assert published("StockReleased", "StockReserved") == []


def test_a_deleted_product_takes_its_stock_back(client, product, hold, release, published, books_balance):
    cola = product(current_stock=5)
    uid = new_uid()
    hold({cola["id"]: 2}, order_uid=uid)
    client.delete(f"/api/products/{cola['id']}/")
    assert release(uid).status == 204
    assert published("StockReleased")[0].data["lines"][0]["current_stock"] == 5
    books_balance()


def test_another_account_can_not_touch_a_hold(client, product, hold, stock_of):
    cola = product(current_stock=5)
    uid = new_uid()
    hold({cola["id"]: 2}, order_uid=uid)
    client.internal("sales", "POST", f"/internal/holds/{uid}/release/", account_id=2)
    assert stock_of(cola["id"]) == 3
    assert hold({cola["id"]: 2}, order_uid=uid, account_id=2).status == 409


def test_bad_bodies(client, product):
    good = {"order_uid": new_uid(), "user_uid": new_uid(), "lines": [{"product_id": product()["id"], "quantity": 1}]}
    for change, field in (
        ({"lines": []}, "lines"),
        ({"lines": [{"product_id": 1, "quantity": 0}]}, "lines"),
        ({"order_uid": None}, "order_uid"),
    ):
        answer = client.internal("sales", "POST", "/internal/holds/", {**good, **change})
        assert answer.status == 400
        assert list(answer.json) == [field]


def test_few_statements(app, product, hold, release):
    lines = {product()["id"]: 2 for _ in range(3)}
    uid = new_uid()
    with counted_statements(app) as placed:
        assert hold(lines, order_uid=uid).status == 200
    with counted_statements(app) as again:
        assert hold(lines, order_uid=uid).status == 200
    with counted_statements(app) as released:
        assert release(uid).status == 204
    assert (len(placed), len(again), len(released)) == (7, 2, 6), (placed, again, released)
