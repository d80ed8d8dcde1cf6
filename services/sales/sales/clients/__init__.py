"""HTTP out to other services. The app carries one client of each, shared by its threads."""

from __future__ import annotations

from flask import Flask, current_app

from sales.clients.catalog import Catalog
from sales.clients.customers import Customers
from sales.clients.references import References
from sales.config import Config


def install(app: Flask, settings: Config) -> None:
    """Give the app its clients; they connect at their first call."""
    app.extensions["catalog"] = Catalog(settings)
    app.extensions["customers"] = Customers(settings)
    app.extensions["references"] = References(settings)


def catalog() -> Catalog:
    """The running app's client of catalog."""
    client: Catalog = current_app.extensions["catalog"]
    return client


def customers() -> Customers:
    """The running app's client of customers."""
    client: Customers = current_app.extensions["customers"]
    return client


def references() -> References:
    """The running app's look-ups for B2B batches."""
    client: References = current_app.extensions["references"]
    return client
