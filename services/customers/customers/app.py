"""The web app of the customers service: wiring only."""

from __future__ import annotations

from flask import Flask

from chassis.current import EXTENSION as CHASSIS
from chassis.service import create_service
from customers.api import chatbot_users, client_pins, clients, credit, customers, internal, points, privacy
from customers.config import Config
from customers.runtime import EXTENSION, assemble


def create_app(config: Config | None = None) -> Flask:
    """The app; its configuration comes from the environment unless given."""
    settings = config or Config.from_env()
    app = create_service(
        settings, customers.blp, points.blp, credit.blp, privacy.blp, chatbot_users.blp, clients.blp, client_pins.blp,
        internal.blp,
    )  # fmt: skip
    app.extensions[EXTENSION] = assemble(settings, app.extensions[CHASSIS]["database"])
    return app
