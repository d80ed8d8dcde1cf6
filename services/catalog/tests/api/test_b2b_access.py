"""Who may call what on the B2B surface: ADMIN and OWNER write, EMPLOYEE and CLIENT read."""

from __future__ import annotations

import re

import pytest

from chassis.access import route_table

WRITERS = {"ADMIN", "OWNER"}
READERS = {"ADMIN", "OWNER", "EMPLOYEE", "CLIENT"}
_OF_EACH = [
    ("GET", "", READERS), ("POST", "", WRITERS), ("DELETE", "", WRITERS), ("GET", "/x", READERS), ("DELETE", "/x", WRITERS),
]  # fmt: skip
_TEXTS = [
    ("POST", "/description", WRITERS), ("DELETE", "/description", WRITERS), ("GET", "/description/x", READERS),
    ("DELETE", "/description/x/x", WRITERS),
]  # fmt: skip
_MORE = {
    "product": [*_TEXTS, ("GET", "/category/x", READERS), ("POST", "/stock", WRITERS), ("POST", "/active", WRITERS)],
    "category": [*_TEXTS, ("GET", "/parent/x", READERS)],
    "currency": [],
    "attribute": [
        *_TEXTS, ("GET", "/product/x", READERS), ("POST", "/value", WRITERS), ("DELETE", "/value", WRITERS),
        ("GET", "/value/x", READERS), ("DELETE", "/value/x/x", WRITERS),
    ],
}  # fmt: skip
ROUTES = [
    (method, f"/api/v1/{name}{path}", allowed)
    for name, more in _MORE.items()
    for method, path, allowed in [*_OF_EACH, *more]
]


@pytest.mark.parametrize(("method", "path", "allowed"), ROUTES)
def test_roles(client, method, path, allowed):
    for role in ("ADMIN", "OWNER", "EMPLOYEE", "CLIENT"):
        answer = client.call(method, path, {} if method != "GET" else None, role=role)
        if role in allowed:
            assert answer.status in (200, 400, 404), answer
        else:
            assert (answer.status, answer.json["status_message"]) == (
                403,
                "You do not have permission to perform this action.",
            )
    anonymous = client.call(method, path, role=None)
    assert (anonymous.status, anonymous.json["status_message"]) == (401, "unauthorized")


def test_the_table_above_is_complete(app):
    there = {
        (method, re.sub("<[a-z_]+>", "x", path)) for method, path, _ in route_table(app) if path.startswith("/api/v1/")
    }
    assert there == {(method, path) for method, path, _ in ROUTES}
