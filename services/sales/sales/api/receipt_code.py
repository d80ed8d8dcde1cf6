"""The folio as a QR code: squares to draw, or an SVG to put into a page."""

from __future__ import annotations


def modules(folio: str) -> list[list[bool]]:
    """Rows of dark and light squares, without the quiet zone."""
    import segno  # here, so that a web that prints nothing does not carry it

    return [[bool(module) for module in row] for row in segno.make_qr(folio, error="m").matrix]


def svg(folio: str) -> str:
    """An inline SVG of the code with its quiet zone."""
    import segno

    return str(segno.make_qr(folio, error="m").svg_inline(scale=4, title=folio))
