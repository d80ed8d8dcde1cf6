"""Who may call what: every route of catalog with every role."""

from __future__ import annotations

import re

import pytest

EVERYONE = {"ADMIN", "OWNER", "EMPLOYEE"}
ADMINS = {"ADMIN", "OWNER"}
ROUTES = [
    ("GET", "/api/suppliers/", ADMINS), ("POST", "/api/suppliers/", ADMINS), ("GET", "/api/suppliers/1/", ADMINS),
    ("PUT", "/api/suppliers/1/", ADMINS), ("PATCH", "/api/suppliers/1/", ADMINS), ("DELETE", "/api/suppliers/1/", ADMINS),
    ("GET", "/api/products/", EVERYONE), ("POST", "/api/products/", EVERYONE), ("GET", "/api/products/1/", EVERYONE),
    ("PUT", "/api/products/1/", EVERYONE), ("PATCH", "/api/products/1/", EVERYONE), ("DELETE", "/api/products/1/", ADMINS),
    ("POST", "/api/products/1/reserve/", EVERYONE),
    ("POST", "/api/products/1/adjust/", EVERYONE), ("GET", "/api/products/1/movements/", ADMINS),
    ("POST", "/api/products/import/", ADMINS), ("GET", "/api/products/export/", ADMINS),
    ("GET", "/api/promotions/", EVERYONE), ("POST", "/api/promotions/", ADMINS), ("GET", "/api/promotions/1/", EVERYONE),
    ("PUT", "/api/promotions/1/", ADMINS), ("PATCH", "/api/promotions/1/", ADMINS), ("DELETE", "/api/promotions/1/", ADMINS),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "allowed"), ROUTES)
def test_roles(client, method, path, allowed):
    for role in ("ADMIN", "OWNER", "EMPLOYEE", "CLIENT"):
        answer = client.call(method, path, {} if method != "GET" else None, role=role)
        if role in allowed:
            assert answer.status in (200, 400, 404, 415), answer
        else:
            assert (answer.status, answer.json) == (
                403,
                {"detail": "You do not have permission to perform this action."},
            )
    anonymous = client.call(method, path, role=None)
    assert (anonymous.status, anonymous.json) == (401, {"detail": "Authentication credentials were not provided."})


def test_the_table_above_is_complete(app):
    from chassis.access import route_table

    public = {
        (method, re.sub("<int:[a-z]+_id>", "1", path))
        for method, path, _ in route_table(app)
        if path.startswith("/api/")
    }
    assert public == {(method, path) for method, path, _ in ROUTES}


@pytest.mark.parametrize("path", ["/internal/holds/", "/internal/holds/x/release/"])
def test_internal_paths_are_for_sales_only(client, path):
    assert client.post(path, {}).status == 404
    assert client.post(path, {}, role=None).status == 404
    assert client.internal("analytics", "POST", path, {}).status == 403


def test_a_missing_slash_is_redirected_with_its_method(client):
    answer = client.post("/api/products", {})
    assert (answer.status, answer.headers["Location"]) == (308, "/api/products/")


def test_other_methods_are_refused(client):
    answer = client.delete("/api/products/")
    assert (answer.status, answer.json) == (405, {"detail": 'Method "DELETE" not allowed.'})
