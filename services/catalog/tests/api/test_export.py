"""`GET /api/products/export/`: what an import reads as the same products, and a spreadsheet as text."""

from __future__ import annotations

import csv
import io

import pytest

from catalog import file_queries


def exported(client, **how):
    answer = client.get("/api/products/export/", **how)
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/csv; charset=utf-8")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="products.csv"'
    return answer.data


@pytest.fixture
def shop(client, product):
    """Products of every sort, most of them unpleasant."""
    suppliers = [
        client.post("/api/suppliers/", {"name": name}).json["id"] for name in ("Uno", "Dos", "dos", "12", "=A")
    ]
    names = ["=1+1", "+1", "-1", "@SUM(A1)", "'quoted", "'=x", "a,b;c", 'line\nbreak "x"', "Ñandú", "＝wide", "\t=x"]
    for number, name in enumerate(names):
        product(
            sku=f"S{number}", name=name, price=f"{number}.50", tax_rate=["0.16", "16.00", "EXENT", "0"][number % 4],
            current_stock=number, low_stock_threshold=number % 3, supplier=[*suppliers, None][number % 6],
            is_active=number % 5 != 0,
        )  # fmt: skip
    product(sku="-0001", name="SKU")
    product(sku="other", account_id=2)
    gone = product(sku="gone")["id"]
    client.delete(f"/api/products/{gone}/")
    return names


def test_no_cell_is_a_formula(client, shop):
    rows = list(csv.reader(io.StringIO(exported(client).decode("utf-8-sig"))))
    assert rows[0] == [
        "sku", "name", "price", "tax_rate", "current_stock", "low_stock_threshold", "supplier", "is_active",
    ]  # fmt: skip
    assert rows[1] == ["S0", "'=1+1", "0.50", "0.16", "0", "0", "Uno", "false"]
    assert len(rows) == 1 + len(shop) + 1
    assert not [cell for row in rows for cell in row if cell[:1] in tuple("=+-@\t\r\n＝＋－＠") and cell]
    assert rows[-1][0] == "'-0001"


def test_an_import_of_an_export_changes_nothing_and_restores_everything(client, shop, monkeypatch):
    monkeypatch.setattr(file_queries, "CHUNK", 5)
    file = exported(client)
    path = "/api/products/import/?dry_run=false"
    answer = client.post(path, data=file, content_type="text/csv")
    assert (answer.json["unchanged"], answer.json["lines"]) == (len(shop) + 1,) * 2, answer.json
    listed = client.get("/api/products/").json + client.get("/api/products/?is_active=false").json
    for row in listed:
        change = {
            "name": "x",
            "price": 99,
            "current_stock": 77,
            "supplier": None,
            "is_active": True,
            "tax_rate": "8.00",
        }
        assert client.patch(f"/api/products/{row['id']}/", change).status == 200
    assert client.post(path, data=file, content_type="text/csv").json["updated"] == len(shop) + 1
    assert exported(client) == file


def test_into_another_account(client, shop):
    file = exported(client)
    for name in ("Uno", "12", "=A"):
        client.post("/api/suppliers/", {"name": name}, account_id=3)
    answer = client.post("/api/products/import/", data=file, content_type="text/csv", account_id=3)
    assert {tuple(line["errors"]) for line in answer.json["verdicts"]} == {(), ("supplier",)}
    assert exported(client, account_id=3).count(b"\n") == 1


def _as_saved_with_commas(file):
    """The file as a spreadsheet with decimal commas saves it."""
    out = io.StringIO(newline="")
    for row in csv.reader(io.StringIO(file.decode("utf-8-sig"), newline="")):
        row[2] = row[2].replace(".", ",")
        csv.writer(out, delimiter=";").writerow(row)
    return out.getvalue().encode()


def test_an_export_comes_back_with_the_same_values_however_numbers_are_written(client, shop, product):
    product(sku="dear", name="Dear", price="1234.50", current_stock=1234)
    file = exported(client)
    every = len(shop) + 2
    path = "/api/products/import/?dry_run=false"
    for body, query in ((file, ""), (file, "&decimal=dot"), (_as_saved_with_commas(file), "")):
        answer = client.post(path + query, data=body, content_type="text/csv")
        assert (answer.status, answer.json["unchanged"]) == (200, every), answer.json
    refused = client.post(path + "&decimal=comma", data=file, content_type="text/csv")
    assert (refused.status, refused.json["errors"]) == (400, every), "1234.50 is no number with a decimal comma"
    assert exported(client) == file
