"""`POST /api/products/import/`: a file of products, judged line by line, stored whole or not at all."""

from __future__ import annotations

import io
from threading import Thread

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
        "dry_run": True, "lines": 4, "created": 1, "updated": 1, "unchanged": 1, "errors": 1,
        "stock_changes": 1, "complete": True,
        "verdicts": [
            {"line": 2, "sku": "A", "verdict": "unchanged", "changes": {}, "errors": {}},
            {"line": 3, "sku": "B", "verdict": "updated", "errors": {}, "changes": {
                "price": {"before": "20.00", "after": "21.00"}, "current_stock": {"before": 100, "after": 7}}},
            {"line": 4, "sku": "C", "verdict": "created", "changes": {}, "errors": {}},
            {"line": 5, "sku": "D", "verdict": "error", "changes": {}, "errors": {
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
        12: {"supplier": [f'No supplier is named "{endless[:99]}…", and none has it as its id.']},
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
    text = '\ufeffSKU ; Name;price;tax_rate;is_active;;\r\nA;"Agua; con\r\n""gas""";1,50;16;VERDADERO;;\r\n\r\nB;Birra;"1.234,50";0,08;Falso;;\r\n;;;;;;\r\nC;x;x;;;;\r\n'
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
        {
            "line": 5003,
            "sku": "X",
            "verdict": "error",
            "changes": {},
            "errors": {"price": ["A valid number is required."]},
        }
    ]


def test_imports_queue_by_account_and_a_dry_run_keeps_nobody_waiting(send, monkeypatch):
    from catalog.api import uploads

    monkeypatch.setattr(uploads, "WAIT", 0.1)
    file = "sku,name,price\nA,A,1\n"
    with uploads.IMPORTS.turn(1), uploads.DRY_RUNS.turn(7):
        answer = send(file)
        assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
        assert send(file, account_id=2).status == 200
    assert send(file).status == 200


def test_an_import_waits_for_the_accounts_other_one(send, monkeypatch):
    from catalog.api import uploads

    running = uploads.IMPORTS.turn(1)
    running.__enter__()
    wait_for = uploads.IMPORTS._changed.wait_for
    monkeypatch.setattr(
        uploads.IMPORTS._changed,
        "wait_for",
        lambda ready, timeout: running.__exit__(None, None, None) or wait_for(ready, timeout),
    )
    assert send("sku,name,price\nA,A,1\n").status == 200


def test_too_large_a_file(send, monkeypatch):
    from catalog.api import uploads

    monkeypatch.setattr(uploads, "MAX_UPLOAD", 1000)
    assert send("sku,name,price\n" + "x" * 1000).status == 413


def test_statements_grow_with_transactions_only(send, app, client, monkeypatch):
    from catalog.workflows import import_files

    monkeypatch.setattr(import_files, "LINES_A_TRANSACTION", 1000)
    monkeypatch.setattr(import_files, "SECONDS", 60)

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


NUMBERS = [
    (";", "", "1.500", "1.000", ("1500.00", 1000)),
    (";", "", "1.234.567,89", "1.234", ("1234567.89", 1234)),
    (";", "", "18,5", "7", ("18.50", 7)),
    (",", "", "1,500", "1,000", ("1500.00", 1000)),
    (",", "", "1,234.5", "12", ("1234.50", 12)),
    (",", "", "$ 1 234.50", "1\u00a0000", ("1234.50", 1000)),
    (";", "dot", "1,234.50", "1,000", ("1234.50", 1000)),
    (",", "comma", "1.234,50", "1.000", ("1234.50", 1000)),
    (";", "", "0,125", "1", {"price": ["Ensure that there are no more than 2 decimal places."]}),
    (",", "", "0,125", "1", "comma"),
    (";", "", "18.50", "1", "dot"),
    (";", "", "0.125", "1", "dot"),
    (";", "dot", "18,50", "1", "comma"),
    (",", "", "18,50", "1", "comma"),
    (",", "", "1,23,456", "1", {"price": ["A valid number is required."]}),
    (",", "", "1.5", "1.5", {"current_stock": ["A valid integer is required."]}),
    (";", "", "1,5", "1,5", {"current_stock": ["A valid integer is required."]}),
    (",", "", "1e3", "1", {"price": ["A valid number is required."]}),
    (",", "", "\uff11\uff12", "1", {"price": ["A valid number is required."]}),
]


@pytest.mark.parametrize(("delimiter", "decimal", "price", "stock", "expected"), NUMBERS)
def test_the_delimiter_says_how_numbers_are_written(client, send, delimiter, decimal, price, stock, expected):
    text = delimiter.join(("sku", "name", "price", "current_stock")) + "\n"
    text += delimiter.join(("A", "Agua", f'"{price}"', f'"{stock}"')) + "\n"
    answer = send(text, f"false&decimal={decimal}" if decimal else "false")
    if isinstance(expected, tuple):
        assert answer.status == 200, answer
        assert (stored(client)["A"][1], stored(client)["A"][3]) == expected
        return
    if isinstance(expected, str):
        mark = "dot" if expected == "comma" else "comma"
        expected = {"price": [
            f'"{price}" has no decimal {mark}. If the numbers of this file have a decimal {expected}, import it with'
            f" decimal={expected}."]}  # fmt: skip
    assert (answer.status, errors(answer)) == (400, {2: expected})
    assert stored(client) == {}


def test_tax_rates_follow_the_same_rule(client, send):
    text = "sku;name;price;tax_rate\nA;A;1;16,00\nB;B;1;0,08\nC;C;1;16.00\nD;D;1;8 %\nE;E;1;0.160\n"
    assert errors(send(text)) == {6: {"tax_rate": ['"0.160" is not a valid choice.']}}


DAMAGED = [
    "7.50106E+12", "7,50106E+12", "7e+12", "1E-05", "7501055300075.0", "#N/A", "#N/D", "#REF!", "#\u00a1REF!", "#NAME?",
    "#\u00bfNOMBRE?", "#DIV/0!", "#\u00a1VALOR!", "########", "##", "Err:502", "#GETTING_DATA",
]  # fmt: skip


@pytest.mark.parametrize("dry_run", ["true", "false"])
def test_codes_that_a_spreadsheet_has_damaged(client, send, dry_run):
    text = "sku;name;price\n" + "".join(f"{sku};Agua;1\n" for sku in DAMAGED)
    found = errors(send(text, dry_run))
    assert [list(found[number]) for number in range(2, 2 + len(DAMAGED))] == [["sku"]] * len(DAMAGED)
    assert "has shortened" in found[2]["sku"][0]
    assert "is an error of the spreadsheet" in found[7]["sku"][0]
    assert stored(client) == {}


def test_names_and_suppliers_that_are_errors_of_a_spreadsheet(send):
    text = "sku,name,price,supplier\nA,#REF!,1,\nB,Agua,1,#N/A\n"
    assert {number: list(found) for number, found in errors(send(text)).items()} == {2: ["name"], 3: ["supplier"]}


def test_codes_that_only_look_damaged(client, send):
    skus = ["5E12", "E+12", "#1", "#10-A", "1.0", "12.50", "N/A"]
    assert send("sku,name,price\n" + "".join(f"{sku},Agua,1\n" for sku in skus)).status == 200
    assert sorted(stored(client)) == sorted(skus)


@pytest.mark.parametrize("mark", ["", "\ufeff"])
@pytest.mark.parametrize(
    ("first", "row"), [("sep=;", "A;1,50;x"), ("SEP=;;;", "A;1,50;x"), ('"sep=,"', 'A,"1.50",x')]
)  # fmt: skip
def test_a_first_line_that_names_the_delimiter(client, send, mark, first, row):
    delimiter = ";" if ";" in row else ","
    header = delimiter.join(("sku", "price", "name"))
    bad = row.replace("A", "B").replace("1", "x")
    answer = send(f"{mark}{first}\r\n{header}\r\n{row}\r\n{bad}\r\n", None)
    assert (counts(answer), list(errors(answer))) == ((2, 1, 0, 0, 1), [4])
    assert send(f"{mark}{first}\n{header}\n{row}\n").status == 200
    assert stored(client)["A"][1] == "1.50"


def test_a_delimiter_that_is_none(send):
    assert send("sep=|\nsku|name\n").json == {"file": ['Cells are separated by "," or ";", not by "|".']}
    assert send("sep=;\n").json == {"file": ["The file is empty."]}


@pytest.mark.parametrize("dry_run", ["true", "false"])
def test_the_report_names_what_changes_from_what_to_what(client, product, send, dry_run):
    old = client.post("/api/suppliers/", {"name": "Uno"}).json["id"]
    new = client.post("/api/suppliers/", {"name": "Dos"}).json["id"]
    product(sku="A", name="Agua", price="10.00", current_stock=50, supplier=old)
    product(sku="B", name="Birra", price="20.00", current_stock=50)
    answer = send(HEADER + "A,Agua mineral,11,0.16,7,5,Dos,no\nB,Birra,20,16.00,50,10,,true\nC,C,1,,9,,,\n", dry_run)
    assert (counts(answer), answer.json["stock_changes"]) == ((3, 1, 1, 1, 0), 1)
    assert [line["changes"] for line in answer.json["verdicts"]] == [
        {
            "name": {"before": "Agua", "after": "Agua mineral"},
            "price": {"before": "10.00", "after": "11.00"},
            "tax_rate": {"before": "16.00", "after": "0.16"},
            "current_stock": {"before": 50, "after": 7},
            "low_stock_threshold": {"before": 10, "after": 5},
            "supplier": {"before": old, "after": new},
            "is_active": {"before": True, "after": False},
        },
        {},
        {},
    ]


def test_a_large_files_report_names_changes_before_what_stays(send, monkeypatch):
    monkeypatch.setattr("catalog.api.imports.LISTED", 3)
    send("sku,name,price\n" + "".join(f"S{n},Name,1\n" for n in range(6)))
    text = "sku,name,price\n" + "".join(f"S{n},Name,{1 + n // 2}\n" for n in range(6)) + "X,X,x\n"
    answer = send(text, "true")
    assert (counts(answer), answer.json["complete"]) == ((7, 0, 4, 2, 1), False)
    assert [(line["line"], line["verdict"]) for line in answer.json["verdicts"]] == [
        (4, "updated"), (5, "updated"), (8, "error"),
    ]  # fmt: skip


def test_an_interrupted_import_is_repeated_without_harm(client, send, monkeypatch, published, books_balance):
    from catalog.workflows import import_files

    monkeypatch.setattr(import_files, "LINES_A_TRANSACTION", 2)
    monkeypatch.setattr(import_files, "SECONDS", 60)
    store, calls = import_files.import_products, []

    def broken(session, **how):
        calls.append(1)
        if len(calls) == 2:
            raise RuntimeError("the machine stops here")
        return store(session, **how)

    monkeypatch.setattr(import_files, "import_products", broken)
    file = "sku,name,price,current_stock\n" + "".join(f"S{n},Name,1,5\n" for n in range(5))
    key = {"Idempotency-Key": "one"}
    assert send(file, headers=key).status == 500
    assert len(stored(client)) == 2
    assert counts(send(file, headers=key)) == (5, 3, 0, 2, 0)
    assert counts(send(file)) == (5, 0, 0, 5, 0)
    assert len(published("ProductCreated")) == 5
    books_balance()


def test_a_line_whose_product_changes_meanwhile_is_judged_again(client, product, send, monkeypatch, books_balance):
    from catalog.api import imports

    _kept, renamed, held = (product(sku=sku, current_stock=9) for sku in "KRH")
    import_file = imports.import_file

    def others():
        client.patch(f"/api/products/{renamed['id']}/", {"sku": "other"})
        client.post(f"/api/products/{held['id']}/reserve/", {"amount": 4})

    def meanwhile(database, **how):
        other = Thread(target=others)
        other.start()
        other.join()
        import_file(database, **how)

    monkeypatch.setattr(imports, "import_file", meanwhile)
    answer = send("sku,name,price,current_stock\nK,K,1,5\nR,R,1,5\nH,H,1,3\n")
    assert (answer.status, counts(answer)) == (409, (3, 1, 1, 0, 1))
    assert errors(answer) == {4: {"current_stock": ["This value may not be less than the reserved quantity (4)."]}}
    assert {sku: row[3] for sku, row in stored(client).items()} == {"K": 5, "R": 5, "H": 9, "other": 9}
    books_balance()


def test_tills_sell_between_the_short_transactions_of_an_import(client, product, send, database, monkeypatch):
    """No transaction stores more than its lines, and between two of them nobody holds a lock."""
    from catalog.workflows import import_files

    monkeypatch.setattr(import_files, "LINES_A_TRANSACTION", 10)
    monkeypatch.setattr(import_files, "SECONDS", 60)
    sold, answers, sizes = product(sku="sold", current_stock=100), [], []
    store = import_files.import_products

    def measured(session, *, plan, **how):
        sizes.append(len(plan.new) + len(plan.existing))
        return store(session, plan=plan, **how)

    def sell(_self):
        till = Thread(target=lambda: answers.append(client.post(f"/api/products/{sold['id']}/reserve/", {"amount": 1})))
        till.start()
        till.join()

    monkeypatch.setattr(import_files, "import_products", measured)
    monkeypatch.setattr(type(database), "give_way", sell)
    file = "sku,name,price\n" + "".join(f"S{n},Name,1\n" for n in range(25)) + "sold,Sold,1\n"
    assert counts(send(file)) == (26, 25, 1, 0, 0)
    assert sizes == [1, 10, 10, 5]
    assert [answer.status for answer in answers] == [200] * 4


def test_transactions_get_shorter_on_a_slow_machine(send, monkeypatch):
    from catalog.workflows import import_files

    sizes, clock = [], iter(range(1000))
    store = import_files.import_products

    def measured(session, *, plan, **how):
        sizes.append(len(plan.new))
        return store(session, plan=plan, **how)

    monkeypatch.setattr(import_files, "import_products", measured)
    monkeypatch.setattr(import_files, "perf_counter", lambda: next(clock))  # each transaction takes a second
    for name, value in (("LINES_A_TRANSACTION", 20), ("FEWEST_LINES", 2), ("SECONDS", 0.25)):
        monkeypatch.setattr(import_files, name, value)
    assert send("sku,name,price\n" + "".join(f"S{n},Name,1\n" for n in range(32))).status == 200
    assert sizes == [20, 5, 2, 2, 2, 1]
