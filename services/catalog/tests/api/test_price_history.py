"""`GET /api/products/{id}/prices/` and `/api/promotions/{id}/changes/`: no price or discount changes without a trace."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, select, update
from sqlalchemy.exc import DBAPIError

from catalog.domain.models import PriceChange, Product, PromotionChange
from catalog.workflows.import_files import LINES_A_TRANSACTION
from chassis.db import ALL_ACCOUNTS
from chassis.testing import counted_statements

USER = "00000000-0000-7000-8000-00000000000{}"
FIELDS = ("price_before", "price_after", "tax_rate_before", "tax_rate_after", "surface", "user_uid")


def prices(client, made, query="", **how):
    answer = client.get(f"/api/products/{made['id']}/prices/{query}", **how)
    assert answer.status == 200, answer
    return answer.json


def named(token_for, name):
    return {"token": token_for("OWNER", username=name)}


def brief(rows):
    return [(row["price_before"], row["price_after"], row["surface"]) for row in rows]


def imported(client, text):
    answer = client.post("/api/products/import/?dry_run=false", data=text.encode(), content_type="text/csv")
    assert answer.status == 200, answer


@pytest.mark.parametrize("method", ["PUT", "PATCH"])
def test_a_change_at_the_till_names_who_when_before_and_after(client, product, method):
    made = product(price="18.50", tax_rate="0.16")
    changed = client.call(method, f"/api/products/{made['id']}/", {"price": "30.00"}, role="EMPLOYEE", user_id=7)
    assert changed.status == 200, changed
    rows = prices(client, made)
    assert [tuple(row[name] for name in FIELDS) for row in rows] == [
        ("18.50", "30.00", "0.16", "0.16", "pos", USER.format(7)),
        (None, "18.50", None, "0.16", "pos", USER.format(1)),
    ]
    assert [row["created_at"][-1] for row in rows] == ["Z", "Z"]
    assert all(row["user_name"] for row in rows)


def test_the_name_is_that_of_the_time_of_the_change(client, product, token_for):
    made = product(price=1)
    for name, price in (("maria", 2), ("maria.lopez", 3)):
        client.patch(f"/api/products/{made['id']}/", {"price": price}, **named(token_for, name))
    assert [row["user_name"] for row in prices(client, made)][:2] == ["maria.lopez", "maria"]


def test_a_change_of_the_tax_rate_is_one_of_the_price_and_its_notation_is_none(client, product):
    made = product(price=10, tax_rate="0.16")
    for rate in ("16.00", "EXENT"):
        assert client.patch(f"/api/products/{made['id']}/", {"tax_rate": rate}).status == 200
    rates = [(row["tax_rate_before"], row["tax_rate_after"]) for row in prices(client, made)]
    assert rates == [("16.00", "EXENT"), (None, "0.16")]


def test_what_leaves_the_price_as_it_is_writes_nothing(app, client, product):
    made = product(price="18.50")
    path = f"/api/products/{made['id']}/"
    with counted_statements(app) as statements:
        client.patch(path, {"price": "18.5", "name": "Another"})
        client.patch(path, {"current_stock": 3})
        client.post(f"{path}adjust/", {"delta": 1, "reason": "count"})
        client.post(f"{path}reserve/", {"amount": 1})
    assert not [text for text in statements if "price_changes" in text]
    imported(client, f"sku,price,current_stock\n{made['sku']},18.50,77\n")
    client.post("/api/v1/product", {"data": [{"uid": made["uid"], "price": 18.5, "quantity": 5}]})
    assert brief(prices(client, made)) == [(None, "18.50", "pos")]


def test_a_refused_change_leaves_no_trace(client, product):
    made, other = product(price=5), product(price=6)
    path = f"/api/products/{made['id']}/"
    assert client.patch(path, {"price": 9, "sku": other["sku"]}).status == 400
    assert client.patch(path, {"price": 9}, headers={"If-Match": '"old"'}).status == 412
    assert brief(prices(client, made)) == [(None, "5.00", "pos")]


def test_batches_of_other_systems(client, product):
    made = product(price="18.50")
    batch = [{"uid": made["uid"], "price": 20}, {"uid": "new", "price": 7.25}]
    assert client.post("/api/v1/product", {"data": batch}).status == 200
    new = client.get("/api/products/?sku=new").json[0]
    assert brief(prices(client, made)) == [("18.50", "20.00", "b2b"), (None, "18.50", "pos")]
    assert brief(prices(client, new)) == [(None, "7.25", "b2b")]


def test_a_deleted_product_keeps_its_history_and_goes_on_with_it_when_it_comes_back(client):
    client.post("/api/v1/product", {"data": [{"uid": "p", "price": 7}]})
    made = client.get("/api/products/?sku=p").json[0]
    client.patch(f"/api/products/{made['id']}/", {"tax_rate": "EXENT"})
    assert client.delete(f"/api/products/{made['id']}/").status == 204
    assert brief(prices(client, made)) == [("7.00", "7.00", "pos"), (None, "7.00", "b2b")]
    client.post("/api/v1/product", {"data": [{"uid": "p", "price": 9}]})
    first = prices(client, made)[0]
    assert [first[name] for name in FIELDS[:5]] == ["7.00", "9.00", "EXENT", "16.00", "b2b"]


def test_product_files(client, product):
    made, same = product(price="18.50"), product(price="5")
    imported(client, f"sku,name,price\n{made['sku']},Cola,21\n{same['sku']},Sprite,5.00\nnew,New,9.90\n")
    new = client.get("/api/products/?sku=new").json[0]
    assert brief(prices(client, made)) == [("18.50", "21.00", "import"), (None, "18.50", "pos")]
    assert brief(prices(client, same)) == [(None, "5.00", "pos")]
    assert brief(prices(client, new)) == [(None, "9.90", "import")]


def test_a_batch_of_a_thousand_takes_one_statement_and_a_file_one_in_each_transaction(app, client, monkeypatch):
    monkeypatch.setattr("catalog.workflows.import_files.SECONDS", 60)
    rows = range(1000)
    for price in (1, 2):
        with counted_statements(app) as statements:
            client.post("/api/v1/product", {"data": [{"uid": f"p{n}", "price": price} for n in rows]})
        assert len([text for text in statements if "INTO price_changes" in text]) == 1
        with counted_statements(app) as statements:
            imported(client, "sku,name,price\n" + "".join(f"f{n},F,{price}\n" for n in rows))
        assert len([text for text in statements if "INTO price_changes" in text]) == 1000 // LINES_A_TRANSACTION


def test_pages_and_filters(client, product, token_for):
    made = product(price=1)
    product(price=99)
    for price in (2, 3, 4):
        client.patch(f"/api/products/{made['id']}/", {"price": price}, **named(token_for, "maria"))
    client.post("/api/v1/product", {"data": [{"uid": made["uid"], "price": 5}]})
    page = client.get(f"/api/products/{made['id']}/prices/?page=2&page_size=2")
    assert [row["price_after"] for row in page.json] == ["3.00", "2.00"]
    assert page.headers["X-Total-Count"] == "5"
    assert 'rel="prev"' in page.headers["Link"]
    assert len(prices(client, made, "?search=MARI")) == 3
    assert len(prices(client, made, "?surface=b2b")) == 1
    assert prices(client, made, "?ordering=id")[0]["price_after"] == "1.00"
    assert prices(client, made, "?date_to=2000-01-01") == prices(client, made, "?date_from=2999-01-01") == []
    assert client.get(f"/api/products/{made['id']}/prices/?surface=phone").status == 400


def test_the_history_is_its_accounts_and_for_administrators(client, product, promotion):
    made = product()
    for path in (f"/api/products/{made['id']}/prices/", f"/api/promotions/{promotion(made)['id']}/changes/"):
        assert client.get(path, role="OWNER").status == 200
        assert client.get(path, role="EMPLOYEE").status == 403
        assert client.get(path, account_id=2).status == 404
    assert client.get("/api/products/999/prices/").status == 404
    assert client.get("/api/promotions/999/changes/").status == 404


def test_a_discount_is_not_given_changed_or_ended_without_a_trace(client, product, promotion):
    made = promotion(product(), discount_percent="10.00")
    path = f"/api/promotions/{made['id']}/"
    assert client.patch(path, {"name": "Another name"}).status == 200
    assert client.patch(path, {"discount_percent": "90"}, user_id=4).status == 200
    assert client.patch(path, {"end_date": "2000-01-02"}).status == 200
    assert client.delete(path, user_id=5).status == 204
    rows = client.get(f"{path}changes/").json
    assert [row["user_uid"] for row in rows] == [USER.format(n) for n in (5, 1, 4, 1)]
    assert [(row["before"] and row["before"]["discount_percent"]) for row in rows] == ["90.00", "90.00", "10.00", None]
    assert [(row["after"] and row["after"]["discount_percent"]) for row in rows] == [None, "90.00", "90.00", "10.00"]
    assert rows[1]["before"] == {**rows[1]["after"], "end_date": "9999-12-31"}


@pytest.mark.parametrize("surface", ["pos", "b2b"])
def test_deleting_a_product_ends_its_discounts_in_their_history_too(client, product, promotion, surface):
    made = product()
    offer = promotion(made)
    if surface == "pos":
        client.delete(f"/api/products/{made['id']}/", user_id=6)
    else:
        client.delete("/api/v1/product", {"data": [made["uid"]]}, user_id=6)
    last = client.get(f"/api/promotions/{offer['id']}/changes/").json[0]
    assert (last["user_uid"], last["after"]) == (USER.format(6), None)


@pytest.mark.parametrize("trail", [PriceChange, PromotionChange])
@pytest.mark.parametrize("change", ["update", "delete"])
def test_no_statement_changes_or_deletes_a_row(database, product, promotion, trail, change):
    promotion(product())
    statement = update(trail).values(actor_name="nobody") if change == "update" else delete(trail)

    def names():
        with database.read(ALL_ACCOUNTS) as session:
            return session.scalars(select(trail.actor_name)).all()

    before = names()
    with pytest.raises(DBAPIError, match="append-only"), database.transaction(ALL_ACCOUNTS) as session:
        session.execute(statement)
    assert names() == before != []


def test_every_price_is_the_last_of_its_history(client, database, product, price_history_is_whole):
    made = product(price=1)
    price_history_is_whole()
    with database.transaction(1) as session:
        session.execute(update(Product).where(Product.id == made["id"]).values(price=2))
    with pytest.raises(AssertionError, match="without a trace"):
        price_history_is_whole()
    client.patch(f"/api/products/{made['id']}/", {"price": 3})
    assert brief(prices(client, made))[0] == ("2.00", "3.00", "pos")
    price_history_is_whole()
