"""`/api/suppliers/` as 001 §9–10 prints it."""

from __future__ import annotations

from urllib.parse import quote

import pytest

SUPPLIER = {
    "name": "Distribuidora de Bebidas S.A.", "phone_number": "5512345678", "contact_person": "Carlos Rivera",
    "rfc": "DBE101010XYZ", "tax_address": "Av. Insurgentes Sur 123, CDMX",
}  # fmt: skip


def test_created_and_listed_as_the_document_shows(client):
    answer = client.post("/api/suppliers/", SUPPLIER)
    assert answer.status == 201
    assert answer.json == {"id": answer.json["id"], **SUPPLIER}
    assert client.get("/api/suppliers/", role="OWNER").json == [answer.json]
    assert client.get(f"/api/suppliers/{answer.json['id']}/").json == answer.json


def test_only_the_name_is_required(client):
    answer = client.post("/api/suppliers/", {"name": "X", "rfc": "", "tax_address": None})
    assert answer.status == 201
    assert answer.json | {"id": 0} == {
        "id": 0,
        "name": "X",
        "phone_number": None,
        "contact_person": None,
        "rfc": "",
        "tax_address": None,
    }
    assert client.post("/api/suppliers/", {}).json == {"name": ["This field is required."]}


@pytest.mark.parametrize("rfc", ["dbe101010xyz", "VECJ880326XK4", "Ñ&A010203AB1", "XAXX010101000"])
def test_good_rfcs_are_upper_case(client, rfc):
    assert client.post("/api/suppliers/", {"name": "X", "rfc": rfc}).json["rfc"] == rfc.upper()


@pytest.mark.parametrize(
    "rfc",
    [
        "DBE1010",
        "DBE101010XYZ1",
        "1BE101010XYZ",
        "DBE101310XYZ",
        "DBE101032XYZ",
        "DBE10101OXYZ",
        "VECJ880326XK45",
        "DBE101010XY٣",
    ],
)
def test_bad_rfcs_are_refused(client, rfc):
    answer = client.post("/api/suppliers/", {"name": "X", "rfc": rfc})
    assert (answer.status, answer.json) == (400, {"rfc": ["Enter a valid RFC (12 or 13 characters)."]})


@pytest.mark.parametrize("method", ["put", "patch"])
def test_update_is_partial(client, method):
    made = client.post("/api/suppliers/", SUPPLIER).json
    change = {"contact_person": "Ana Torres", "phone_number": "5598765432"}
    answer = getattr(client, method)(f"/api/suppliers/{made['id']}/", change)
    assert (answer.status, answer.json) == (200, {**made, **change})
    assert client.get("/api/suppliers/?search=ána").json == [answer.json]
    assert client.get("/api/suppliers/?search=carlos").json == []
    assert client.patch(f"/api/suppliers/{made['id']}/", {"name": ""}).json == {
        "name": ["This field may not be blank."]
    }


def test_delete_waits_for_its_products(client, product):
    made = client.post("/api/suppliers/", SUPPLIER).json
    path = f"/api/suppliers/{made['id']}/"
    products = [product(supplier=made["id"]) for _ in range(2)]
    answer = client.delete(path)
    assert (answer.status, answer.json) == (
        400,
        {"detail": "This supplier cannot be deleted: 2 products still use it."},
    )
    assert client.get(path).status == 200
    client.delete(f"/api/products/{products[0]['id']}/")
    client.patch(f"/api/products/{products[1]['id']}/", {"supplier": None})
    assert client.delete(path).status == 204
    for gone in (client.get(path), client.patch(path, {"name": "x"}), client.delete(path)):
        assert (gone.status, gone.json) == (404, {"detail": "Not found."})
    assert client.get("/api/suppliers/").json == []
    assert client.post("/api/products/", {"name": "A", "sku": "A", "price": 1, "supplier": made["id"]}).status == 400


def test_etags(client):
    path = f"/api/suppliers/{client.post('/api/suppliers/', SUPPLIER).json['id']}/"
    tag = client.get(path).headers["ETag"]
    assert client.get(path, headers={"If-None-Match": tag}).status == 304
    assert client.patch(path, {"name": "A"}, headers={"If-Match": tag}).status == 200
    assert client.patch(path, {"name": "B"}, headers={"If-Match": tag}).status == 412
    assert client.delete(path, headers={"If-Match": tag}).status == 412


def test_another_account_sees_nothing(client):
    path = f"/api/suppliers/{client.post('/api/suppliers/', SUPPLIER).json['id']}/"
    assert client.get("/api/suppliers/", account_id=2).json == []
    for answer in (
        client.get(path, account_id=2),
        client.patch(path, {"name": "x"}, account_id=2),
        client.delete(path, account_id=2),
    ):
        assert answer.status == 404
    assert client.get(path).json["name"] == SUPPLIER["name"]


def test_ordering_and_pages(client):
    for name in ("b", "a", "c"):
        client.post("/api/suppliers/", {"name": name})
    assert [row["name"] for row in client.get("/api/suppliers/").json] == ["b", "a", "c"]
    assert [row["name"] for row in client.get("/api/suppliers/?ordering=-name&page_size=2").json] == ["c", "b"]


def test_a_repeated_key_makes_one_supplier(client):
    first, again = (client.post("/api/suppliers/", SUPPLIER, headers={"Idempotency-Key": "k"}) for _ in range(2))
    assert (first.status, again.data) == (201, first.data)
    assert len(client.get("/api/suppliers/").json) == 1


@pytest.mark.parametrize("term", ["5544332211", "55 4433 2211", "+525544332211", "+5215544332211", "4433-22"])
def test_a_suppliers_number_is_found_however_it_is_written(client, term):
    made = client.post("/api/suppliers/", {"name": "Refrescos", "phone_number": "(55) 4433.2211"}).json
    client.post("/api/suppliers/", {"name": "Otros", "phone_number": "5599999999"})
    assert client.get(f"/api/suppliers/?search={quote(term)}").json == [made]
