"""Every route and who may call it, written out: a new route fails this until somebody has thought about it."""

import pytest

from chassis.access import route_table

STAFF, MANAGERS, LOGGED_IN, ALL = "staff", "managers", "logged in", "all"
POLICY = {
    ("POST", "/api/auth/login/"): ALL,
    ("POST", "/api/auth/refresh/"): ALL,
    ("POST", "/api/auth/logout/"): STAFF,
    ("GET", "/api/auth/jwks/"): ALL,
    ("GET", "/.well-known/jwks.json"): ALL,
    ("GET", "/api/users/me/"): STAFF,
    ("PUT", "/api/users/me/"): STAFF,
    ("PATCH", "/api/users/me/"): STAFF,
    ("GET", "/api/users/"): MANAGERS,
    ("POST", "/api/users/"): MANAGERS,
    ("POST", "/api/v1/auth/login"): ALL,
    ("POST", "/api/v1/auth/refresh"): ALL,
    ("GET", "/api/v1/auth/me"): LOGGED_IN,
    ("POST", "/api/v1/auth/logout"): LOGGED_IN,
    ("GET", "/api/v1/auth/tokens"): LOGGED_IN,
    ("DELETE", "/api/v1/auth/tokens/<token_uid>"): LOGGED_IN,
    ("POST", "/api/v1/auth/tokens/revoke-all"): LOGGED_IN,
    ("GET", "/internal/revocations/"): "gateway",
    **{("GET", path): ALL for path in ("/livez", "/readyz", "/version", "/metrics")},
}
ALLOWED = {
    STAFF: {"ADMIN", "OWNER", "EMPLOYEE"},
    MANAGERS: {"ADMIN", "OWNER"},
    LOGGED_IN: {"ADMIN", "OWNER", "EMPLOYEE", "CLIENT"},
    ALL: {"ADMIN", "OWNER", "EMPLOYEE", "CLIENT", None},
    "gateway": set(),
}


def test_the_policy_names_every_route(app):
    assert {(method, path) for method, path, _ in route_table(app)} == set(POLICY)


@pytest.mark.parametrize("role", ["ADMIN", "OWNER", "EMPLOYEE", "CLIENT", None])
@pytest.mark.parametrize(
    ("route", "who"), POLICY.items(), ids=lambda value: value if isinstance(value, str) else " ".join(value)
)
def test_roles_are_kept_out_or_let_in(client, deliver, route, who, role):
    method, path = route
    deliver("ClientChanged", {"client_id": 1})
    answer = client.call(method, path, {}, role=role)
    if who == "gateway":
        assert answer.status == 404
    elif role in ALLOWED[who]:
        assert answer.status in (200, 400, 404)
    else:
        assert answer.status == (401 if role is None else 403)


def test_a_forged_token_opens_nothing(client, door):
    access = door.login().json["access"]
    head, body, signature = access.split(".")
    flipped = signature[:-10] + ("A" if signature[-10] != "A" else "B") + signature[-9:]
    for token in (f"{head}.{body}.{flipped}", f"{head}.{body}.", "x.y.z"):
        assert client.get("/api/users/me/", token=token).json["code"] == "token_not_valid"
