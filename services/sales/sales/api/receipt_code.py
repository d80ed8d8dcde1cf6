"""The folio as a QR code: squares to draw, an SVG to put into a page, or characters to print."""

from __future__ import annotations

from itertools import zip_longest

# Code pages 437, 850 and 858, which line printers start with, have all of these.
_HALF_BLOCKS = {(False, False): " ", (True, False): "▀", (False, True): "▄", (True, True): "█"}


def modules(folio: str) -> list[list[bool]]:
    """Rows of dark and light squares, without the quiet zone."""
    import segno  # here, so that a web that prints nothing does not carry it

    return [[bool(module) for module in row] for row in segno.make_qr(folio, error="m").matrix]


def characters(folio: str) -> list[str]:
    """The code in half blocks, two rows of squares a line, without the quiet zone."""
    rows = modules(folio)
    pairs = zip_longest(rows[::2], rows[1::2], fillvalue=[False] * len(rows))
    return ["".join(map(_HALF_BLOCKS.__getitem__, zip(upper, lower, strict=True))) for upper, lower in pairs]


def svg(folio: str) -> str:
    """An inline SVG of the code with its quiet zone."""
    import segno

    return str(segno.make_qr(folio, error="m").svg_inline(scale=4, title=folio))
