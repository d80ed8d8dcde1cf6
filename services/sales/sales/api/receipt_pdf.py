"""A receipt as a PDF: the printer's lines in Courier on one page as long as they are, and the folio as a QR code.

PDF 1.4 with one of the fonts that every reader has, and bitmaps for the characters that it lacks. A library for it would
bring an imaging and a font library along.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from sales.api import receipt_code, receipt_font
from sales.api.receipt_text import COLUMNS, as_lines
from sales.domain.receipts import Receipt

POINTS_PER_MM = 72 / 25.4
MARGIN = 8.0
CODE = 72.0
_COURIER_WIDTH = 0.6


def as_pdf(receipt: Receipt, *, width: int) -> bytes:
    """The receipt for paper `width` millimetres wide (58 or 80)."""
    columns = COLUMNS[width]
    lines = list(as_lines(receipt, columns=columns))
    page_width = width * POINTS_PER_MM
    size = (page_width - 2 * MARGIN) / (columns * _COURIER_WIDTH)
    leading = size * 1.2
    height = 2 * MARGIN + len(lines) * leading + CODE + MARGIN
    glyphs = receipt_font.Glyphs()
    text = _text(lines, size, leading, glyphs, top=height - MARGIN)
    drawn = text + _code(receipt.folio, left=(page_width - CODE) / 2)
    return _document(drawn, glyphs, title=receipt.folio, page_width=page_width, height=height)


def _text(lines: Sequence[str], size: float, leading: float, glyphs: receipt_font.Glyphs, *, top: float) -> bytes:
    shown = b"".join(_line(line, size, glyphs) for line in lines)
    return f"BT /F1 {size:.2f} Tf {leading:.2f} TL {MARGIN} {top:.2f} Td\n".encode() + shown + b"ET\n"


def _line(line: str, size: float, glyphs: receipt_font.Glyphs) -> bytes:
    runs = [
        (font, b"".join(codes for _, codes in parts)) for font, parts in groupby(glyphs.runs(line), lambda run: run[0])
    ]
    if not any(font for font, _ in runs):
        return b"(" + _escaped(b"".join(codes for _, codes in runs)) + b") '\n"
    shown = (b"/F%d %.2f Tf (%b) Tj " % (1 + font, size, _escaped(codes)) for font, codes in runs)
    return b"T* " + b"".join(shown) + b"/F1 %.2f Tf\n" % size


_ESCAPES = {b"\\": b"\\\\", b"(": b"\\(", b")": b"\\)", b"\r": b"\\r", b"\n": b"\\n"}
"""The last two are codes of glyphs only; readers take either for the end of a line."""


def _escaped(raw: bytes) -> bytes:
    for character, escape in _ESCAPES.items():
        raw = raw.replace(character, escape)
    return raw


def _code(folio: str, *, left: float) -> bytes:
    rows = receipt_code.modules(folio)
    side = CODE / len(rows)
    squares = [
        f"{left + x * side:.2f} {MARGIN + (len(rows) - 1 - y) * side:.2f} {side:.2f} {side:.2f} re"
        for y, row in enumerate(rows)
        for x, dark in enumerate(row)
        if dark
    ]
    return "\n".join([*squares, "f\n"]).encode()


def _document(drawn: bytes, glyphs: receipt_font.Glyphs, *, title: str, page_width: float, height: float) -> bytes:
    fonts, more = _fonts(glyphs.fonts(), first=7)
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {page_width:.2f} {height:.2f}] /Contents 5 0 R"
        f" /Resources << /Font << /F1 4 0 R{fonts} >> >> >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding /WinAnsiEncoding >>",
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(drawn), drawn),
        f"<< /Title ({title}) >>".encode(),
        *more,
    ]
    out, starts = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"), []
    for number, content in enumerate(objects, start=1):
        starts.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % start for start in starts)
    out += b"trailer\n<< /Size %d /Root 1 0 R /Info 6 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table)
    return bytes(out)


def _fonts(fonts: Sequence[Sequence[tuple[str, int]]], *, first: int) -> tuple[str, list[bytes]]:
    """The resources and the objects, numbered from `first`, of fonts made of glyphs."""
    resources, objects = "", list[bytes]()
    for number, glyphs in enumerate(fonts, start=2):
        at = first + len(objects)
        streams = [receipt_font.unicode_map([character for character, _ in glyphs])]
        streams += [receipt_font.procedure(character, columns) for character, columns in glyphs]
        procedures = " ".join(f"/g{code} {at + 1 + code} 0 R" for code in range(1, len(glyphs) + 1))
        names = " ".join(f"/g{code}" for code in range(1, len(glyphs) + 1))
        widths = " ".join(str(600 * columns) for _, columns in glyphs)
        font = (
            "<< /Type /Font /Subtype /Type3 /FontBBox [-600 -120 1200 840] /FontMatrix [0.001 0 0 0.001 0 0]"
            f" /FirstChar 1 /LastChar {len(glyphs)} /Widths [{widths}] /Encoding << /Type /Encoding /Differences [1 {names}] >>"
            f" /CharProcs << {procedures} >> /Resources << >> /ToUnicode {at + 1} 0 R >>"
        )
        objects += [font.encode(), *(b"<< /Length %d >>\nstream\n%b\nendstream" % (len(raw), raw) for raw in streams)]
        resources += f" /F{number} {at} 0 R"
    return resources, objects
