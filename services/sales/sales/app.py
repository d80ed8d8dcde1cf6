"""The web app of sales: wiring only."""

from __future__ import annotations

from flask import Flask

from chassis.service import create_service
from sales import clients
from sales.api import b2b_orders, internal, orders, receipts
from sales.config import Config


def create_app(config: Config | None = None) -> Flask:
    """The app; reads the environment unless given its settings."""
    settings = config or Config.from_env()
    app = create_service(settings, orders.blp, receipts.blp, b2b_orders.blp, internal.blp)
    clients.install(app, settings)
    return app
