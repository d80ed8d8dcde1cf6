"""What each request leaves behind: its trace in force, one observation in a histogram, one line in the log, one span.

All of it costs a few microseconds; a request's own work costs hundreds.
"""

from __future__ import annotations

import time
from typing import Any

from flask import Flask, Response, g, request

from chassis import logs, metrics, spans, tracing
from chassis.tenancy import tenant

_TOLD = ("/api/", "/internal/", "-")  # probes every few seconds are no news; "-" is what no route fits
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
_timers: dict[tuple[str, str, int], Any] = {}


def install(app: Flask) -> None:
    """Before everything else of `app`: what is refused is seen too."""

    @app.before_request
    def begin() -> None:
        sent = request.environ
        tracing.put_in_force(tracing.begin(sent.get("HTTP_TRACEPARENT"), sent.get("HTTP_X_REQUEST_ID")))

    @app.after_request
    def end(response: Response) -> Response:
        trace = tracing.current()
        if trace is None:  # another before_request of the framework's answered first
            return response
        rule = request.url_rule
        route = rule.rule if rule else "-"
        if not route.startswith(_TOLD):
            return response
        seconds = time.perf_counter() - trace.began
        method, status = request.method, response.status_code
        (_timers.get((method, route, status)) or _timer(method, route, status)).observe(seconds)
        if (line := logs.hot_line("request_answered")) is not None:
            _fill(line, trace)
            line |= {"method": method, "route": route, "status": status, "ms": round(seconds * 1000, 2)}
            logs.write(line)
        if spans.enabled:
            spans.served(trace, method, route, status, seconds)
        return response

    @app.teardown_request
    def forget(_error: BaseException | None) -> None:
        tracing.put_in_force(None)  # threads are used again


def _fill(line: dict[str, Any], trace: tracing.Trace) -> None:
    line["request_id"], line["trace_id"] = trace.request_id, trace.trace_id
    if isinstance(account := tenant(), int):
        line["account_id"] = account
    if trace.user_id is not None:
        line["user_id"] = trace.user_id
    elif caller := g.get("caller"):
        line["caller"] = caller.caller


def _timer(method: str, route: str, status: int) -> Any:
    if method not in _METHODS:
        method = "other"  # a client may send any word
    timer = metrics.REQUESTS.labels(method, route, str(status))
    if method != "other":
        _timers[method, route, status] = timer
    return timer
