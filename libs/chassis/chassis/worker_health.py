"""The worker's own small HTTP port: `/healthz`, `/readyz`, and `/metrics` for Prometheus. No Flask, for its memory."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol

import orjson
from sqlalchemy.exc import SQLAlchemyError

from chassis import metrics as process_metrics
from chassis.db import Database
from chassis.messaging import metrics
from chassis.messaging.outbox import outbox_backlog
from chassis.pulse import Pulse


class Watched(Protocol):
    """A thread and its sign of life."""

    @property
    def thread(self) -> threading.Thread: ...
    @property
    def pulse(self) -> Pulse: ...


class HealthServer:
    """Serves on `bind` (`127.0.0.1:8101`) from a thread of its own.

    `/healthz` is 200 while all threads live and move, with the broker or the database away too (their states say so);
    503 when one of them died or hangs. `/readyz` is 200 when, besides, the service's queue is bound and consumed: until
    then an event that another service's queue takes would be lost to this one, so nobody should be let in before.
    """

    def __init__(self, bind: str, service: str, database: Database, parts: Sequence[Watched]) -> None:
        self._service = service
        self._database = database
        self._parts = parts
        host, _, port = bind.rpartition(":")
        self._server = ThreadingHTTPServer((host, int(port)), self._handler())
        self._server.daemon_threads = True

    def start(self) -> None:
        """Begin to answer."""
        threading.Thread(target=self._server.serve_forever, name="health", daemon=True).start()

    def stop(self) -> None:
        """Stop answering and free the port."""
        self._server.shutdown()
        self._server.server_close()

    def health(self, *, to_be_ready: bool = False) -> tuple[int, bytes]:
        """Status and body of `/healthz`, or of `/readyz`."""
        threads = {
            part.pulse.name: {
                "alive": part.thread.is_alive(),
                "state": part.pulse.state,
                "poll_age_seconds": round(part.pulse.age, 3),
            }
            for part in self._parts
        }
        well = all(part.thread.is_alive() and not part.pulse.stuck for part in self._parts)
        if to_be_ready:
            well = well and all(part.pulse.ready for part in self._parts)
        body = {"service": self._service, "status": "ok" if well else "failing", "threads": threads}
        return 200 if well else 503, orjson.dumps(body)

    def metrics(self) -> bytes:
        """Body of `/metrics`."""
        for part in self._parts:
            metrics.POLL_AGE.labels(part.pulse.name).set(part.pulse.age)
        try:
            depth, age = map(float, outbox_backlog(self._database))
        except SQLAlchemyError:
            depth = age = float("nan")  # not known while the database is away
        metrics.OUTBOX_DEPTH.set(depth)
        metrics.OUTBOX_AGE.set(age)
        return process_metrics.exposition(self._database)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                if self.path == "/healthz":
                    self._answer(*outer.health(), "application/json")
                elif self.path == "/readyz":
                    self._answer(*outer.health(to_be_ready=True), "application/json")
                elif self.path == "/metrics":
                    self._answer(200, outer.metrics(), process_metrics.CONTENT_TYPE)
                else:
                    self._answer(404, b"{}", "application/json")

            def _answer(self, status: int, body: bytes, content_type: str) -> None:
                self.send_response(status)
                self.send_header("Content-Type", content_type)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, format: str, *args: Any) -> None:
                pass  # probes every few seconds are no news

        return Handler
