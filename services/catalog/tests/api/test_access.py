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
    ("GET", "/api/products/1/prices/", ADMINS), ("GET", "/api/promotions/1/changes/", ADMINS),
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
        if path.startswith("/api/") and not path.startswith("/api/v1/")
    }
    assert public == {(method, path) for method, path, _ in ROUTES}


@pytest.mark.parametrize("path", ["/internal/holds/", "/internal/holds/x/release/"])
def test_internal_paths_are_for_sales_only(client, path):
    assert client.post(path, {}).status == 404
    assert client.post(path, {}, role=None).status == 404
    assert client.internal("analytics", "POST", path, {}).status == 404  # they share no secret


def test_a_missing_slash_is_redirected_with_its_method(client):
    answer = client.post("/api/products", {})
    assert (answer.status, answer.headers["Location"]) == (308, "/api/products/")


@pytest.mark.parametrize("path", sorted({path for _, path, _ in ROUTES}))
def test_other_methods_are_refused_whoever_asks(client, path):
    known = {method for method, known_path, _ in ROUTES if known_path == path}
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE"} - known:
        for role in (None, "ADMIN", "OWNER", "EMPLOYEE", "CLIENT"):
            answer = client.call(method, path, role=role)
            assert (answer.status, answer.json) == (405, {"detail": f'Method "{method}" not allowed.'})


@pytest.mark.parametrize("role", ["EMPLOYEE", "CLIENT", None])
def test_a_header_can_not_change_the_method(client, product, promotion, role):
    made = product()
    paths = [f"/api/products/{made['id']}/", f"/api/promotions/{promotion(made)['id']}/"]
    for path in paths:
        before = client.get(path).json
        client.post(path, {}, role=role, headers={"X-HTTP-Method-Override": "DELETE"})
        client.get(path, role=role, headers={"X-HTTP-Method-Override": "DELETE"})
        assert client.get(path).json == before
