"""Who may call what: every POS route of customers with every role."""

from __future__ import annotations

import pytest

from chassis.access import route_table

EVERYONE = {"ADMIN", "OWNER", "EMPLOYEE"}
ADMINS = {"ADMIN", "OWNER"}
CUSTOMER = "/api/customers/1/"
CHATBOT = "/api/chatbotusers/+521/"
ROUTES = [
    ("GET", "/api/customers/", EVERYONE), ("POST", "/api/customers/", EVERYONE),
    *[(method, CUSTOMER, EVERYONE) for method in ("GET", "PUT", "PATCH", "DELETE")],
    ("POST", CUSTOMER + "points/", EVERYONE), ("GET", CUSTOMER + "history/", EVERYONE),
    ("POST", CUSTOMER + "pay-credit/", EVERYONE), ("GET", CUSTOMER + "credit-history/", EVERYONE),
    ("GET", CUSTOMER + "export/", ADMINS), ("POST", CUSTOMER + "erase/", ADMINS),
    ("GET", "/api/chatbotusers/", ADMINS), ("POST", "/api/chatbotusers/", ADMINS),
    *[(method, CHATBOT, ADMINS) for method in ("GET", "PUT", "PATCH", "DELETE")],
    ("POST", CHATBOT + "interactions/", ADMINS),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "allowed"), ROUTES)
def test_roles(client, published, method, path, allowed):
    for role in ("ADMIN", "OWNER", "EMPLOYEE", "CLIENT"):
        answer = client.call(method, path, {} if method != "GET" else None, role=role)
        if role in allowed:
            assert answer.status in (200, 400, 404), answer
        else:
            assert (answer.status, answer.json) == (
                403,
                {"detail": "You do not have permission to perform this action."},
            )
    anonymous = client.call(method, path, role=None)
    assert (anonymous.status, anonymous.json) == (401, {"detail": "Authentication credentials were not provided."})
    assert published() == []


def test_the_table_above_is_complete(app):
    arguments = {"<int:customer_id>": "1", "<string:mobile_number>": "+521"}
    found = set()
    for method, path, _ in route_table(app):
        if path.startswith("/api/") and not path.startswith("/api/v1/"):
            for name, value in arguments.items():
                path = path.replace(name, value)
            found.add((method, path))
    assert found == {(method, path) for method, path, _ in ROUTES}


@pytest.mark.parametrize("path", ["/internal/holds/", "/internal/holds/x/release/"])
def test_holds_are_for_sales_only(client, path):
    assert client.post(path, {}).status == 404
    assert client.post(path, {}, role=None).status == 404
    assert client.internal("auth", "POST", path, {}).status == 403


def test_other_methods_are_refused(client):
    answer = client.get(CUSTOMER + "points/")
    assert (answer.status, answer.json) == (405, {"detail": 'Method "GET" not allowed.'})
