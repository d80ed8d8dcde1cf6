"""`POST /api/products/import/`: a file of products, judged line by line, stored whole or not at all."""

from __future__ import annotations

import io

import pytest
from sqlalchemy import func, select
from werkzeug.test import EnvironBuilder

from catalog.domain.models import StockMovement
from chassis.db import ALL_ACCOUNTS
from chassis.idempotency_keys import IdempotencyKey
from chassis.testing import counted_statements

HEADER = "sku,name,price,tax_rate,current_stock,low_stock_threshold,supplier,is_active\n"


@pytest.fixture
def send(client):
    """`send(text, dry_run="false")`: the answer to a file."""

    def post(text, dry_run="false", content_type="text/csv", **how):
        data = text if isinstance(text, bytes) else text.encode()
        query = "" if dry_run is None else f"?dry_run={dry_run}"
        return client.post(f"/api/products/import/{query}", data=data, content_type=content_type, **how)

    return post


def form(text, name="file"):
    """A browser's form with a file: the body, the query, the content type."""
    request = EnvironBuilder(method="POST", data={name: (io.BytesIO(text.encode()), "p.csv")}).get_request()
    return request.get_data(), "false", request.content_type


def counts(answer):
    return tuple(answer.json[name] for name in ("lines", "created", "updated", "unchanged", "errors"))


def errors(answer):
    return {line["line"]: line["errors"] for line in answer.json["verdicts"] if line["errors"]}


def stored(client, **how):
    fields = ("sku", "name", "price", "tax_rate", "current_stock", "low_stock_threshold", "supplier", "is_active")
    rows = client.get("/api/products/", **how).json + client.get("/api/products/?is_active=false", **how).json
    return {row["sku"]: tuple(row[name] for name in fields[1:]) for row in rows}


def test_a_dry_run_is_the_default_and_changes_nothing(client, product, send, published):
    product(sku="A", name="Agua", price="10.00", current_stock=5)
    product(sku="B", name="Birra", price="20.00")
    before, told = stored(client), published()
    answer = send("sku,name,price,current_stock\nA,Agua,10,5\nB,Birra,21.00,7\nC,Coca,18.5,3\nD,,x,-1\n", None)
    assert answer.status == 200
    assert answer.json == {
        "dry_run": True, "lines": 4, "created": 1, "updated": 1, "unchanged": 1, "errors": 1, "complete": True,
        "verdicts": [
            {"line": 2, "sku": "A", "verdict": "unchanged", "errors": {}},
            {"line": 3, "sku": "B", "verdict": "updated", "errors": {}},
            {"line": 4, "sku": "C", "verdict": "created", "errors": {}},
            {"line": 5, "sku": "D", "verdict": "error", "errors": {
                "name": ["This field is required."], "price": ["A valid number is required."],
                "current_stock": ["Ensure this value is greater than or equal to 0."]}},
        ],
    }  # fmt: skip
    assert (stored(client), published()) == (before, told)


def test_an_import_creates_and_changes_by_sku(client, product, send, published, books_balance, database):
    product(sku="A", name="Agua", price="10.00", current_stock=50)
    gone = product(sku="G", name="Gone")
    client.delete(f"/api/products/{gone['id']}/")
    supplier = client.post("/api/suppliers/", {"name": "Distribuidora Ñandú"}).json["id"]
    told = len(published())
    answer = send(
        HEADER + "A,Agua mineral,11,0.16,7,,distribuidora nandu,\nB,Birra,$20.00,8%,12,5,,no\nG,Galletas,1,,,,,\n",
        user_id=4,
    )
    assert (answer.status, counts(answer), answer.json["dry_run"]) == (200, (3, 2, 1, 0, 0), False)
    assert stored(client) == {
        "A": ("Agua mineral", "11.00", "0.16", 7, 10, supplier, True),
        "B": ("Birra", "20.00", "8.00", 12, 5, None, False),
        "G": ("Galletas", "1.00", "16.00", 0, 10, None, True),
    }
    assert client.get("/api/products/?search=mineral").json[0]["sku"] == "A"
    events = [(event.type, event.data["sku"] if "sku" in event.data else event.data["delta"]) for event in published()]
    assert events[told:] == [
        ("StockAdjusted", -43), ("ProductUpdated", "A"), ("LowStockReached", "A"),
        ("ProductCreated", "B"), ("ProductCreated", "G"),
    ]  # fmt: skip
    with database.read(ALL_ACCOUNTS) as session:
        columns = (StockMovement.kind, StockMovement.delta, StockMovement.reason, StockMovement.actor_uid)
        rows = [tuple(row) for row in session.execute(select(*columns).order_by(StockMovement.id).offset(2))]
    user = "00000000-0000-7000-8000-000000000004"
    assert rows == [("import", -43, "import", user), ("initial", 12, "import", user)]
    books_balance()
    assert counts(send(HEADER + "A,Agua mineral,11,0.16,7,,distribuidora nandu,\n")) == (1, 0, 0, 1, 0)


def test_one_bad_line_keeps_all_out(client, product, send, published):
    product(sku="A")
    before, told = stored(client), published()
    answer = send("sku,name,price\nA,Agua,1\nB,Birra,1\nC,Coca,1.234\n")
    assert (answer.status, counts(answer)) == (400, (3, 1, 1, 0, 1))
    assert errors(answer) == {4: {"price": ["Ensure that there are no more than 2 decimal places."]}}
    assert (stored(client), published()) == (before, told)


def test_what_can_be_wrong_with_a_line(client, product, send):
    client.post("/api/suppliers/", {"name": "Doble"})
    client.post("/api/suppliers/", {"name": "DOBLE"})
    held = product(sku="H", current_stock=9)
    client.post(f"/api/products/{held['id']}/reserve/", {"amount": 4})
    endless = "9" * 5000  # digits, but more than int() takes
    text = HEADER + "\n".join(
        [
            "A,Agua,1,,,,,",
            "A,Agua,1,,,,,",
            ",Agua,1,,,,,",
            "B,Birra,1,15%,1.5,-1,Nadie,quizas",
            "C,Coca,1,,,,doble,",
            "D,Dulce,1",
            "E,Elote,1,,,,,,more",
            "F",
            "H,,,,3,,,",
            f"{'x' * 65},Largo,1,,,,,",
            f"I,Ibuprofeno,1,,,,{endless},",
        ]
    )
    assert errors(send(text, None)) == {
        3: {"sku": ["Line 2 has this SKU already."]},
        4: {"sku": ["This field may not be blank."]},
        5: {
            "tax_rate": ['"15%" is not a valid choice.'],
            "current_stock": ["A valid integer is required."],
            "low_stock_threshold": ["Ensure this value is greater than or equal to 0."],
            "is_active": ["Must be a valid boolean."],
            "supplier": ['No supplier is named "Nadie", and none has it as its id.'],
        },
        6: {"supplier": ['More than one supplier is named "doble": give its id.']},
        7: {"line": ["This line has 3 cells, the header has 8."]},
        8: {"line": ["This line has 9 cells, the header has 8."]},
        9: {
            "line": ["This line has 1 cells, the header has 8."],
            "name": ["This field is required."],
            "price": ["This field is required."],
        },
        10: {"current_stock": ["This value may not be less than the reserved quantity (4)."]},
        11: {"sku": ["Ensure this field has no more than 64 characters."]},
        12: {"supplier": [f'No supplier is named "{endless}", and none has it as its id.']},
    }


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("", "The file is empty."),
        ("\ufeff", "The file is empty."),
        ("sku,name,price\n", "The file has a header, but no products."),
        ("name,price\nA,1\n", "The column sku is missing."),
        ("sku,precio\nA,1\n", "Unknown columns: precio. There are: sku, name, price, tax_rate, current_stock, low_stock_threshold, supplier, is_active."),
        ("sku,name,sku\nA,B,A\n", "Columns that are there twice: sku."),
        ("sku,name\nA,\u00f1andu\n".encode("latin-1"), "The file is not UTF-8 text. Save it as CSV UTF-8."),
        ("sku,name\nA,B\n".encode("utf-16"), "The file is not UTF-8 text. Save it as CSV UTF-8."),
        ('sku,name\nA,B\nC,"D" x\n', "Line 3 can't be read: ',' expected after '\"'."),
        ('sku,name\nA,B\nC,"D\n', "Line 3 can't be read: unexpected end of data."),
        ("sku,name\nA," + "x" * 65536 + "\n", "Line 2 has more than 65536 characters."),
        ("sku\n" + "\n".join(map(str, range(50_001))), "The file has more than 50000 lines. Split it."),
        ("sku\n" + "A\n" * 50_001, "The file has more than 50000 lines. Split it."),
    ],
)  # fmt: skip
def test_what_is_no_file_of_products(client, send, text, error):
    for dry_run in ("true", "false"):
        answer = send(text, dry_run)
        assert (answer.status, answer.json) == (400, {"file": [error]})


def test_even_empty_lines_come_to_an_end(send, monkeypatch):
    monkeypatch.setattr("catalog.api.product_files.MAX_LINES", 10)
    assert send("sku,name,price\n" + "\n" * 100 + "A,A,1\n").json["lines"] == 1
    assert send("sku\n" + "\n" * 300).json == {"file": ["The file has more than 50000 lines. Split it."]}


def test_as_spreadsheets_write_it(client, send):
    text = '\ufeffSKU ; Name;price;tax_rate;is_active;;\r\nA;"Agua; con\r\n""gas""";1,50;16;VERDADERO;;\r\n\r\nB;Birra;"1,234.50";0,08;Falso;;\r\n;;;;;;\r\nC;x;x;;;;\r\n'
    assert errors(send(text)) == {7: {"price": ["A valid number is required."]}}
    assert send(text.replace("x;x", "x;2")).status == 200
    assert stored(client) == {
        "A": ('Agua; con\r\n"gas"', "1.50", "16.00", 0, 10, None, True),
        "B": ("Birra", "1234.50", "0.08", 0, 10, None, False),
        "C": ("x", "2.00", "16.00", 0, 10, None, True),
    }


def test_a_form_with_a_file(client, send):
    assert send(*form("sku,name,price\nA,Agua,1\n")).json["created"] == 1
    assert send(*form("sku,name,price\nA,Agua,1\n", "other")).json == {"file": ["No file was submitted."]}
    answer = send(b"{}", "false", "application/json")
    assert (answer.status, answer.json) == (415, {"detail": 'Unsupported media type "application/json" in request.'})


def test_a_retried_import_is_stored_once_and_a_dry_run_under_its_key_is_none(client, send, database, published):
    file = "sku,name,price,current_stock\nA,A,1,5\n"
    key = {"Idempotency-Key": "one"}
    dry = send(file, "true", headers=key)
    bodies = [form(file), form(file)]
    first, again = (send(*body, headers=key) for body in bodies)
    assert bodies[0] != bodies[1], "a form has another boundary at each try"
    assert (dry.json["dry_run"], first.json["dry_run"], again.data) == (True, False, first.data)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(published("ProductCreated")) == 1
    assert send("sku,name,price\nB,B,1\n", headers=key).status == 422
    with database.read(ALL_ACCOUNTS) as session:
        assert session.execute(select(func.count(IdempotencyKey.scope))).scalar() == 1


def test_a_large_files_report_names_bad_lines_only(send, client):
    good = "".join(f"S{number},Name,1\n" for number in range(5001))
    answer = send("sku,name,price\n" + good + "X,Name,x\n", None)
    assert (counts(answer), answer.json["complete"]) == ((5002, 5001, 0, 0, 1), False)
    assert answer.json["verdicts"] == [
        {"line": 5003, "sku": "X", "verdict": "error", "errors": {"price": ["A valid number is required."]}}
    ]


def test_only_one_file_at_a_time(send, monkeypatch):
    from catalog.api import uploads

    with uploads._turn:
        answer = send("sku,name,price\nA,A,1\n")
    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
    assert send("sku,name,price\nA,A,1\n").status == 200


def test_too_large_a_file(send, monkeypatch):
    from catalog.api import uploads

    monkeypatch.setattr(uploads, "MAX_UPLOAD", 1000)
    assert send("sku,name,price\n" + "x" * 1000).status == 413


def test_statements_grow_with_thousands_of_lines_only(send, app, client):
    def statements(count, price):
        text = "sku,name,price,current_stock\n" + "".join(f"S{n},Name,{price},{price}\n" for n in range(count))
        with counted_statements(app) as seen:
            assert send(text).json["errors"] == 0
        return len(seen)

    assert statements(10, 1) == statements(900, 1) == 5, "compare, insert, ledger, price history, ProductCreated"
    writes = "compare, take, read; stock, ledger, event; fields, price history, event"
    assert statements(10, 2) == statements(900, 3) == 9, writes


def test_others_products_are_not_touched(client, product, send):
    product(sku="A", name="Theirs", account_id=2)
    assert send("sku,name,price\nA,Ours,1\n").json["created"] == 1
    assert stored(client, account_id=2)["A"][0] == "Theirs"
