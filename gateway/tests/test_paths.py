"""Where requests go: every route, both slash styles, and spellings that try to pass for another path."""

import pytest

from gateway.render import PACKAGE, STRIPPED_HEADERS
from gateway.routes import Route, load_routes
from gateway.tests.conftest import Platform
from gateway.tests.running import send

ROUTES = load_routes(PACKAGE / "routes.yaml").routes
PUBLIC = {
    *(("POST", path) for path in ("/api/auth/login/", "/api/auth/register/", "/api/auth/refresh/")),
    *(("POST", path) for path in ("/api/v1/auth/token/", "/api/v1/auth/token/refresh/")),
    *(("POST", path) for path in ("/api/v1/auth/login", "/api/v1/auth/refresh")),
    *((method, path) for method in ("GET", "HEAD") for path in ("/api/auth/jwks/", "/.well-known/jwks.json")),
}
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def examples(route: Route) -> list[str]:
    if not route.prefix:
        return [route.path]
    if route.slash_style:
        return [route.path, f"{route.path}7/", f"{route.path}7/deeper/?page=2"]
    return [route.path, f"{route.path}/", f"{route.path}/7", f"{route.path}/7/deeper/", f"{route.path}/7?page=2"]


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.path)
def test_a_route_reaches_its_service_with_its_path_untouched(platform: Platform, route: Route) -> None:
    method = route.public[0] if route.public else "PUT"
    for path in examples(route):
        answer = platform.gateway.call(method, path, token=platform.auth.token(), body=b"{}")
        assert answer.status == 200
        if path != "/api/auth/jwks/":  # the stub answers it with keys
            assert (answer.json["service"], answer.json["path"], answer.json["method"]) == (route.service, path, method)


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.path)
def test_a_route_is_closed_unless_listed_as_public(platform: Platform, route: Route) -> None:
    for method in METHODS:
        for path in examples(route):
            platform.forget()
            answer = platform.gateway.call(method, path, body=b"{}")
            if (method, path) in PUBLIC:
                assert answer.status == 200
            else:
                assert answer.status == (405 if route.public else 401)
                assert platform.seen() == []


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.path)
def test_no_route_lets_a_client_say_who_it_is(platform: Platform, route: Route) -> None:
    forged = dict.fromkeys(STRIPPED_HEADERS, "forged")
    forged |= {name.replace("-", "_"): "forged" for name in STRIPPED_HEADERS if "-" in name}
    forged |= {"X-Request-Id": "forged", "X-Forwarded-For": "forged", "X-Forwarded-Proto": "forged"}
    method = route.public[0] if route.public else "GET"
    for path in examples(route):
        if path == "/api/auth/jwks/":
            continue
        token = platform.auth.token()
        answer = platform.gateway.call(
            method, path, {**forged, "Idempotency-Key": "k", "If-Match": '"1"'}, b"", token=token
        )
        headers = answer.json["headers"]
        assert "forged" not in headers.values()
        assert not {name.lower() for name in STRIPPED_HEADERS} & set(headers)
        assert headers["x-forwarded-for"] == "127.0.0.1"
        assert headers["x-forwarded-proto"] == "http"
        assert headers["x-request-id"] == answer.headers["X-Request-Id"]
        assert headers["authorization"] == f"Bearer {token}"
        assert headers["host"] == "shop.example:8080"
        assert (headers["idempotency-key"], headers["if-match"]) == ("k", '"1"')


def test_everything_that_the_services_own_is_routed() -> None:
    owned = {
        "auth": "/api/auth/ /api/users/ /api/sessions/ /api/accounts/ /api/v1/auth /api/v1/user",
        "catalog": "/api/suppliers/ /api/products/ /api/promotions/ /api/v1/product /api/v1/category /api/v1/currency"
        " /api/v1/attribute",
        "sales": "/api/orders/ /api/v1/order",
        "customers": "/api/customers/ /api/chatbotusers/ /api/v1/client",
        "analytics": "/api/analytics/",
    }
    routed = {(route.service, route.path) for route in ROUTES if route.prefix}
    assert routed == {(service, prefix) for service, prefixes in owned.items() for prefix in prefixes.split()}


@pytest.mark.parametrize(
    ("path", "location"),
    [
        ("/api/products", "/api/products/"),
        ("/api/products/5", "/api/products/5/"),
        ("/api/products/5?a=1&b=/x", "/api/products/5/?a=1&b=/x"),
        ("/api/products?", "/api/products/?"),
        ("/api/auth/login", "/api/auth/login/"),
        ("/api/chatbotusers/+521234567890", "/api/chatbotusers/+521234567890/"),
        ("/api/chatbotusers/%2B52%20x", "/api/chatbotusers/%2B52%20x/"),
        ("/api/users/me", "/api/users/me/"),
    ],
)
def test_a_missing_slash_is_redirected_and_keeps_the_method(platform: Platform, path: str, location: str) -> None:
    for method in ("GET", "POST", "DELETE"):
        answer = platform.gateway.call(method, path, token=platform.auth.token())
        assert (answer.status, answer.headers["Location"]) == (308, location)
    assert platform.seen() == []


@pytest.mark.parametrize("path", ["/api/chatbotusers/+521234567890/", "/api/chatbotusers/%2B521234567890/"])
def test_a_plus_arrives_as_it_was_sent(platform: Platform, path: str) -> None:
    assert platform.gateway.call("GET", path, token=platform.auth.token()).json["path"] == path


def test_both_logouts_are_two_endpoints(platform: Platform) -> None:
    for path in ("/api/v1/auth/logout", "/api/v1/auth/logout/"):
        assert platform.gateway.call("POST", path, token=platform.auth.token()).json["path"] == path


UNKNOWN = [
    *(
        "/api",
        "/api/",
        "/api/v1",
        "/api/v1/",
        "/api/v2/product",
        "/api/productsx/",
        "/api/v1/products",
        "/api/v1/users",
    ),
    *(
        "/api/v1/orderx",
        "/api/nothing/",
        "/API/products/",
        "/Api/auth/login/",
        "/api/V1/product",
        "/admin",
        "/nginx_status",
    ),
    *(
        "/livez",
        "/readyz",
        "/metrics",
        "/version",
        "/revocations",
        "/verify",
        "/_auth",
        "/_error",
        "/favicon.ico",
        "/.env",
    ),
    *(
        "/internal",
        "/internal/",
        "/internal/revocations/",
        "/Internal/revocations/",
        "/INTERNAL/",
        "/%69nternal/revocations/",
    ),
    *(
        "/interna%6c/",
        "/%49nternal/",
        "/api/internal/",
        "/api/v1/internal/",
        "/internal/revocations/?x=/api/auth/login/",
    ),
]


@pytest.mark.parametrize("path", UNKNOWN)
def test_an_unknown_path_is_not_found(platform: Platform, path: str) -> None:
    for token in ("", platform.auth.token()):
        answer = platform.gateway.call("GET", path, token=token)
        assert answer.status == 404
        if path.startswith("/api/v1/"):
            assert answer.json["status_message"] == "Not found."
        else:
            assert answer.json == {"detail": "Not found."}
    assert platform.seen() == []


AMBIGUOUS = [
    *("/api/users/#me", "/api/users/#", "/#/api/users/", "/api/users/%25", "/api/users/%2541/"),
    *("/api/auth/login/../../users/", "/api/auth/login/..%2f..%2fusers/", "/api/auth/login/%2e%2e/%2e%2e/users/"),
    *(
        "/api/auth/login/..%2F..%2Fusers/",
        "/api/auth/login/%2E%2E%2F%2e%2e%2fusers/",
        "/api/auth/login/.%2e/.%2e/users/",
    ),
    *(
        "/api/auth/login/%252e%252e/users/",
        "/api/auth/login/..%252fusers/",
        "/api/auth/login/..;/..;/users/",
        "/api/users/;a=b/",
    ),
    *(
        "/api/auth/login/..%5cusers/",
        "/api/auth/login/..\\..\\users/",
        "/api/auth/login/%5c..%5c..%5cusers/",
        "/api/users\\",
    ),
    *(
        "/api//users/",
        "//api/users/",
        "///api/users/",
        "/api/users//",
        "/api/auth//login/",
        "/api/auth/login//",
        "//evil.example",
    ),
    *(
        "/api/./users/",
        "/./api/users/",
        "/api/users/.",
        "/api/users/./",
        "/api/users/..",
        "/api/auth/login/.",
        "/api/products/%2e/",
    ),
    *(
        "/api/users/%00",
        "/api/users/%00/",
        "/api/auth/login/%00../users/",
        "/api/users/%0a",
        "/api/users/%0d%0aX-Role:%20ADMIN/",
    ),
    *(
        "/api/users/%09/",
        "/api/users/%7f/",
        "/api/users/%1f/",
        "/api/auth/login/#/../users/",
        "/api/auth/login/%23/../../users/",
    ),
    *(
        "/api/auth/login/%3f/../../users/",
        "/api/auth/login/%3b/users/",
        "/internal//revocations/",
        "/api/../internal/revocations/",
    ),
    *(
        "/api/auth/../../internal/revocations/",
        "/api/auth/login/..%2f..%2f..%2finternal/",
        "/.%2finternal/revocations/",
    ),
    *(
        "/%2finternal/revocations/",
        "/%2e/internal/",
        "/internal%2frevocations%2f",
        "/internal;/revocations/",
        "/;/internal/",
    ),
    *(
        "/api/v1/auth/login/../user",
        "/api/v1/auth/login/..%2fuser",
        "/api/v1//user",
        "/api/v1/auth/token/..;/sessions/",
    ),
    *(
        "/.well-known/jwks.json/../../api/users/",
        "/.well-known/../api/users/",
        "/healthz/../api/users/",
        "/_error/../api/users/",
    ),
    *(
        "/api/auth/login/ñ/../../users/",
        "/api/products/ñ//x/",
        "/ñ%2finternal/",
        "/api/products/ñ;x/",
        "/internal/ñ%00/?ñ",
        "/api/products/ñ/",
    ),
]


@pytest.mark.parametrize("path", AMBIGUOUS)
def test_a_path_that_could_mean_two_things_is_refused(platform: Platform, path: str) -> None:
    for method in ("GET", "POST"):
        for token in ("", platform.auth.token()):
            answer = platform.gateway.call(method, path, token=token)
            assert answer.status == 400
            assert answer.headers["Content-Type"] == "application/json"
            assert answer.json
    assert platform.seen() == []


NEAR_PUBLIC = [
    *("/api/auth/login/x", "/api/auth/login/x/", "/api/auth/loginx/", "/api/auth/login/login/"),
    *(
        "/api/v1/auth/login/",
        "/api/v1/auth/login/x",
        "/api/v1/auth/refresh/",
        "/api/v1/auth/token",
        "/api/v1/auth/token/refresh",
    ),
    *(
        "/api/v1/auth/token/x",
        "/api/auth/LOGIN/",
        "/api/auth/jwks/x/",
        "/.well-known/",
        "/.well-known/jwks.json/",
        "/healthz/x",
    ),
    *(
        "/api/auth/login/%20/",
        "/api/auth/%20login/",
        "/api/users/?next=/api/auth/login/",
        "/api/users/login/",
        "/healthzz",
    ),
    *("/api/auth/login%20/", "/api/auth/login/%C0%AE%C0%AE/users/", "/api/auth/login/%EF%BC%8F..%EF%BC%8Fusers/"),
]


@pytest.mark.parametrize("path", NEAR_PUBLIC)
def test_a_neighbour_of_a_public_path_is_not_public(platform: Platform, path: str) -> None:
    for method in ("GET", "POST", "DELETE"):
        answer = platform.gateway.call(method, path)
        assert answer.status in (308, 401, 404)
    assert platform.seen() == []


def test_a_query_does_not_change_the_way(platform: Platform) -> None:
    path = "/api/auth/login/?next=/../users//;%2f"
    assert platform.gateway.call("POST", path).json["path"] == path
    assert platform.gateway.call("GET", path).status == 405
    assert platform.gateway.call("GET", "/api/users/?x=/api/auth/login/").status == 401


def test_an_encoded_letter_is_the_letter(platform: Platform) -> None:
    assert platform.gateway.call("GET", "/api/%75sers/").status == 401
    assert platform.gateway.call("POST", "/api/%61uth/login/").json["path"] == "/api/%61uth/login/"


@pytest.mark.parametrize(
    ("sent", "seen"),
    [
        ("/api/products/?search=jalapeño", "/api/products/?search=jalape%C3%B1o"),
        ("/api/products/?a=%2B+&b=ñ;/../x&c", "/api/products/?a=%2B+&b=%C3%B1;/../x&c"),
        ("/api/products/?a=\xff".encode("latin1"), "/api/products/?a=%FF"),
        ("/api/v1/product/%7e%20+%C3%B1?x=ñ", "/api/v1/product/~%20+%C3%B1?x=%C3%B1"),  # the same path, written anew
    ],
)
def test_letters_beyond_ascii_in_a_query_are_encoded_on_the_way(
    platform: Platform, sent: str | bytes, seen: str
) -> None:
    raw = sent if isinstance(sent, bytes) else sent.encode()
    for method in (b"GET", b"DELETE"):
        head = f"Host: a\r\nAuthorization: Bearer {platform.auth.token()}\r\nConnection: close\r\n\r\n"
        answer = send(platform.gateway.port, b"%s %s HTTP/1.1\r\n%s" % (method, raw, head.encode()))
        assert (answer.status, answer.json["path"]) == (200, seen)


def test_an_absolute_request_line_is_routed_by_its_path(platform: Platform) -> None:
    answer = platform.gateway.call("GET", "http://169.254.169.254/api/products/", token=platform.auth.token())
    assert answer.json["service"] == "catalog"
    assert platform.gateway.call("GET", "http://169.254.169.254/latest/meta-data/").status == 404
