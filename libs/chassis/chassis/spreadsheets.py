"""CSV files of spreadsheets: written in UTF-8 with the mark they want and no cell that they would calculate; read without
mistaking one notation of numbers for another, or a spreadsheet's error for a value.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Any, Literal

_FORMULA = tuple("=+-@\t\r\n＝＋－＠")  # the wide ones count where people type in Japanese
_NUMBERS = {
    decimal: re.compile(rf"[+-]?(?:(?:[1-9]\d{{0,2}}(?:{thousands}\d{{3}})+|\d+)(?:{point}\d+)?|{point}\d+)", re.ASCII)
    for decimal, thousands, point in (("comma", r"\.", ","), ("dot", ",", r"\."))
}
_BLANKS = re.compile("[ \u00a0\u2009\u202f]")
# `#REF!`, `#N/A`, `#NAME?`, in Spanish `#¡REF!`, `#¿NOMBRE?`, `#N/D`; `Err:502` of LibreOffice; a column that was too narrow.
_ERROR_VALUE = re.compile(r"#{2,}|#[¡¿]?[A-ZÁÉÍÓÚÑ/0_ ]+[!?]|#N/[AD]|#GETTING_DATA|Err:\d{3}", re.IGNORECASE)
# 7.50106E+12; 7501055300075.0, which is what a column of numbers becomes in many a script.
_DAMAGED_CODE = re.compile(r"[+-]?\d+(?:[.,]\d+)?E[+-]\d{1,3}|\d{7,}[.,]0+", re.IGNORECASE | re.ASCII)
BYTE_ORDER_MARK = "\ufeff".encode()
"""What a file begins with: without it spreadsheets misread accents."""


def guarded(cell: str) -> str:
    """A cell for a spreadsheet: one that it would calculate gets a `'` in front, and so does one that begins with `'`."""
    return "'" + cell if cell.startswith((*_FORMULA, "'")) else cell


def unguarded(cell: str) -> str:
    """What `guarded` was given. A `'` before anything else stays."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith((*_FORMULA, "'")) else cell


def plain_number(cell: str, decimal: Literal["comma", "dot"]) -> str | None:
    """Return the number of a cell in plain digits with a decimal dot; None when it is not written with this decimal mark.

    The other mark, a blank or nothing stands between thousands, always in groups of three: `1.234,50` with a comma is
    `1234.50`, `1.50` is None.
    """
    compact = _BLANKS.sub("", cell)
    if not _NUMBERS[decimal].fullmatch(compact):
        return None
    return compact.replace(".", "").replace(",", ".") if decimal == "comma" else compact.replace(",", "")


def is_error_value(cell: str) -> bool:
    """Whether a cell has the error that a spreadsheet shows in place of a value, such as `#REF!` or `########`."""
    return _ERROR_VALUE.fullmatch(cell) is not None


def is_damaged_code(cell: str) -> bool:
    """Whether a cell has what a spreadsheet makes of a long code that it takes for a number, such as `7.50106E+12`."""
    return _DAMAGED_CODE.fullmatch(cell) is not None


def csv_rows(rows: Iterable[Sequence[Any]]) -> bytes:
    """The bytes of some rows: texts in quotes and guarded, numbers as they are, None as an empty cell."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_NONNUMERIC)
    writer.writerows([guarded(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
    return text.getvalue().encode()


def csv_file(rows: Iterable[Sequence[Any]]) -> bytes:
    """A whole file; the first row is the header."""
    return BYTE_ORDER_MARK + csv_rows(rows)
