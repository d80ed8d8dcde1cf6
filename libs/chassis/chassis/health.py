"""`/livez /readyz /version /metrics` of every web process. Not routed by the gateway.

Ready means: the database answers and is migrated, and tokens can be verified. The broker and the other services are no
part of it: a service answers with all of them down.
"""

from __future__ import annotations

from flask import Blueprint, Flask, Response
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

import chassis
from chassis import metrics
from chassis.access import public
from chassis.current import database, settings
from chassis.db import ALL_ACCOUNTS
from chassis.json import json_response
from chassis.keys import Keyring
from chassis.schema_version import head_revision


def install(app: Flask, keyring: Keyring) -> None:
    """Add the routes to `app`."""
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
        service = settings().service
        return json_response({
            "service": service, "version": _own_version(service), "commit": settings().commit or None,
            "chassis": chassis.__version__, "schema": head_revision(service),
        })  # fmt: skip

    @routes.get("/metrics")
    @public
    def measured() -> Response:
        return Response(metrics.exposition(database()), content_type=metrics.CONTENT_TYPE)

    app.register_blueprint(routes)


def _own_version(service: str) -> str | None:
    from importlib import metadata  # seldom asked: not every process need load it

    try:
        return metadata.version(f"mostrador-{service}")
    except metadata.PackageNotFoundError:
        return None


def _migrated() -> bool:
    try:
        with database().read(ALL_ACCOUNTS) as session:
            found = session.execute(text("SELECT version_num FROM alembic_version")).scalar()
    except SQLAlchemyError:
        return False
    # A newer schema is fine: migrations expand first, so the code of before runs on it while it is being replaced.
    return isinstance(found, str) and found >= head_revision(settings().service)
