"""While the database is unavailable the service says 503 and when to come again, whatever PostgreSQL's word for it."""

from __future__ import annotations

import pytest

from chassis.testing_outages import SQLSTATES, database_of, failing

REQUESTS = [
    ("GET", "/api/orders/", None),
    ("POST", "/api/orders/1/pay/", {"payment_method": "CASH"}),
    ("POST", "/api/orders/1/cancel/", {}),
    ("GET", "/api/v1/order", None),
    ("DELETE", "/api/v1/order/o", None),
]


@pytest.mark.parametrize("sqlstate", SQLSTATES)
def test_an_outage_is_a_503_with_retry_after(client, sqlstate):
    with failing(database_of(client.app), sqlstate):
        for method, path, body in REQUESTS:
            answer = client.call(method, path, body)
            assert (answer.status, answer.headers.get("Retry-After")) == (503, "1"), (method, path)
    assert client.get("/readyz").status == 200
