"""The web process of catalog: wiring only."""

from __future__ import annotations

from flask import Flask

from catalog.api import (
    b2b_attributes,
    b2b_categories,
    b2b_currencies,
    b2b_products,
    imports,
    internal,
    price_history,
    products,
    promotions,
    stock,
    suppliers,
)
from catalog.config import Config
from chassis.service import create_service


def create_app(config: Config | None = None) -> Flask:
    """The app, from the environment unless a config is given."""
    return create_service(
        config or Config.from_env(), suppliers.blp, products.blp, imports.blp, stock.blp, promotions.blp, price_history.blp,
        internal.blp,
        b2b_products.blp, b2b_categories.blp, b2b_currencies.blp, b2b_attributes.blp,
    )  # fmt: skip
