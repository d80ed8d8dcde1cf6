"""How many statements a request takes, whatever the account holds: no read or write asks once more for each row."""

from __future__ import annotations

import pytest

from chassis.testing import counted_statements

ROWS = range(6)
READS = {
    "/api/suppliers/": 1,
    "/api/suppliers/?page=1&page_size=1": 2,  # a full page is counted
    "/api/suppliers/{supplier}/": 1,
    "/api/products/?page=1&page_size=3": 3,  # the account's zone, the page, the count
    "/api/products/?search=agua&ordering=-name": 2,
    "/api/promotions/": 1,
    "/api/promotions/?running=true": 2,
    "/api/promotions/{promotion}/": 1,
    "/api/v1/product": 1,
    "/api/v1/product?limit=3": 2,
    "/api/v1/product/p1": 1,
    "/api/v1/product/category/c1": 1,
    "/api/v1/product/description/p1": 1,
    "/api/v1/category": 1,
    "/api/v1/category/c1": 1,
    "/api/v1/category/parent/c0": 1,
    "/api/v1/category/description/c1": 1,
    "/api/v1/currency": 1,
    "/api/v1/currency/USD": 1,
    "/api/v1/attribute": 1,
    "/api/v1/attribute/a1": 1,
    "/api/v1/attribute/product/p1": 1,
    "/api/v1/attribute/description/a1": 1,
    "/api/v1/attribute/value/v": 1,
}
WRITES = [
    ("POST", "/api/suppliers/", {"name": "Uno"}, 1),
    ("PATCH", "/api/suppliers/{supplier}/", {"name": "Dos"}, 3),  # take, read, update
    ("DELETE", "/api/suppliers/{idle}/", None, 4),  # take, read, its products, delete
    # supplier, insert, ledger, price history, outbox
    ("POST", "/api/products/", {"name": "A", "sku": "A", "price": 1, "current_stock": 5, "supplier": "{supplier}"}, 5),
    ("PATCH", "/api/products/{product}/", {"price": 2}, 5),  # take, read, update, price history, outbox
    ("PATCH", "/api/products/{product}/", {"name": "B"}, 4),  # take, read, update, outbox
    ("PATCH", "/api/products/{product}/", {"current_stock": 50}, 5),  # take, read, move, ledger, outbox
]


@pytest.fixture
def ids(client):
    """A shop with some of everything; the ids that the paths name."""
    supplier, idle = (client.post("/api/suppliers/", {"name": name}).json["id"] for name in ("Agua S.A.", "Idle"))
    for path, rows in {
        "category": [{"uid": f"c{n}", **({"parent_uid": "c0"} if n else {})} for n in ROWS],
        "category/description": [{"category_uid": "c1", "language": f"en-{n}00", "name": "C"} for n in range(1, 7)],
        "product": [{"uid": f"p{n}", "price": n, "quantity": 99, "category_uid": "c1"} for n in ROWS],
        "product/description": [{"product_uid": f"p{n}", "language": "es", "name": f"Agua {n}"} for n in ROWS],
        "currency": [{"code": code, "name": code, "rate": 1} for code in ("EUR", "MXN", "USD")],
        "attribute/value": [{"uid": "v", "language": f"en-{n}00", "name": "V"} for n in range(1, 7)],
        "attribute": [{"uid": f"a{n}", "product_uid": "p1", "value_uid": "v"} for n in ROWS],
        "attribute/description": [{"attribute_uid": f"a{n}", "language": "es", "name": "A"} for n in ROWS],
    }.items():
        answer = client.post(f"/api/v1/{path}", {"data": rows})
        assert answer.status == 200, answer
    products = [row["id"] for row in client.get("/api/products/").json]
    always = {"name": "O", "discount_percent": 5, "start_date": "2000-01-01", "end_date": "2999-12-31"}
    promotions = [client.post("/api/promotions/", {**always, "product": id_}).json["id"] for id_ in products]
    for id_ in products:
        assert client.post(f"/api/products/{id_}/reserve/", {"amount": 1}).status == 200
    return {"supplier": supplier, "idle": idle, "product": products[0], "promotion": promotions[0]}


def test_reads(app, client, ids):
    taken = {}
    for path in READS:
        with counted_statements(app) as seen:
            answer = client.get(path.format(**ids))
        assert answer.status == 200, answer
        taken[path] = len(seen)
    assert taken == READS


@pytest.mark.parametrize(("method", "path", "body", "statements"), WRITES)
def test_writes(app, client, ids, method, path, body, statements):
    filled = {name: ids["supplier"] if value == "{supplier}" else value for name, value in (body or {}).items()}
    with counted_statements(app) as seen:
        answer = client.call(method, path.format(**ids), filled or None)
    assert answer.status in (200, 201, 204), answer
    assert len(seen) == statements, seen
