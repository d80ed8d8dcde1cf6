"""Loading against a small stand-in of the POS API that sits in the requests session instead of a network."""

import json
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from demo import load as loading
from demo.load import LoadFailed, load

END = datetime(2026, 11, 21, 0, 49, tzinfo=UTC)
UNIQUE = {"products": ("sku",), "customers": ("phone_number", "email"), "users": ("username", "email")}


class StandIn(requests.adapters.BaseAdapter):
    """Keeps rows per resource, refuses duplicates as the API does, and can be told to fail on a resource."""

    def __init__(self):
        super().__init__()
        self.rows = {"suppliers": [], "products": [], "customers": [], "users": []}
        self.failing = None

    def send(self, request, **_):
        address = urlsplit(request.url)
        resource = address.path.removeprefix("/api/").strip("/")
        status, body = self.answer(request, resource, parse_qs(address.query))
        response = requests.Response()
        response.status_code = status
        response._content = json.dumps(body).encode()
        response.request = request
        return response

    def close(self):
        pass

    def answer(self, request, resource, query):
        body = json.loads(request.body) if request.body else {}
        if resource == "auth/login":
            assert body == {"email": "admin@example.com", "password": "secret"}
            return 200, {"access": "token", "refresh": "r", "user": {"id": 1, "account": {"id": 5}}}
        assert request.headers["Authorization"] == "Bearer token"
        if resource == self.failing:
            return 503, {"detail": "unavailable"}
        rows = self.rows[resource]
        if request.method == "GET":
            term = (query.get("sku") or query["search"])[0]
            return 200, [row for row in rows if any(term in str(value) for value in row.values())]
        taken = [f for f in UNIQUE.get(resource, ()) if any(body.get(f) and row.get(f) == body[f] for row in rows)]
        if taken:
            return 400, {field: [f"with this {field} already exists."] for field in taken}
        rows.append(body | {"id": len(rows) + 1, "uid": f"{resource}-{len(rows) + 1}"})
        return 201, rows[-1]


@pytest.fixture
def pos(monkeypatch):
    stand_in = StandIn()

    class Session(requests.Session):
        def __init__(self):
            super().__init__()
            self.mount("http://", stand_in)

    monkeypatch.setattr(loading.requests, "Session", Session)
    return stand_in


@pytest.fixture
def run(tmp_path):
    def run(**arguments):
        imported = []

        def import_orders(path):
            imported.extend(json.loads(line) for line in path.read_text(encoding="utf-8").splitlines())

        said = []
        arguments = {"end": END, "orders": 400, "tell": said.append} | arguments
        url = "http://gateway.test:8080/"
        loaded = load(url, "admin@example.com", "secret", import_orders, tmp_path, "cashiers-secret", **arguments)
        return loaded, imported, said

    return run


def test_everything_is_created_and_the_orders_name_what_the_api_answered(pos, run, tmp_path):
    loaded, imported, said = run()
    assert {resource: len(rows) for resource, rows in pos.rows.items()} == {
        "suppliers": 10, "products": loaded.products, "customers": 100, "users": 3,
    }  # fmt: skip
    assert loaded.created == 10 + loaded.products + 100 + 3
    assert len(imported) == loaded.orders == 400
    products = {row["id"]: row for row in pos.rows["products"]}
    customers = {row["id"]: row for row in pos.rows["customers"]}
    for order in imported:
        for item in order["items"]:
            assert products[item["product_id"]]["uid"] == item["product_uid"]
            assert products[item["product_id"]]["name"] == item["product_name"]
        if order["customer_id"]:
            assert order["customer_name"].startswith(customers[order["customer_id"]]["first_name"])
    assert {order["cashier"] for order in imported} == {row["username"] for row in pos.rows["users"]}
    assert {row["password"] for row in pos.rows["users"]} == {"cashiers-secret"}
    assert all(row["supplier"] in range(1, 11) for row in pos.rows["products"])
    assert said[-1] == "demo: orders imported"
    assert list(tmp_path.iterdir()) == []


def test_absent_mail_and_birthday_are_not_sent_empty(pos, run):
    run()
    assert all(value for row in pos.rows["customers"] for value in row.values())
    assert any("email" not in row for row in pos.rows["customers"])


def test_a_second_run_creates_nothing_and_writes_the_same_orders(pos, run):
    _, first, _ = run()
    before = json.dumps(pos.rows)
    loaded, second, _ = run()
    assert loaded.created == 0
    assert json.dumps(pos.rows) == before
    assert second == first


def test_a_run_that_broke_off_is_finished_by_the_next(pos, run):
    pos.failing = "customers"
    with pytest.raises(LoadFailed, match=r"POST /api/customers/ answered 503: .*unavailable"):
        run()
    pos.failing = None
    loaded, imported, _ = run()
    assert loaded.created == 100 + 3
    assert len(imported) == 400


def test_another_customer_with_the_same_mail_is_not_taken_for_ours(pos, run):
    run()
    ours = next(row for row in pos.rows["customers"] if "email" in row)
    ours["phone_number"] = "0000000000"
    with pytest.raises(LoadFailed, match="not found"):
        run()


def test_the_command_runs_the_import_command_with_the_file(pos, tmp_path, capfd):
    password = tmp_path / "password"
    password.write_text("secret\n")
    arguments = ["--url", "http://gateway.test", "--login", "admin@example.com", "--password-file", str(password)]
    assert loading.main([*arguments, "--orders", "5", "--import-command", "wc -l"]) == 0
    assert "5 /" in capfd.readouterr().out
    assert loading.main([*arguments, "--orders", "5", "--import-command", "false"]) == 1
    assert "demo: Command" in capfd.readouterr().err
