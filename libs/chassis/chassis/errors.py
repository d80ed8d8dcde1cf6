"""One error shape a surface, whoever raised it: our Problems, Flask's HTTP errors, or a bug (500, logged, nothing told)."""

from __future__ import annotations

from typing import Any

from flask import Flask, Response, request
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException, MethodNotAllowed, RequestEntityTooLarge
from werkzeug.routing import RequestRedirect

from chassis import logs, metrics, outages
from chassis.json import json_response
from chassis.languages import to_spanish
from chassis.problems import NotFound, Problem, Unavailable
from chassis.surfaces import error_body, surface_of
from chassis.text import cut, each_text

log = logs.get(__name__)
LONGEST = 1_000
"""Characters of a message."""


def render(problem: Problem) -> Response:
    """The answer that tells a problem, in the surface's shape and the client's language; no text of it is a long one."""
    spanish = request.accept_languages.best_match(["en", "es"], "en") == "es"

    def worded(value: Any) -> Any:
        return each_text(to_spanish(value) if spanish else value, lambda text: cut(text, LONGEST))

    body, summary = worded(problem.body), problem.summary(worded)
    shaped = error_body(surface_of(request.path), problem.status, body, summary, problem.fields)
    return json_response(shaped, problem.status, problem.headers)


def install(app: Flask) -> None:
    """Register the handlers; they replace those of Flask and flask-smorest."""

    @app.errorhandler(Problem)
    def problem(error: Problem) -> Response:
        return render(error)

    @app.before_request
    def redirect() -> Response | None:
        if not isinstance(request.routing_exception, RequestRedirect):
            return None
        # Nothing may add a slash on /api/v1/. Elsewhere 308 keeps the method, and the Location is relative.
        if request.path.startswith("/api/v1/"):
            return render(NotFound())
        query = f"?{request.query_string.decode()}" if request.query_string else ""
        return json_response({"detail": "Permanent redirect."}, 308, {"Location": f"{request.path}/{query}"})

    @app.errorhandler(HTTPException)
    def http(error: HTTPException) -> Response:
        return render(_from_http(error))

    @app.errorhandler(DBAPIError)
    def database(error: DBAPIError) -> Response:
        # Locked, read-only, restarting, out of connections: the request was rolled back, so trying again is right.
        if outages.worth_retrying(error):
            log.error("database_unavailable", error=str(error.orig))
            metrics.DATABASE_TROUBLE.labels("away").inc()
            return render(Unavailable(retry_after=1))
        return bug(error)

    @app.errorhandler(PoolTimeout)
    def pool(error: PoolTimeout) -> Response:
        log.error("database_pool_exhausted", error=str(error))
        metrics.DATABASE_TROUBLE.labels("exhausted").inc()
        return render(Unavailable())

    @app.errorhandler(Exception)
    def bug(error: Exception) -> Response:
        log.exception("unhandled_error", path=request.path, method=request.method)
        return render(Problem("A server error occurred.", status=500))


def _from_http(error: HTTPException) -> Problem:
    status = error.code or 500
    if status == 404:
        return NotFound()
    headers: dict[str, str] = {}
    if isinstance(error, MethodNotAllowed):
        if error.valid_methods:
            headers["Allow"] = ", ".join(sorted(error.valid_methods))
        return Problem(f'Method "{request.method}" not allowed.', status=405, headers=headers)
    if isinstance(error, RequestEntityTooLarge):
        return Problem("Request body is too large.", status=413)
    body: dict[str, Any] = {"detail": error.description or error.name}
    return Problem(body=body, detail=str(body["detail"]), status=status)
