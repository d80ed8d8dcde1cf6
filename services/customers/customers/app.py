"""The web app of the customers service: wiring only."""

from __future__ import annotations

from flask import Flask

from chassis.service import create_service
from customers.api import customers, internal, points
from customers.config import Config


def create_app(config: Config | None = None) -> Flask:
    """The app; its configuration comes from the environment unless given."""
    return create_service(config or Config.from_env(), customers.blp, points.blp, internal.blp)
