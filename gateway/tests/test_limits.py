"""How often somebody may ask: by class, by address and by session; and what a shop does in a day is never too much."""

import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

from gateway.render import PACKAGE
from gateway.routes import load_routes
from gateway.tests.running import Gateway, eventually
from gateway.tests.stubs import Auth, Service

MakeGateway = Callable[..., Gateway]
THROTTLED = "Request was throttled. Expected available in 1 second."


def statuses(gateway: Gateway, path: str, count: int, *, method: str = "GET", token: str = "") -> list[int]:
    return [gateway.call(method, path, token=token).status for _ in range(count)]


def test_limits_are_per_class_and_say_when_to_come_back(
    backends: dict[str, Service], auth: Auth, make_gateway: MakeGateway
) -> None:
    limits = {"MOSTRADOR_LIMIT_GENERAL": "1/6", "MOSTRADOR_LIMIT_LOGIN": "1/2", "MOSTRADOR_LIMIT_PIN": "1/3"}
    gateway = make_gateway(auth, backends, **limits).start()
    assert statuses(gateway, "/api/auth/login/", 6, method="POST") == [200] * 3 + [429] * 3
    answer = gateway.call("POST", "/api/auth/login/", {"X-Forwarded-For": "203.0.113.9"})
    assert (answer.status, answer.headers["Retry-After"], answer.json) == (429, "1", {"detail": THROTTLED})
    for path in ("/api/v1/auth/token/", "/api/auth/register/"):
        assert gateway.call("POST", path).status == 429
    assert statuses(gateway, "/api/v1/auth/login", 6, method="POST") == [200] * 4 + [429] * 2
    assert gateway.call("POST", "/api/v1/auth/login").json == {"status": "error", "message": THROTTLED}
    token = auth.token()
    assert statuses(gateway, "/api/v1/product", 10, token=token) == [200] * 7 + [429] * 3
    assert gateway.call("GET", "/api/v1/product", token=token).json["status_message"] == THROTTLED
    spanish = {"Accept-Language": "es", "Authorization": f"Bearer {token}"}
    assert gateway.call("GET", "/api/users/", spanish).json["detail"].startswith("Solicitud limitada.")
    assert gateway.call("GET", "/healthz").status == 200


def test_one_session_uses_up_its_own_share_only_and_strangers_another(
    backends: dict[str, Service], auth: Auth, make_gateway: MakeGateway
) -> None:
    limits = {"MOSTRADOR_LIMIT_GENERAL": "1/30", "MOSTRADOR_LIMIT_SESSION": "1/9"}
    gateway = make_gateway(auth, backends, **limits).start()
    wild, till = auth.token(sid="wild"), auth.token(sid="till")
    assert statuses(gateway, "/api/products/", 30, token=wild) == [200] * 10 + [429] * 20
    assert statuses(gateway, "/api/products/", 5, token=till) == [200] * 5  # what was refused was not counted
    (gateway.home / "deny" / "logged-out").write_text("9999999999")
    for token in ("", "garbage", auth.token(sid="logged-out"), auth.token(exp=1)):
        assert 429 not in statuses(gateway, "/api/products/", 5, token=token)
    assert 429 in statuses(gateway, "/api/products/", 20, token="garbage")
    assert statuses(gateway, "/api/products/", 4, token=till) == [200] * 4
    forged = auth.token(sid="till")[:-40] + "A" * 40
    statuses(gateway, "/api/products/", 5, token=forged)
    assert gateway.call("GET", "/api/products/", token=till).status == 200  # another token is another count


def test_a_busy_shop_behind_one_address_is_not_throttled(
    backends: dict[str, Service], auth: Auth, make_gateway: MakeGateway
) -> None:
    gateway = make_gateway(auth, backends)
    for name in ("GENERAL", "PUBLIC", "SESSION", "LOGIN", "PIN"):
        del gateway.environ[f"MOSTRADOR_LIMIT_{name}"]
    gateway.start()
    tills = [auth.token(sid=f"till-{number}") for number in range(12)]

    def morning(token: str) -> set[int]:
        """Log in, then as fast as one can: look up, order, pay."""
        seen = {gateway.call("POST", "/api/auth/login/", body=b"{}").status}
        for _ in range(10):
            seen |= {gateway.call("GET", "/api/products/", token=token).status}
            seen |= {gateway.call("POST", "/api/orders/", body=b"{}", token=token).status}
            seen |= {gateway.call("POST", "/api/orders/1/pay/", body=b"{}", token=token).status}
        return seen

    with ThreadPoolExecutor(len(tills)) as pool:
        assert set().union(*pool.map(morning, tills)) == {200}


def test_the_limits_that_are_promised() -> None:
    limits = load_routes(PACKAGE / "routes.yaml").limits
    assert limits["general"] == (300, 600, "caller")
    assert limits["login"] == (20, 100, "address")


def test_slow_requests_of_one_address_leave_room_for_others(
    backends: dict[str, Service], auth: Auth, make_gateway: MakeGateway
) -> None:
    crowd = 20
    settings = {"MOSTRADOR_CONCURRENT": str(crowd), "MOSTRADOR_TRUSTED_PROXIES": "127.0.0.0/8"}
    gateway = make_gateway(auth, backends, **settings).start()
    token = auth.token()

    def status(address: str) -> int:
        return gateway.call("GET", "/api/products/", {"X-Forwarded-For": address}, token=token).status

    head = (
        f"POST /api/products/ HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 203.0.113.1\r\nAuthorization: Bearer {token}\r\n"
    )
    with ExitStack() as stack:
        for _ in range(crowd):
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", gateway.port)))
            connection.sendall(f"{head}Content-Length: 100\r\n\r\n".encode() + b"x")
        eventually(lambda: status("203.0.113.1") == 429)
        assert status("203.0.113.2") == 200
    eventually(lambda: status("203.0.113.1") == 200)
