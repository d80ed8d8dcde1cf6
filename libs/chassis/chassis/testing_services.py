"""A played service for the tests of its callers: real HTTP on loopback, answers from the contracts or from the test."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import orjson
import pytest

from chassis.identity import ServiceIdentity, verify_service_token
from chassis.settings import Settings

Responder = Callable[[Any], tuple[int, Any]]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128  # the races connect all at once

    def handle_error(self, request: Any, client_address: Any) -> None:
        pass  # a caller that gave up is what the test wants


class PlayedService:
    """A service that answers as told: `played.on("POST", "/internal/holds/", 200, {…})`, or with a function of the body.

    `calls` keeps (method, path, body, identity) of each request, `received` its headers. `down=True` drops every connection.
    """

    def __init__(self, name: str, settings: Callable[[], Settings]) -> None:
        self.name, self._settings = name, settings
        self.calls: list[tuple[str, str, Any, ServiceIdentity]] = []
        self.received: list[Mapping[str, str]] = []
        self.down = False
        self.headers: dict[tuple[str, str], Mapping[str, str]] = {}
        self._answers: dict[tuple[str, str], Responder] = {}
        played = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self) -> None:
                if played.down:
                    self.close_connection = True
                    self.connection.close()
                    return
                played.received.append(dict(self.headers.items()))
                length = int(self.headers.get("Content-Length") or 0)
                status, data = played.respond(
                    self.command, self.path, self.headers.get("Authorization", ""), self.rfile.read(length)
                )
                raw = b"" if data is None else orjson.dumps(data)
                self.send_response(status)
                for name, value in played.headers.get((self.command, self.path), {}).items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815 - http.server's names

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = _Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    @property
    def url(self) -> str:
        """Its base URL."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def on(
        self,
        method: str,
        path: str,
        status: int | Responder,
        data: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Answer this call with `status` and `data`, or with what a function makes of the request's body."""
        self.headers[method, path] = headers or {}
        self._answers[method, path] = status if callable(status) else (lambda _body: (status, data))

    def reset(self) -> None:
        """Forget answers and calls."""
        self.calls, self.received, self.down = [], [], False
        self._answers.clear()
        self.headers.clear()

    def respond(self, method: str, path: str, authorization: str, raw: bytes) -> tuple[int, Any]:
        """What the played service answers; a call without a good token or without an answer is a 404."""
        body = orjson.loads(raw) if raw else None
        callee = _Callee(self._settings(), self.name)
        identity = verify_service_token(authorization.removeprefix("Bearer "), callee)  # type: ignore[arg-type]
        self.calls.append((method, path, body, identity))
        responder = self._answers.get((method, path))
        return responder(body) if responder else (404, {"detail": "Not found."})

    def close(self) -> None:
        """Stop serving."""
        self._server.shutdown()
        self._server.server_close()


class _Callee:
    """The settings of the service under test, seen from the callee: it has the same secrets."""

    def __init__(self, settings: Settings, service: str) -> None:
        self.service = service
        self.secret_for = settings.secret_for


@pytest.fixture(scope="session")
def play(request: pytest.FixtureRequest) -> Iterator[Callable[[str], PlayedService]]:
    """`play("catalog")`: the played catalog; the same one each time. Its URL goes into `extra_settings`."""
    playing: dict[str, PlayedService] = {}

    def get(name: str) -> PlayedService:
        if name not in playing:
            playing[name] = PlayedService(name, lambda: request.getfixturevalue("settings"))
        return playing[name]

    yield get
    for service in playing.values():
        service.close()
