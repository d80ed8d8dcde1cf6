"""One key per code: however a SKU is written, every look-up finds its product, and no second one can have it."""

from __future__ import annotations

import pytest
from click.testing import CliRunner
from sqlalchemy import text

from catalog import cli, sweeps
from chassis.db import ALL_ACCOUNTS

TWINS = [
    ("KO-600-MX", "ko-600-mx"),
    ("750105530007", "0750105530007"),
    ("0750105530007", "00750105530007"),
    ("Ni\u00f1o-1", "Nin\u0303o-1"),
    ("A\u200b1", "A1"),
]
TAKEN = {"sku": ["product with this sku already exists."]}


@pytest.fixture
def old_twins(product, database):
    """Two products from before keys, `KO` and `ko`; the older one has the key."""
    made = product(sku="KO", name="Old"), product(sku="other", name="Twin")
    with database.transaction(ALL_ACCOUNTS) as session:
        session.connection().execute(text("UPDATE products SET sku = 'ko', sku_key = NULL WHERE sku = 'other'"))
    return made


def upsert(client, *elements):
    return client.post("/api/v1/product", {"data": list(elements)})


def skus(client):
    return [row["sku"] for row in client.get("/api/products/").json]


@pytest.mark.parametrize(("one", "other"), TWINS)
def test_a_code_is_found_as_it_is_written_elsewhere_and_answered_as_typed(client, product, one, other):
    made = product(sku=one, name="Agua")
    for query in (f"sku={other}", f"sku={other}&page=1", f"search={other}", f"search={made['sku']}"):
        found = client.get(f"/api/products/?{query}").json
        assert [row["id"] for row in found] == [made["id"]], query
        assert found[0]["sku"] == made["sku"]


@pytest.mark.parametrize(("one", "other"), TWINS)
def test_no_second_product_has_the_same_code(client, product, one, other):
    first = product(sku=one)
    second = product(sku="second")
    body = {"name": "Twin", "sku": other, "price": 1}
    refused = client.post("/api/products/", body), client.patch(f"/api/products/{second['id']}/", {"sku": other})
    assert [(answer.status, answer.json) for answer in refused] == [(400, TAKEN)] * 2
    assert upsert(client, {"uid": "second", "price": 1}).status == 400
    assert skus(client) == [first["sku"], "second"]
    assert client.post("/api/products/", body, account_id=2).status == 201, "another account's code"
    client.delete(f"/api/products/{first['id']}/")
    assert client.post("/api/products/", body).status == 201, "a deleted product's code is free"


def test_a_product_may_change_the_spelling_of_its_own_code(client, product):
    made = product(sku="ko-1")
    assert client.patch(f"/api/products/{made['id']}/", {"sku": "KO-1"}).json["sku"] == "KO-1"
    assert client.get("/api/products/?sku=ko-1").json[0]["sku"] == "KO-1"


@pytest.mark.parametrize(("one", "other"), TWINS)
def test_an_import_finds_a_product_by_its_code(client, product, one, other):
    made = product(sku=one, name="Agua", price="1.00")
    file = f"sku,name,price\n{other},Agua,2\n".encode()
    answer = client.post("/api/products/import/?dry_run=false", data=file, content_type="text/csv")
    assert (answer.json["created"], answer.json["updated"]) == (0, 1), answer.json
    assert [(row["sku"], row["price"]) for row in client.get("/api/products/").json] == [(made["sku"], "2.00")]


def test_two_lines_of_a_file_with_one_code(client, product):
    product(sku="there")
    file = b"sku,name,price\nKO,A,1\nko,A,2\nThere,A,1\nTHERE,A,1\n"
    for dry_run in ("true", "false"):
        answer = client.post(f"/api/products/import/?dry_run={dry_run}", data=file, content_type="text/csv")
        errors = {line["line"]: line["errors"] for line in answer.json["verdicts"] if line["errors"]}
        assert errors == {3: {"sku": ["Line 2 has this SKU already."]}, 5: {"sku": ["Line 4 has this SKU already."]}}


@pytest.mark.parametrize(("one", "other"), [("prod-1", "PROD-1"), ("750105530007", "0750105530007")])
def test_other_systems_name_a_product_by_its_code(client, one, other):
    assert upsert(client, {"uid": one, "price": 1, "quantity": 5}).status == 200
    assert upsert(client, {"uid": other, "price": 2}).json["data"] == [one]
    assert client.post("/api/v1/product/stock", {"data": [{"uid": other, "quantity": 9}]}).status == 200
    assert client.post("/api/v1/product/active", {"data": [{"uid": other, "active": True}]}).status == 200
    description = {"product_uid": other, "language": "es", "name": "Agua"}
    assert client.post("/api/v1/product/description", {"data": [description]}).status == 200
    value = {"uid": "red", "language": "es", "name": "Rojo"}
    assert client.post("/api/v1/attribute/value", {"data": [value]}).status == 200
    attribute = {"uid": "color", "product_uid": other, "value_uid": "red"}
    assert client.post("/api/v1/attribute", {"data": [attribute]}).status == 200
    found = client.get(f"/api/v1/product/{other}").json["data"]
    assert (found["uid"], found["name"], found["price"], found["quantity"]) == (one, "Agua", 2, 9)
    assert client.get(f"/api/v1/product/description/{other}").json["data"][0]["product_uid"] == one
    assert client.get(f"/api/v1/attribute/product/{other}").json["data"][0]["product_uid"] == one
    asked = client.internal("sales", "POST", "/internal/products/", {"uids": [other]}).json["products"]
    assert [row["product_uid"] for row in asked] == [one]
    assert client.delete(f"/api/v1/product/description/{other}/es").status == 200
    assert client.delete(f"/api/v1/product/{other}").status == 200
    assert client.get("/api/products/").json == []
    assert upsert(client, {"uid": one, "price": 3}).status == 200, "the same row lives on"


def test_two_elements_of_a_batch_with_one_code(client):
    elements = {"uid": "prod-1", "price": 1}, {"uid": "PROD-1", "price": 2}
    taken = upsert(client, *elements)
    assert (taken.status, skus(client)) == (400, [])
    upsert(client, elements[0])
    for path, fields in (("", {"price": 1}), ("/stock", {"quantity": 1}), ("/active", {"active": True})):
        body = {"data": [{"uid": element["uid"], **fields} for element in elements]}
        answer = client.post(f"/api/v1/product{path}", body)
        assert answer.status == 400
        assert "data[1].uid: The same as data[0]." in str(answer.json)


def test_a_products_uid_counts_only_while_it_is_its_sku(client, product):
    """A till's product may have got the SKU that was another system's product's."""
    upsert(client, {"uid": "prod-1", "price": 1})
    made = client.get("/api/products/").json[0]
    client.patch(f"/api/products/{made['id']}/", {"sku": "renamed"})
    product(sku="PROD-1")
    assert client.get("/api/v1/product/prod-1").json["data"]["sku"] == "renamed"
    assert client.get("/api/v1/product/PROD-1").status == 404


def test_existing_twins_are_found_and_changed_each_by_its_own_spelling(client, old_twins):
    old, twin = (made["id"] for made in old_twins)
    for query, ids in (
        ("sku=KO", [old, twin][:1]),
        ("sku=ko", [twin, old]),
        ("sku=Ko", [old]),
        ("sku=ko&page=1", [twin, old]),
    ):
        assert [row["id"] for row in client.get(f"/api/products/?{query}").json] == ids, query
    file = client.get("/api/products/export/").data
    path = "/api/products/import/?dry_run=false"
    assert client.post(path, data=file, content_type="text/csv").json["unchanged"] == 2
    changed = client.post(path, data=b"sku,price\nKO,1\nko,2\n", content_type="text/csv")
    assert changed.json["updated"] == 2, changed.json
    assert client.get(f"/api/products/{twin}/").json["price"] == "2.00"
    assert client.patch(f"/api/products/{twin}/", {"name": "New", "sku": "ko"}).status == 200
    assert client.post("/api/products/", {"name": "Third", "sku": "Ko", "price": 1}).json == TAKEN


def test_reconcile_reports_twins_and_the_sweep_gives_a_free_key(client, old_twins, database, settings):
    class Service:
        def database(self):
            return database

    said = CliRunner().invoke(cli.reconcile, obj=Service())
    old, twin = (made["id"] for made in old_twins)
    assert f"account 1, product {twin}: SKU ko means the same as KO of product {old}" in said.output
    assert (said.exit_code, sweeps.fill_sku_keys(database, settings)) == (0, 0)
    client.delete(f"/api/products/{old}/")
    assert sweeps.fill_sku_keys(database, settings) == 1
    assert client.get("/api/products/?sku=Ko").json[0]["id"] == twin
    assert "means the same" not in CliRunner().invoke(cli.reconcile, obj=Service()).output
