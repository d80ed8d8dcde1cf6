"""CSV files for spreadsheets: UTF-8 with the mark they want, and no cell that they would calculate."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

_FORMULA = tuple("=+-@\t\r\n＝＋－＠")  # the wide ones count where people type in Japanese
BYTE_ORDER_MARK = "\ufeff".encode()
"""What a file begins with: without it spreadsheets misread accents."""


def guarded(cell: str) -> str:
    """A cell for a spreadsheet: one that it would calculate gets a `'` in front, and so does one that begins with `'`."""
    return "'" + cell if cell.startswith((*_FORMULA, "'")) else cell


def unguarded(cell: str) -> str:
    """What `guarded` was given. A `'` before anything else stays."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith((*_FORMULA, "'")) else cell


def csv_rows(rows: Iterable[Sequence[Any]]) -> bytes:
    """The bytes of some rows: texts in quotes and guarded, numbers as they are, None as an empty cell."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_NONNUMERIC)
    writer.writerows([guarded(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    return text.getvalue().encode()


def csv_file(rows: Iterable[Sequence[Any]]) -> bytes:
    """A whole file; the first row is the header."""
    return BYTE_ORDER_MARK + csv_rows(rows)
