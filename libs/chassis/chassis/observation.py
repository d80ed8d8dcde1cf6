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
_EVENT = "request_answered"
_METHODS = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}


def install(app: Flask) -> None:
    """Before everything else of `app`: what is refused is seen too."""
    seen: dict[tuple[str, str, int], tuple[Any, str]] = {}

    def kept(method: str, route: str, status: int) -> tuple[Any, str]:
        """The timer and the beginning of the line of such a request, made once."""
        found = _timer(method, route, status), logs.beginning(_EVENT, method=method, route=route, status=status)
        if method in _METHODS:
            seen[method, route, status] = found
        return found

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
        timer, line = seen.get((method, route, status)) or kept(method, route, status)
        timer.observe(seconds)
        if logs.hot():
            logs.write(f'{line}{_whose(trace)}{_who(trace)},"ms":{seconds * 1000:.2f}}}\n')
        if spans.enabled:
            spans.served(trace, method, route, status, seconds)
        return response

    @app.teardown_request
    def forget(_error: BaseException | None) -> None:
        tracing.put_in_force(None)  # threads are used again


def _whose(trace: tracing.Trace) -> str:
    # JSON by hand: the ids were let in by their form alone, and a number is a number.
    account = tenant()
    ids = f'"timestamp":"{logs.now()}","request_id":"{trace.request_id}","trace_id":"{trace.trace_id}"'
    return f'{ids},"account_id":{account}' if isinstance(account, int) else ids


def _who(trace: tracing.Trace) -> str:
    if trace.user_id is not None:
        return f',"user_id":{trace.user_id}'
    return f',"caller":"{caller.caller}"' if (caller := g.get("caller")) else ""


def _timer(method: str, route: str, status: int) -> Any:
    known = method if method in _METHODS else "other"  # a client may send any word
    return metrics.REQUESTS.labels(known, route, str(status))
