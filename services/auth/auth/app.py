"""The web app of the auth service: wiring only."""

from __future__ import annotations

from flask import Flask

from auth.api import (
    accounts,
    audit,
    b2b_tokens,
    b2b_users,
    device_sessions,
    device_tokens,
    device_users,
    internal,
    jwks,
    sessions,
    tokens,
    users,
)
from auth.config import Config
from auth.runtime import EXTENSION, assemble
from chassis.service import create_service, web_database


def create_app(config: Config | None = None) -> Flask:
    """The app; its configuration comes from the environment unless given. Needs `chassis auth bootstrap` to be ready."""
    settings = config or Config.from_env()
    database = web_database(settings)
    parts = assemble(settings, database)
    app = create_service(
        settings, tokens.blp, jwks.blp, users.blp, accounts.blp, sessions.blp, audit.blp, device_tokens.blp, device_users.blp,
        device_sessions.blp, b2b_tokens.blp, b2b_users.blp, internal.blp, keyring=parts.keystore, database=database,
    )  # fmt: skip
    app.extensions[EXTENSION] = parts
    return app
