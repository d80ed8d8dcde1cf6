"""Who the client is: the peer, or behind a proxy that is trusted whoever that one names."""

import hmac
import json
from collections.abc import Callable
from hashlib import sha256

import pytest

from gateway.tests.running import Gateway, eventually
from gateway.tests.stubs import Auth, Service

PROXY, CLIENT = "127.0.0.1", "203.0.113.9"
PATH = "/api/products/"
HEADER = "x-gateway-credential"


@pytest.fixture
def behind_proxies(backends: dict[str, Service], auth: Auth, make_gateway: Callable[..., Gateway]) -> Gateway:
    return make_gateway(auth, backends, MOSTRADOR_TRUSTED_PROXIES="127.0.0.0/8, 10.1.0.0/16").start()


@pytest.mark.parametrize(
    ("told", "client"),
    [
        (CLIENT, CLIENT),
        ("2001:db8::7", "2001:db8::7"),
        (f"198.51.100.1, {CLIENT}", CLIENT),  # what a client says of itself stands before what the proxy adds
        (f"{CLIENT}, 10.1.2.3", CLIENT),  # by way of two proxies
        (f"{CLIENT}, 10.2.2.3", "10.2.2.3"),  # the second is nobody's
        ("10.1.2.3", "10.1.2.3"),
        ("somebody", PROXY),
        ("", PROXY),
        (None, PROXY),
    ],
)
def test_the_client_is_whom_the_last_trusted_proxy_names(
    behind_proxies: Gateway, auth: Auth, told: str | None, client: str
) -> None:
    sent = {} if told is None else {"X-Forwarded-For": told}
    answer = behind_proxies.call("GET", PATH, sent, token=auth.token())
    assert answer.json["headers"]["x-forwarded-for"] == client

    def logged() -> str | None:
        lines = [json.loads(line) for line in (behind_proxies.home / "access.log").read_text().splitlines()]
        return next((line["client"] for line in lines if line["request_id"] == answer.headers["X-Request-Id"]), None)

    assert eventually(logged) == client


def test_a_trusted_proxy_tells_whether_the_client_came_by_tls(behind_proxies: Gateway, auth: Auth) -> None:
    for told, scheme in (
        ("https", "https"),
        ("http", "http"),
        ("wss", "http"),
        ("https, http", "http"),
        (None, "http"),
    ):
        sent = {} if told is None else {"X-Forwarded-Proto": told}
        answer = behind_proxies.call("GET", PATH, sent, token=auth.token())
        assert answer.json["headers"]["x-forwarded-proto"] == scheme
        remembered = "max-age=31536000" if scheme == "https" else None
        assert answer.headers["Strict-Transport-Security"] == remembered


def test_nobody_else_is_believed(
    backends: dict[str, Service], auth: Auth, make_gateway: Callable[..., Gateway]
) -> None:
    gateway = make_gateway(auth, backends, MOSTRADOR_TRUSTED_PROXIES="10.1.0.0/16").start()
    sent = {"X-Forwarded-For": f"{CLIENT}, 10.1.2.3", "X-Forwarded-Proto": "https"}
    answer = gateway.call("GET", PATH, sent, token=auth.token())
    assert answer.json["headers"]["x-forwarded-for"] == PROXY
    assert answer.json["headers"]["x-forwarded-proto"] == "http"
    assert answer.headers["Strict-Transport-Security"] is None


def test_each_service_gets_a_credential_of_its_own_and_never_a_clients(
    backends: dict[str, Service], auth: Auth, make_gateway: Callable[..., Gateway]
) -> None:
    gateway = make_gateway(auth, backends).start()
    forged = {"X-Gateway-Credential": "forged", "X_Gateway_Credential": "forged"}

    def told(path: str) -> str | None:
        credential: str | None = gateway.call("GET", path, forged, token=auth.token()).json["headers"].get(HEADER)
        return credential

    assert told(PATH) == hmac.new(b"speaks-for-callers" * 4, b"forwarded", sha256).hexdigest()
    assert told("/api/orders/") is None  # they share no secret: the service counts the gateway's own address
    assert "speaks-for-callers" not in (gateway.home / "conf" / "nginx.conf").read_text()
    assert (gateway.home / "conf" / "nginx.conf").stat().st_mode & 0o077 == 0
