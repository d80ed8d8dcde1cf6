"""A wire between a client and the gateway on which things go wrong when they are told to."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

import requests

LOST, BUSY, EXPIRED = "lost", "busy", "expired"
"""The answer never arrives; 503 with `Retry-After` instead of the gateway; the token that arrives is over."""


@dataclass(frozen=True)
class Passed:
    """One request that a client sent."""

    method: str
    path: str
    key: str | None


class Wire:
    """Passes everything on to `upstream`, except that `mishap(what, path)` befalls the next requests to a path."""

    def __init__(self, upstream: str) -> None:
        self.upstream = upstream
        self.passed: list[Passed] = []
        self._coming: list[tuple[str, str]] = []
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def mishap(self, what: str, path: str, times: int = 1) -> None:
        """The next `times` requests to paths that end with `path` meet with it."""
        with self._lock:
            self._coming += [(what, path)] * times

    def keys(self, path: str) -> list[str | None]:
        """The idempotency keys of all requests to paths that end with `path`."""
        return [passed.key for passed in self.passed if passed.path.endswith(path)]

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _next(self, method: str, path: str, key: str | None) -> str:
        with self._lock:
            self.passed.append(Passed(method, path, key))
            for index, (what, where) in enumerate(self._coming):
                if path.endswith(where):
                    del self._coming[index]
                    return what
        return ""

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        wire = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                path = self.path.partition("?")[0]
                what = wire._next(self.command, path, self.headers.get("Idempotency-Key"))
                if what == BUSY:
                    self._reply(503, {"Retry-After": "1", "Content-Type": "application/json"}, b'{"detail": "Later."}')
                    return
                headers = {name: value for name, value in self.headers.items() if name.lower() != "host"}
                if what == EXPIRED:
                    headers["Authorization"] = headers["Authorization"][:-8] + "AAAAAAAA"
                answer = requests.request(
                    self.command, wire.upstream + self.path, headers=headers, data=body, timeout=30
                )
                if what == LOST:
                    self.close_connection = True
                    return
                kept = {n: v for n, v in answer.headers.items() if n.lower() in ("content-type", "retry-after")}
                self._reply(answer.status_code, kept, answer.content)

            do_POST = do_GET  # noqa: N815 - http.server's name

            def _reply(self, status: int, headers: dict[str, str], body: bytes) -> None:
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                """Nothing: the tests look at `passed`."""

        return Handler
