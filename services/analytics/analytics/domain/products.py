"""How a product is named by those who ask for it."""

from __future__ import annotations


def identifier_key(text: str) -> str:
    """What a name or SKU is found by: itself, whatever its case."""
    return text.strip().casefold()
