"""Calls to other services: kept-alive connections, a service token, two seconds, and a circuit that opens when nobody answers.

Never a retry without the callee's promise of idempotency: our internal writes are idempotent by uid, so the caller decides.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Any

import orjson
import urllib3
from urllib3.exceptions import HTTPError

from chassis import logs, metrics, spans, tracing
from chassis.identity import sign_service_token
from chassis.problems import Unavailable
from chassis.settings import Settings

log = logs.get(__name__)


class Answer:
    """An internal answer: `status`, decoded `data`, `headers`."""

    __slots__ = ("data", "headers", "status")

    def __init__(self, status: int, data: Any, headers: Mapping[str, str]) -> None:
        self.status, self.data, self.headers = status, data, headers


class InternalClient:
    """Client of one callee, shared by the threads of a process.

    `call` raises Unavailable (the user's 503) when the callee can't be reached, is too slow, answers 5xx, or while the
    circuit is open. Any other status is the caller's to read.
    """

    FAILURES_TO_OPEN = 5
    OPEN_SECONDS = 5.0

    def __init__(self, settings: Settings, callee: str, base_url: str, *, timeout: float = 2.0) -> None:
        self._caller, self._callee = settings.service, callee
        self._base_url = base_url.rstrip("/")
        self._secret = settings.secret_for(settings.service, callee)
        self._pool = urllib3.PoolManager(
            maxsize=settings.web_threads,
            timeout=urllib3.Timeout(connect=min(1.0, timeout), read=timeout),
            retries=False,
        )
        self._lock = threading.Lock()
        self._failures = 0
        self._open_until = 0.0
        metrics.CIRCUIT_OPEN.labels(callee).set(0)

    def call(self, method: str, path: str, *, account_id: int | None, body: Any = None) -> Answer:
        """One request to `/internal/…` of the callee, acting for `account_id`."""
        self._admit()
        around = tracing.current()
        step = tracing.begin() if around is None else around.step()
        headers = {
            "Authorization": "Bearer "
            + sign_service_token(self._secret, caller=self._caller, callee=self._callee, account_id=account_id),
            "Content-Type": "application/json",
            "X-Request-Id": step.request_id,
            "traceparent": step.traceparent,
        }
        try:
            answer = self._pool.request(
                method, self._base_url + path, body=None if body is None else orjson.dumps(body), headers=headers
            )
            data = orjson.loads(answer.data) if answer.data else None
        except (HTTPError, orjson.JSONDecodeError, OSError) as error:
            self._failed(path, type(error).__name__, step, method)
            raise Unavailable from error
        if answer.status >= 500:
            again = _seconds(answer.headers.get("Retry-After"))
            self._failed(path, str(answer.status), step, method, answer.status, again)
            raise Unavailable
        if self._failures:
            self._failures = 0
            metrics.CIRCUIT_OPEN.labels(self._callee).set(0)
        self._timed("answered", step, method, answer.status)
        return Answer(answer.status, data, answer.headers)

    def _admit(self) -> None:
        """While the circuit is open refuse at once, but let one request through every OPEN_SECONDS to try the water."""
        if self._failures < self.FAILURES_TO_OPEN:
            return
        with self._lock:
            now = time.monotonic()
            if now < self._open_until:
                metrics.calls_to(self._callee, "refused").observe(0)
                raise Unavailable(retry_after=max(1, round(self._open_until - now)))
            self._open_until = now + self.OPEN_SECONDS

    def _failed(
        self, path: str, reason: str, step: tracing.Trace, method: str, status: int = 0, again: float = OPEN_SECONDS
    ) -> None:
        self._timed("failed", step, method, status)
        with self._lock:
            self._failures += 1
            if self._failures >= self.FAILURES_TO_OPEN:
                # A callee that says when to come again is asked then: its database may be back at any moment.
                self._open_until = time.monotonic() + min(self.OPEN_SECONDS, again)
                metrics.CIRCUIT_OPEN.labels(self._callee).set(1)
        log.warning("internal_call_failed", callee=self._callee, path=path, reason=reason, failures=self._failures)

    def _timed(self, outcome: str, step: tracing.Trace, method: str, status: int) -> None:
        seconds = time.perf_counter() - step.began
        metrics.calls_to(self._callee, outcome).observe(seconds)
        if spans.enabled:
            spans.called(step, self._callee, method, seconds, status)


def _seconds(retry_after: str | None) -> float:
    return float(retry_after) if retry_after and retry_after.isdecimal() else InternalClient.OPEN_SECONDS
