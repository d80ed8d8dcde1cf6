"""Every route, every method, whoever asks, in one table: a new route fails this until somebody has written it here."""

from __future__ import annotations

import re

import pytest

from chassis.access import route_table

ALL, LOGGED_IN, STAFF, MANAGERS, INTERNAL = "all", "logged in", "staff", "managers", "another service"
MATRIX = {
    "/api/auth/login/": {"POST": ALL},
    "/api/auth/refresh/": {"POST": ALL},
    "/api/auth/logout/": {"POST": STAFF},
    "/api/auth/jwks/": {"GET": ALL},
    "/.well-known/jwks.json": {"GET": ALL},
    "/api/auth/audit/": {"GET": MANAGERS},
    "/api/users/": {"GET": MANAGERS, "POST": MANAGERS},
    "/api/auth/register/": {"POST": ALL},
    "/api/accounts/<int:account_id>/": {"GET": STAFF, "PUT": MANAGERS, "PATCH": MANAGERS},
    "/api/users/<int:user_id>/": {"GET": MANAGERS, "PUT": MANAGERS, "PATCH": MANAGERS, "DELETE": MANAGERS},
    "/api/users/<int:user_id>/block/": {"PUT": MANAGERS},
    "/api/users/me/password/": {"POST": STAFF},
    "/api/users/me/": {"GET": STAFF, "PUT": STAFF, "PATCH": STAFF},
    "/api/sessions/": {"GET": STAFF},
    "/api/sessions/<int:session_id>/revoke/": {"POST": STAFF},
    "/api/v1/auth/token/": {"POST": ALL},
    "/api/v1/auth/token/refresh/": {"POST": ALL},
    "/api/v1/auth/logout/": {"POST": STAFF},
    "/api/v1/auth/logout/all/": {"POST": STAFF},
    "/api/v1/auth/users/": {"GET": MANAGERS},
    "/api/v1/auth/users/me/": {"GET": STAFF},
    "/api/v1/auth/users/<int:user_id>/": {"GET": STAFF},  # an employee: oneself, as here
    "/api/v1/auth/sessions/": {"GET": STAFF},
    "/api/v1/auth/sessions/revoke_all/": {"POST": STAFF},
    "/api/v1/auth/sessions/<int:session_id>/": {"GET": STAFF},
    "/api/v1/auth/sessions/<int:session_id>/revoke/": {"POST": STAFF},
    "/api/v1/auth/login": {"POST": ALL},
    "/api/v1/auth/refresh": {"POST": ALL},
    "/api/v1/auth/me": {"GET": LOGGED_IN},
    "/api/v1/auth/logout": {"POST": LOGGED_IN},
    "/api/v1/auth/tokens": {"GET": LOGGED_IN},
    "/api/v1/auth/tokens/<token_uid>": {"DELETE": LOGGED_IN},
    "/api/v1/auth/tokens/revoke-all": {"POST": LOGGED_IN},
    "/api/v1/user": {"GET": MANAGERS, "POST": MANAGERS, "DELETE": MANAGERS},
    "/api/v1/user/<uid>": {"GET": MANAGERS, "DELETE": MANAGERS},
    "/api/v1/user/email/<email>": {"GET": MANAGERS},
    "/api/v1/user/username/<username>": {"GET": MANAGERS},
    "/internal/clients/ended/": {"POST": INTERNAL},
    "/internal/revocations/": {"GET": INTERNAL},
    "/internal/uids/": {"POST": INTERNAL},
    "/internal/users/": {"POST": INTERNAL},
    "/livez": {"GET": ALL},
    "/readyz": {"GET": ALL},
    "/version": {"GET": ALL},
    "/metrics": {"GET": ALL},
}
WITHIN = {
    ALL: (None, "CLIENT", "EMPLOYEE", "OWNER", "ADMIN"),
    LOGGED_IN: ("CLIENT", "EMPLOYEE", "OWNER", "ADMIN"),
    STAFF: ("EMPLOYEE", "OWNER", "ADMIN"),
    MANAGERS: ("OWNER", "ADMIN"),
    INTERNAL: (),
}
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
EVERY = [(path, method) for path in MATRIX for method in METHODS]
# Everyone is user 1 (or client 1) here; what else a path may name is nobody's.
FILLED = {"user_id": "1", "account_id": "1"}


def filled(path):
    return re.sub(r"<(?:\w+:)?(\w+)>", lambda match: FILLED.get(match[1], "999"), path)


def shape(path):
    """What a request's path looks like that this rule takes."""
    return re.sub(r"<[^>]+>", r"[^/]+", re.sub(r"<int:\w+>", r"\\d+", path))


def expected(path, method, role):
    who = MATRIX[path].get(method)
    if who is None:  # another rule may take the path, with this method
        others = (other for other in MATRIX if method in MATRIX[other] and re.fullmatch(shape(other), filled(path)))
        other = next(others, None)
        return expected(other, method, role) if other else "no such method"
    if who == INTERNAL:
        return "not found"
    return "let in" if role in WITHIN[who] else "no token" if role is None else "refused"


def outcome(status, path):
    if status == 404 and path.startswith("/internal/"):
        return "not found"
    return {401: "no token", 403: "refused", 405: "no such method"}.get(status) or (
        "let in" if status < 500 else status
    )


def test_the_table_has_every_route(app):
    assert {(method, path) for method, path, _ in route_table(app)} == {
        (method, path) for path, methods in MATRIX.items() for method in methods
    }


@pytest.mark.parametrize("role", WITHIN[ALL])
def test_each_role_gets_as_far_as_the_table_says(client, deliver, role):
    deliver("ClientChanged", {"client_id": 1})
    got = {}
    for path, method in EVERY:
        answer = client.call(method, filled(path), {}, role=role)
        got[path, method] = outcome(answer.status, path)
        assert answer.status != 401 or answer.headers["WWW-Authenticate"] == "Bearer"
    assert got == {(path, method): expected(path, method, role) for path, method in EVERY}


def test_a_forged_token_opens_nothing(client, door):
    access = door.login().json["access"]
    head, body, signature = access.split(".")
    flipped = signature[:-10] + ("A" if signature[-10] != "A" else "B") + signature[-9:]
    for token in (f"{head}.{body}.{flipped}", f"{head}.{body}.", "x.y.z"):
        assert client.get("/api/users/me/", token=token).json["code"] == "token_not_valid"
