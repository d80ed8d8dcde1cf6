"""What sales is told of prices before an order: the same as by a hold, and nothing is taken."""

from __future__ import annotations

from chassis.testing import counted_statements

USER, OTHER = (f"00000000-0000-7000-8000-00000000000{number}" for number in (1, 2))


def ask(client, lines, **how):
    body = {"user_uid": USER, "lines": [{"product_id": id_, "quantity": units} for id_, units in lines.items()]}
    return client.internal("sales", "POST", "/internal/prices/", body, **how)


def test_it_says_what_a_hold_would_and_takes_nothing(app, client, product, promotion, hold, published):
    first, second = product(current_stock=5), product(price="80.00", tax_rate="0", current_stock=5)
    promotion(second, target_audience="FREQUENT_ONLY")
    told = len(published())
    for _ in range(2):
        with counted_statements(app) as seen:
            asked = ask(client, {second["id"]: 2, first["id"]: 3})
        assert (asked.status, len(seen)) == (200, 2)
        assert len(published()) == told
        assert client.get(f"/api/products/{first['id']}/").json["current_stock"] == 5
    lines = [{name: value for name, value in line.items() if name != "available"} for line in asked.json["lines"]]
    assert lines == hold({second["id"]: 2, first["id"]: 3}).json["lines"]
    assert [line["available"] for line in asked.json["lines"]] == [5, 5]


def test_available_is_what_the_carts_of_others_leave(client, product):
    made = product(current_stock=5)
    for user, units in ((1, 2), (2, 1)):
        assert client.post(f"/api/products/{made['id']}/reserve/", {"amount": units}, user_id=user).status == 200
    [line] = ask(client, {made["id"]: 9}).json["lines"]
    assert (line["quantity"], line["available"]) == (9, 4)


def test_what_is_not_for_sale_is_refused_as_by_a_hold(client, product):
    good, deleted, inactive, foreign = product(), product(), product(), product(account_id=2)
    client.delete(f"/api/products/{deleted['id']}/")
    client.patch(f"/api/products/{inactive['id']}/", {"is_active": False})
    for bad in (deleted, inactive, foreign):
        answer = ask(client, {good["id"]: 1, bad["id"]: 1})
        unknown = {"product_id": [f'Invalid pk "{bad["id"]}" - object does not exist.']}
        assert (answer.status, answer.json) == (400, {"items": [{}, unknown]})
    assert ask(client, {}).status == 400
    assert client.post("/internal/prices/", {"user_uid": USER, "lines": []}).status == 404
