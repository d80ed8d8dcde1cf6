"""What a product is found by besides its SKU as it was typed."""

from __future__ import annotations

from chassis.codes import code_key
from chassis.search import search_text


def product_search_text(name: str, sku: str) -> str:
    """Return what `?search=` looks in: name, SKU, and the SKU's key where it is a barcode of another length."""
    key = code_key(sku)
    return search_text(name, sku, key if key.isdigit() and key != sku else None)
