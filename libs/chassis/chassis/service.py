"""`create_service`: one call makes a Flask app with all that the services share; an app.py only lists its blueprints."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask import Flask
from werkzeug.routing import IntegerConverter, UnicodeConverter

from chassis import access, errors, failpoints, health, logs, metrics, observation, spans
from chassis.blueprint import Blueprint
from chassis.current import EXTENSION
from chassis.db import Database
from chassis.forwarding import Forwarded
from chassis.identity import TokenVerifier
from chassis.json import OrjsonProvider
from chassis.keys import Keyring, RemoteKeyring
from chassis.revocations import RevokedSessions
from chassis.settings import Settings
from chassis.text import nfc

MAX_BODY = 1024 * 1024  # bytes; the gateway refuses larger ones first


class RowId(IntegerConverter):
    """`<int:…>` in a path. A number that no row can have as its id stands for the last one, which no row has either: so it
    is a 404 after the checks of method, token and role, like any other unknown id.
    """

    regex = "[0-9]+"  # \d would have the digits of every script
    LAST = 2**63 - 1

    def to_python(self, value: str) -> int:
        digits = value.lstrip("0")
        return self.LAST if len(digits) > len(str(self.LAST)) else min(int(digits or "0"), self.LAST)


class Segment(UnicodeConverter):
    """`<…>` in a path: text in the form in which it is stored. A NUL, which no column holds, is read like a broken byte."""

    def to_python(self, value: str) -> str:
        return nfc(value.replace("\x00", "\ufffd"))


class _App(Flask):
    """Flask without asynchronous functions: it would look at each view and hook, at each request, whether it is one."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        return func


def web_database(settings: Settings) -> Database:
    """The service's database as a web process reaches it: through the pooler, where there is one."""
    return Database(
        settings.pooled_database_url or settings.database_url,
        service=settings.service,
        pool_size=settings.web_threads,
        pooled=bool(settings.pooled_database_url),
    )


def create_service(
    settings: Settings, *blueprints: Blueprint, keyring: Keyring | None = None, database: Database | None = None
) -> Flask:
    """The app of the service that `settings` describes. auth brings its own `keyring` and the database it reads it from,
    analytics a replica.
    """
    logs.configure(settings.service, settings.log_level)
    failpoints.arm(settings.failpoints)
    spans.configure(settings.service)
    metrics.describe(settings)
    app = _App(settings.service, static_folder=None)
    app.json = OrjsonProvider(app)
    app.url_map.converters.update({"int": RowId, "default": Segment, "string": Segment})
    app.url_map.merge_slashes = False  # the gateway and the services must read a path alike
    app.config.update(MAX_CONTENT_LENGTH=MAX_BODY)
    app.wsgi_app = Forwarded(app.wsgi_app, settings)  # type: ignore[method-assign]
    database = database or web_database(settings)
    app.extensions[EXTENSION] = {"settings": settings, "database": database}
    keyring = keyring or RemoteKeyring(settings.jwks_url)
    observation.install(app)
    health.install(app, keyring)
    verifier = TokenVerifier(keyring, issuer=settings.jwt_issuer, audience=settings.jwt_audience)
    access.install(app, settings, verifier, RevokedSessions(database).is_revoked)
    for blueprint in blueprints:
        app.register_blueprint(blueprint)
    errors.install(app)
    return app
