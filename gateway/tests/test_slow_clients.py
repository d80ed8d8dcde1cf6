"""Clients that trickle: they hold a connection for a while, and nobody else notices."""

import re
import socket
import time
from collections.abc import Callable
from contextlib import ExitStack

from gateway.tests.running import Gateway, eventually
from gateway.tests.stubs import Auth, Service

CROWD = 200


def test_slow_headers_and_bodies_hold_up_nobody(
    backends: dict[str, Service], auth: Auth, make_gateway: Callable[..., Gateway]
) -> None:
    gateway = make_gateway(auth, backends).start()
    token, catalog = auth.token(), backends["catalog"]
    catalog.seen.clear()
    unfinished_head = b"GET /api/products/ HTTP/1.1\r\nHost: a\r\nX-Slow: "
    unfinished_body = f"POST /api/products/ HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {token}\r\nContent-Length: 900\r\n\r\n".encode()
    with ExitStack() as stack:
        crowd = [stack.enter_context(socket.create_connection(("127.0.0.1", gateway.port))) for _ in range(2 * CROWD)]
        for number, connection in enumerate(crowd):
            connection.sendall(unfinished_head if number % 2 else unfinished_body)
        times = []
        for _ in range(20):
            for connection in crowd[::10]:
                connection.send(b"x")
            began = time.monotonic()
            assert gateway.call("GET", "/api/products/", token=token).status == 200
            times.append(time.monotonic() - began)
        assert sorted(times)[10] < 0.25
        assert len(catalog.seen) == 20  # no slow one has reached the service


def test_slow_clients_are_cut_off(
    backends: dict[str, Service], auth: Auth, make_gateway: Callable[..., Gateway]
) -> None:
    gateway = make_gateway(auth, backends).start()
    conf = gateway.home / "conf" / "nginx.conf"
    hurried, changes = re.subn(r"client_(header|body)_timeout 1[05]s;", r"client_\1_timeout 1s;", conf.read_text())
    assert changes == 2
    conf.write_text(hurried)
    gateway.reload()
    login = b"POST /api/auth/login/ HTTP/1.1\r\nHost: a\r\nContent-Length: 900\r\n\r\nx"
    with ExitStack() as stack:
        trickling, stalled = (
            stack.enter_context(socket.create_connection(("127.0.0.1", gateway.port))) for _ in range(2)
        )
        trickling.sendall(b"GET / HTTP/1.1\r\nX-Slow: ")
        stalled.sendall(login)

        def is_over(connection: socket.socket, more: bytes) -> bool:
            try:
                connection.send(more)
                connection.setblocking(False)
                return connection.recv(1) == b""
            except BlockingIOError:
                return False
            except OSError:
                return True

        eventually(lambda: is_over(trickling, b"x"), seconds=4)  # though it goes on
        eventually(lambda: is_over(stalled, b""), seconds=4)
