"""Catalog: suppliers, products, their stock, and what holds it (carts and orders)."""

__version__ = "0.1.0"
