"""The web process of catalog: wiring only."""

from __future__ import annotations

from flask import Flask

from catalog.api import imports, internal, products, promotions, stock, suppliers
from catalog.config import Config
from chassis.service import create_service


def create_app(config: Config | None = None) -> Flask:
    """The app, from the environment unless a config is given."""
    return create_service(
        config or Config.from_env(), suppliers.blp, products.blp, imports.blp, stock.blp, promotions.blp, internal.blp
    )
