"""The web app of the analytics service: wiring only."""

from __future__ import annotations

from flask import Flask

from analytics.api import (
    customer_sales,
    inventory_valuation,
    product_ranking,
    sales_summary,
    sales_velocity,
    stock_reports,
)
from analytics.config import Config
from chassis.service import create_service


def create_app(config: Config | None = None) -> Flask:
    """The app; its configuration comes from the environment unless given."""
    return create_service(
        config or Config.from_env(), sales_summary.blp, product_ranking.blp, stock_reports.blp, customer_sales.blp,
        sales_velocity.blp, inventory_valuation.blp,
    )  # fmt: skip
