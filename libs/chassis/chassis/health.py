"""`/livez /readyz /version /metrics` of every web process. Not routed by the gateway.

Ready means: the database answers and is migrated, and tokens can be verified. The broker and the other services are no
part of it: a service answers with all of them down.
"""

from __future__ import annotations

import time
from typing import Any

import prometheus_client
from flask import Blueprint, Flask, Response, g, request
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

import chassis
from chassis.access import public
from chassis.current import database, settings
from chassis.db import ALL_ACCOUNTS
from chassis.json import json_response
from chassis.keys import Keyring
from chassis.schema_version import head_revision

REQUESTS = prometheus_client.Histogram(
    "http_request_duration_seconds", "Time to answer, by route.", ["method", "route", "status"],
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)  # fmt: skip


def install(app: Flask, keyring: Keyring) -> None:
    """Add the routes and the request timer to `app`."""
    routes = Blueprint("health", __name__)

    @routes.get("/livez")
    @public
    def livez() -> Response:
        return json_response({"status": "ok"})

    @routes.get("/readyz")
    @public
    def readyz() -> Response:
        checks = {"database": _migrated(), "keys": getattr(keyring, "ready", lambda: True)()}
        ready = all(checks.values())
        return json_response({"status": "ok" if ready else "unavailable", "checks": checks}, 200 if ready else 503)

    @routes.get("/version")
    @public
    def version() -> Response:
        service, commit = settings().service, settings().commit or None
        known = {"service": service, "commit": commit, "chassis": chassis.__version__, "schema": head_revision(service)}
        return json_response(known)

    @routes.get("/metrics")
    @public
    def metrics() -> Response:
        return Response(prometheus_client.generate_latest(), mimetype="text/plain")

    @app.before_request
    def start_timer() -> None:
        g.started = time.perf_counter()

    @app.after_request
    def stop_timer(response: Response) -> Response:
        route = request.url_rule.rule if request.url_rule else "-"
        _timer(request.method, route, response.status_code).observe(time.perf_counter() - g.started)
        return response

    app.register_blueprint(routes)


_timers: dict[tuple[str, str, int], Any] = {}


def _timer(method: str, route: str, status: int) -> Any:
    # labels() takes a lock and builds strings; one dict look-up is all a hot path should pay
    key = (method, route, status)
    if key not in _timers:
        _timers[key] = REQUESTS.labels(method, route, str(status))
    return _timers[key]


def _migrated() -> bool:
    try:
        with database().read(ALL_ACCOUNTS) as session:
            found = session.execute(text("SELECT version_num FROM alembic_version")).scalar()
    except SQLAlchemyError:
        return False
    # A newer schema is fine: migrations expand first, so the code of before runs on it while it is being replaced.
    return isinstance(found, str) and found >= head_revision(settings().service)
