"""While the database is unavailable the service says 503 and when to come again, whatever PostgreSQL's word for it."""

from __future__ import annotations

import pytest

from chassis.testing_outages import SQLSTATES, database_of, failing

REQUESTS = [
    ("GET", "/api/products/", None),
    ("POST", "/api/products/", {"name": "Agua", "sku": "A", "price": "10.00"}),
    ("GET", "/api/v1/product", None),
    ("POST", "/api/v1/category", {"data": [{"uid": "c", "name": "C"}]}),
]


@pytest.mark.parametrize("sqlstate", SQLSTATES)
def test_an_outage_is_a_503_with_retry_after(client, sqlstate):
    with failing(database_of(client.app), sqlstate):
        for method, path, body in REQUESTS:
            answer = client.call(method, path, body)
            assert (answer.status, answer.headers.get("Retry-After")) == (503, "1"), (method, path)
    assert client.get("/readyz").status == 200
