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
from chassis.db import Database
from chassis.service import create_service


def create_app(config: Config | None = None) -> Flask:
    """The app; its configuration comes from the environment unless given."""
    settings = config or Config.from_env()
    return create_service(
        settings, sales_summary.blp, product_ranking.blp, stock_reports.blp, customer_sales.blp,
        sales_velocity.blp, inventory_valuation.blp,
        database=_replica(settings),
    )  # fmt: skip


def _replica(settings: Config) -> Database | None:
    """Where reports are read, if not in the database that the worker counts in."""
    url = settings.read_database_url
    return Database(url, service=settings.service, pool_size=settings.web_threads) if url else None
