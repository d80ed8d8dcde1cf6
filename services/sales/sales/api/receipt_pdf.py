"""A receipt as a PDF: the printer's lines in Courier on one page as long as they are, and the folio as a QR code.

PDF 1.4 with one of the fonts that every reader has; a library for it would bring an imaging and a font library along.
"""

from __future__ import annotations

from collections.abc import Sequence

from sales.api import receipt_code
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
    drawn = _text(lines, size, leading, top=height - MARGIN) + _code(receipt.folio, left=(page_width - CODE) / 2)
    return _document(drawn, title=receipt.folio, page_width=page_width, height=height)


def _text(lines: Sequence[str], size: float, leading: float, *, top: float) -> bytes:
    shown = b"".join(b"(" + _escaped(line) + b") '\n" for line in lines)
    return f"BT /F1 {size:.2f} Tf {leading:.2f} TL {MARGIN} {top:.2f} Td\n".encode() + shown + b"ET\n"


def _escaped(line: str) -> bytes:
    raw = line.encode("cp1252", "replace")
    return raw.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")


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


def _document(drawn: bytes, *, title: str, page_width: float, height: float) -> bytes:
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {page_width:.2f} {height:.2f}] /Contents 5 0 R"
        " /Resources << /Font << /F1 4 0 R >> >> >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Courier /Encoding /WinAnsiEncoding >>",
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(drawn), drawn),
        f"<< /Title ({title}) >>".encode(),
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
