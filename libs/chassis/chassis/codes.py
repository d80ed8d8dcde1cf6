"""Codes that machines read, such as SKUs and barcodes: one key for all the ways in which one code is written."""

from __future__ import annotations

from chassis.text import nfc, without_invisible

_GTIN = (8, 12, 13, 14)
"""Digits of GTIN-8, UPC-A, EAN-13 and GTIN-14. Scanners send one label in several of these lengths."""


def code_key(code: str) -> str:
    """Return what a code is compared by: whatever its case, Unicode form and invisible characters; GTINs at 14 digits.

    The check digit does not matter: shops print codes of their own in these lengths, and a scanner pads them alike.
    """
    key = nfc(nfc(without_invisible(code)).strip().casefold())
    return key.zfill(14) if len(key) in _GTIN and key.isascii() and key.isdigit() else key
