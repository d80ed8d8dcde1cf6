"""How a product is named by those who ask for it."""

from __future__ import annotations

from chassis.codes import code_key
from chassis.search import search_text
from chassis.text import nfc, without_invisible


def name_key(text: str) -> str:
    """Return what a name is found by: itself, whatever its case and Unicode form."""
    return nfc(nfc(without_invisible(text)).strip().casefold())


def sku_keys(text: str) -> set[str]:
    """Return what a SKU is found by: its key, and the one that older versions of this service wrote."""
    return {code_key(text), text.strip().casefold()}


def product_search_text(name: str, sku: str) -> str:
    """Return what `?search=` looks in: name, SKU, and the SKU's key where it is a barcode of another length."""
    key = code_key(sku)
    return search_text(name, sku, key if key.isdigit() and key != sku else None)
