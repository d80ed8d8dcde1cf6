"""What an answer looks like: the gateway's own errors, headers of every answer, limits, other origins, the log."""

import gzip
import json
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest

from gateway.tests.conftest import Platform
from gateway.tests.running import Gateway, free_port, send
from gateway.tests.stubs import Auth, Service

ORIGIN = "http://localhost:3000"
MIB = 1024 * 1024


@pytest.mark.parametrize("path", ["/", "/healthz", "/nowhere", "/api/products", "/api/products/", "/api//products/"])
@pytest.mark.parametrize("with_token", [False, True])
def test_every_answer_has_the_gateways_headers_once(platform: Platform, path: str, with_token: bool) -> None:
    answer = platform.gateway.call("GET", path, token=platform.auth.token() if with_token else "")
    (request_id,) = answer.headers.get_all("X-Request-Id", [])
    assert len(request_id) == 32
    assert int(request_id, 16)
    assert answer.headers.get_all("X-Content-Type-Options") == ["nosniff"]
    assert answer.headers.get_all("X-Frame-Options") == ["DENY"]
    assert answer.headers.get_all("Referrer-Policy") == ["no-referrer"]
    assert answer.headers.get_all("Server") == ["nginx"]  # and no version
    assert len(answer.headers.get_all("Content-Security-Policy", [])) == 1
    assert "Strict-Transport-Security" not in answer.headers
    assert answer.headers["Access-Control-Allow-Origin"] is None


def test_request_ids_differ(platform: Platform) -> None:
    answers = [platform.gateway.call("GET", "/nowhere", {"X-Request-Id": "mine"}) for _ in range(20)]
    assert len({answer.headers["X-Request-Id"] for answer in answers}) == 20


def test_nothing_of_auth_is_stored(platform: Platform) -> None:
    token = platform.auth.token()
    for path in ("/api/auth/me/", "/api/users/", "/api/users/?x", "/api/sessions/1/", "/api/accounts/1/", "/api/v1/auth/me",
                 "/api/v1/auth/sessions/", "/api/v1/user", "/api/v1/user/1", "/api/users", "/.well-known/jwks.json"):  # fmt: skip
        for sent in ("", token):
            assert platform.gateway.call("GET", path, token=sent).headers.get_all("Cache-Control") == ["no-store"]
    answer = platform.gateway.call("GET", "/api/products/", token=token)
    assert answer.headers.get_all("Cache-Control") == ["the service's own"]


def test_a_services_page_says_what_it_needs(platform: Platform) -> None:
    path, policy = "/api/orders/102/receipt/", "default-src 'none'; style-src 'unsafe-inline'"
    platform.services["sales"].policies[path] = policy
    token = platform.auth.token()
    assert platform.gateway.call("GET", path, token=token).headers.get_all("Content-Security-Policy") == [policy]
    del platform.services["sales"].policies[path]
    nothing = ["default-src 'none'; frame-ancestors 'none'"]
    assert platform.gateway.call("GET", path, token=token).headers.get_all("Content-Security-Policy") == nothing
    assert platform.gateway.call("GET", path).headers.get_all("Content-Security-Policy") == nothing


def test_a_services_own_error_passes_untouched(platform: Platform) -> None:
    for status in (400, 401, 403, 404, 405, 429, 500, 503):
        platform.services["sales"].answers["/api/orders/"] = (status, {"mine": status})
        answer = platform.gateway.call("GET", "/api/orders/", token=platform.auth.token())
        assert (answer.status, answer.json) == (status, {"mine": status})
    del platform.services["sales"].answers["/api/orders/"]


@pytest.mark.parametrize(
    ("languages", "spanish"),
    [
        ("es", True), ("es-MX,es;q=0.9,en;q=0.8", True), ("de, ES ; q=0.5, en;q=0.4", True),
        ("", False), ("en", False), ("en,es;q=0.9", False), ("es;q=0", False), ("es;q=x", False), ("es,en", False), ("*", False),
    ],
)  # fmt: skip
def test_its_own_errors_are_spanish_on_demand(platform: Platform, languages: str, spanish: bool) -> None:
    told = {
        ("GET", "/api/products/"): {"detail": "Las credenciales de autenticación no se proveyeron."},
        ("GET", "/nowhere"): {"detail": "No encontrado."},
        ("DELETE", "/api/auth/login/"): {"detail": 'Método "DELETE" no permitido.'},
    }
    for (method, path), words in told.items():
        answer = platform.gateway.call(method, path, {"Accept-Language": languages})
        assert (answer.json == words) is spanish, (answer.status, answer.json)
    token = {"Accept-Language": languages, "Authorization": "Bearer x"}
    invalid = platform.gateway.call("GET", "/api/products/", token).json
    assert invalid["code"] == "token_not_valid"
    assert (invalid["detail"] == "El token dado no es válido para ningún tipo de token") is spanish


@pytest.mark.parametrize(
    ("path", "size", "status"),
    [
        ("/api/products/", MIB, 200),
        ("/api/products/", MIB + 1, 413),
        ("/api/v1/product", MIB + 1, 413),
        ("/api/auth/login/", 16 * 1024, 200),
        ("/api/auth/login/", 16 * 1024 + 1, 413),
        ("/api/v1/auth/login", 16 * 1024 + 1, 413),
        ("/api/products/import/", MIB + 1, 200),
        ("/api/products/import/", 32 * MIB + 1, 413),
    ],
)
def test_bodies_have_a_limit(platform: Platform, path: str, size: int, status: int) -> None:
    answer = platform.gateway.call("POST", path, body=b" " * size, token=platform.auth.token())
    assert answer.status == status
    if status == 200:
        assert answer.json["size"] == size
    elif path == "/api/v1/auth/login":
        assert answer.json == {"status": "error", "message": "Request body is too large."}
    elif "/v1/" in path:
        assert answer.json["status_message"] == "Request body is too large."
    else:
        assert answer.json == {"detail": "Request body is too large."}


def test_a_refusal_is_told_whatever_the_body(platform: Platform) -> None:
    answer = platform.gateway.call("POST", "/api/products/import/", body=b" " * (MIB + 1))
    assert (answer.status, answer.json) == (401, {"detail": "Authentication credentials were not provided."})


def test_a_long_path_and_long_headers_are_refused(platform: Platform) -> None:
    long = "x" * 9000
    answer = platform.gateway.call("GET", f"/api/products/{long}/")
    assert (answer.status, answer.json) == (414, {"detail": "Request path is too long."})
    for path in ("/api/products/", "/api//products/"):
        answer = platform.gateway.call("GET", path, {"X-Long": long})
        assert (answer.status, answer.json) == (431, {"detail": "Request headers are too large."})
    assert platform.gateway.call("GET", "/api/products/", token=long * 2).status == 431
    assert platform.seen() == []


@pytest.mark.parametrize(
    ("request_head", "status"),
    [
        (
            b"GET /api/products/ HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            400,
        ),
        (b"GET /api/products/ HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400),
        (b"GET /api/products/ HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        (b"GET /api/products/ HTTP/1.1\r\n\r\n", 400),
        (b"GET /api/products/ HTTP/1.1\r\nHost: a\r\nX-Nul: a\0b\r\n\r\n", 400),
        (b"GET /api/pro ducts/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET /api/\0products/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"GET api/products/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"\x16\x03\x01 / HTTP/1.1\r\n\r\n", 400),
        (b"POST /api/products/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip\r\n\r\n", 501),
        (b"GO /api/products/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"ABCDEFGHIJKLMNOPQRSTU /api/products/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        (b"TRACE /api/products/ HTTP/1.1\r\nHost: a\r\n\r\n", 405),
    ],
)
def test_a_malformed_request_gets_json(platform: Platform, request_head: bytes, status: int) -> None:
    answer = send(platform.gateway.port, request_head)
    assert answer.status == status
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.json["detail"]
    assert answer.headers["X-Request-Id"]
    assert platform.seen() == []


def test_a_redirect_has_no_body(platform: Platform) -> None:
    answer = platform.gateway.call("POST", "/api/products", body=b"{}", token=platform.auth.token())
    assert (answer.status, answer.body, answer.headers["Content-Length"]) == (308, b"", "0")
    assert answer.headers["Content-Type"] is None


def test_a_public_path_names_the_methods_it_takes(platform: Platform) -> None:
    answer = platform.gateway.call("PUT", "/api/auth/login/")
    assert (answer.status, answer.json) == (405, {"detail": 'Method "PUT" not allowed.'})
    assert answer.headers["Allow"] == "POST, OPTIONS"
    answer = platform.gateway.call("GET", "/api/v1/auth/login")
    assert answer.json == {"status": "error", "message": 'Method "GET" not allowed.'}


def test_long_answers_are_compressed_but_for_those_that_hold_tokens(platform: Platform) -> None:
    for service, path in (("catalog", "/api/products/"), ("auth", "/api/users/")):
        platform.services[service].answers[path] = (200, {"names": ["Coca-Cola 600 ml"] * 200})
    token, asks = platform.auth.token(), {"Accept-Encoding": "gzip"}
    packed = platform.gateway.call("GET", "/api/products/", asks, token=token)
    assert packed.headers["Content-Encoding"] == "gzip"
    assert {"Origin", "Accept-Encoding"} <= set(packed.headers.get_all("Vary", []))
    assert len(packed.body) * 5 < len(gzip.decompress(packed.body))
    assert len(json.loads(gzip.decompress(packed.body))["names"]) == 200
    for path, sent in (("/api/products/", {}), ("/api/users/", asks), ("/api/products/7/", asks)):
        answer = platform.gateway.call("GET", path, sent, token=token)
        assert "Content-Encoding" not in answer.headers
        assert answer.json
    for service, path in (("catalog", "/api/products/"), ("auth", "/api/users/")):
        del platform.services[service].answers[path]


@contextmanager
def unresponsive() -> Iterator[str]:
    """An address whose queue of connections is full: the next one gets no answer at all."""
    with ExitStack() as stack:
        port = free_port()
        stack.enter_context(socket.create_server(("127.0.0.1", port), backlog=0))
        for _ in range(3):
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", port))
        yield f"127.0.0.1:{port}"


def test_a_service_that_is_away_or_stuck(
    backends: dict[str, Service], auth: Auth, make_gateway: Callable[..., Gateway]
) -> None:
    with unresponsive() as stuck:
        away = {"MOSTRADOR_SALES_ADDR": f"127.0.0.1:{free_port()}", "MOSTRADOR_CUSTOMERS_ADDR": stuck}
        up = {name: backends[name] for name in ("catalog", "analytics")}
        gateway = make_gateway(auth, up, **away).start()
        token = auth.token()
        for method in ("GET", "POST"):
            answer = gateway.call(method, "/api/orders/", token=token)
            assert (answer.status, answer.headers["Retry-After"]) == (502, "2")
            assert answer.json == {"detail": "The service could not be reached, try again later."}
        assert gateway.call("GET", "/api/v1/order", token=token).json["success"] is False
        assert gateway.call("GET", "/api/products/", token=token).status == 200
        answer = gateway.call("GET", "/api/customers/", token=token)
        assert (answer.status, answer.headers["Retry-After"]) == (504, "5")
        assert answer.json == {"detail": "The service did not answer in time, try again later."}


def test_a_known_origin_may_read_the_answers(platform: Platform) -> None:
    for path in ("/api/products/", "/nowhere", "/api/auth/login/", "/api//x", "/healthz"):
        for token in ("", platform.auth.token()):
            answer = platform.gateway.call("GET", path, {"Origin": ORIGIN}, token=token)
            assert answer.headers.get_all("Access-Control-Allow-Origin") == [ORIGIN]
            assert "X-Request-Id" in answer.headers["Access-Control-Expose-Headers"]
            assert answer.headers["Access-Control-Allow-Credentials"] is None
            assert "Origin" in answer.headers["Vary"]


@pytest.mark.parametrize(
    "path", ["/api/products/", "/api/orders/7/pay/", "/api/auth/login/", "/api/v1/order", "/api/users"]
)
def test_a_known_origin_may_ask_first(platform: Platform, path: str) -> None:
    asks = {"Origin": ORIGIN, "Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "authorization"}
    answer = platform.gateway.call("OPTIONS", path, asks)
    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "PUT" in answer.headers["Access-Control-Allow-Methods"]
    assert {"Authorization", "Idempotency-Key", "If-Match"} <= set(
        answer.headers["Access-Control-Allow-Headers"].split(", ")
    )
    assert answer.headers["Access-Control-Max-Age"] == "600"
    assert platform.seen() == []


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "null",
        "http://localhost:3001",
        "http://localhost:3000.evil.example",
        "https://localhost:3000",
    ],
)
def test_another_origin_gets_nothing(platform: Platform, origin: str) -> None:
    asks = {"Origin": origin, "Access-Control-Request-Method": "GET"}
    assert platform.gateway.call("OPTIONS", "/api/products/", asks).status == 401
    for method in ("OPTIONS", "GET"):
        answer = platform.gateway.call(method, "/api/products/", asks, token=platform.auth.token())
        assert [name for name in answer.headers if name.lower().startswith("access-control")] == []


def test_asking_first_opens_no_other_door(platform: Platform) -> None:
    asks = {"Origin": ORIGIN, "Access-Control-Request-Method": "GET"}
    assert platform.gateway.call("OPTIONS", "/internal/revocations/", asks).status == 404
    assert platform.gateway.call("OPTIONS", "/api/../internal/", asks).status == 400
    assert platform.gateway.call("GET", "/api/products/", asks).status == 401
    assert platform.gateway.call("OPTIONS", "/api/products/", {"Origin": ORIGIN}).status == 401
