"""Product files, read and written: CSV in UTF-8 as spreadsheets make it, one product a line, a header of column names.

`,` or `;` between the cells, with or without a byte order mark and a first line `sep=;`. The delimiter says how numbers are
written: `1.234,50` in a file with `;`, `1,234.50` in one with `,`. An empty cell leaves a field alone (no supplier, where the
column is there). Prices may begin with `$`; tax rates are in both notations or like `16%`.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, BinaryIO, ClassVar, Literal

import marshmallow as ma

from catalog.api.schemas import ProductPatch
from catalog.domain.pricing import NOTATIONS
from catalog.domain.product_file import COLUMNS, Line, SupplierNames
from chassis.problems import Invalid
from chassis.spreadsheets import BYTE_ORDER_MARK, csv_rows, is_damaged_code, is_error_value, plain_number, unguarded
from chassis.text import cut, nfc

MAX_LINES = 50_000
MAX_LINE = 64 * 1024  # characters
_TOO_LONG = f"The file has more than {MAX_LINES} lines. Split it."
_FIELDS = ProductPatch().fields
_YES = {"true", "1", "yes", "y", "si", "sí", "verdadero", "activo"}
_NO = {"false", "0", "no", "n", "falso", "inactivo"}
_SEPARATOR = re.compile(r"\s*\"?sep=(.)\"?[\s,;]*", re.IGNORECASE)
DecimalMark = Literal["comma", "dot"]
Reader = Callable[[str, DecimalMark], Any]


class BadFile(Invalid):
    """400: not a file of products at all."""

    example: ClassVar[Mapping[str, Any]] = {"message": "The file is empty."}

    def __init__(self, message: str) -> None:
        super().__init__({"file": [message]})


def read_lines(file: BinaryIO, *, decimal: DecimalMark | None = None) -> list[Line]:
    """Return the lines of a product file; what is wrong with a line is in its `errors`. BadFile.

    `decimal` says how numbers are written; by default the delimiter does.
    """
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    try:
        return list(_lines(text, decimal))
    except UnicodeDecodeError:
        raise BadFile("The file is not UTF-8 text. Save it as CSV UTF-8.") from None
    finally:
        text.detach()


def write_lines(chunks: Iterable[Sequence[Any]], suppliers: SupplierNames) -> Iterator[bytes]:
    """The file that `read_lines` reads as these products, in pieces."""
    yield BYTE_ORDER_MARK + csv_rows([COLUMNS])
    for products in chunks:
        yield csv_rows([_cells(product, suppliers) for product in products])


def _cells(product: Any, suppliers: SupplierNames) -> list[Any]:
    return [
        product.sku, product.name, product.price, product.tax_rate, product.current_stock,
        product.low_stock_threshold, suppliers.label(product.supplier_id), str(product.is_active).lower(),
    ]  # fmt: skip


def _lines(text: io.TextIOBase, decimal: DecimalMark | None) -> Iterator[Line]:
    physical = _physical(text)
    header, skipped, delimiter = next(physical, ""), 0, ""
    if separator := _SEPARATOR.fullmatch(header):
        header, skipped, delimiter = next(physical, ""), 1, separator[1]
        if delimiter not in ",;":
            raise BadFile(f'Cells are separated by "," or ";", not by "{delimiter}".')
    if not header.strip():
        raise BadFile("The file is empty.")
    delimiter = delimiter or (";" if header.count(";") > header.count(",") else ",")
    decimal = decimal or ("comma" if delimiter == ";" else "dot")
    rows = csv.reader(physical, delimiter=delimiter, strict=True)
    columns = _columns(next(csv.reader([header], rows.dialect), []))
    read = 0
    for number, cells in _numbered(rows, first=skipped + 2):
        if number > MAX_LINES * 20:  # most of them empty, but they take their time
            raise BadFile(_TOO_LONG)
        if not any(cells):
            continue
        if (read := read + 1) > MAX_LINES:  # whatever their SKUs: each one takes memory
            raise BadFile(_TOO_LONG)
        yield _line(number, columns, cells, decimal)
    if not read:
        raise BadFile("The file has a header, but no products.")


def _physical(text: io.TextIOBase) -> Iterator[str]:
    number = 0
    while line := text.readline(MAX_LINE):
        number += 1
        if len(line) == MAX_LINE and not line.endswith("\n"):
            raise BadFile(f"Line {number} has more than {MAX_LINE} characters.")
        yield line


def _numbered(rows: Any, *, first: int) -> Iterator[tuple[int, list[str]]]:
    """Yield each record with the number of the line it begins on; `first` is the line after the header."""
    while True:
        number = int(rows.line_num) + first
        try:
            cells = next(rows, None)
        except csv.Error as error:
            raise BadFile(f"Line {number} can't be read: {error}.") from None
        if cells is None:
            return
        yield number, cells


def _columns(names: Iterable[str]) -> list[str]:
    columns = [name.strip().lower() for name in names]
    while columns and not columns[-1]:
        columns.pop()  # spreadsheets leave empty columns at the end
    if unknown := [name for name in columns if name not in COLUMNS]:
        raise BadFile(f"Unknown columns: {', '.join(map(cut, unknown[:10]))}. There are: {', '.join(COLUMNS)}.")
    if twice := sorted({name for name in columns if columns.count(name) > 1}):
        raise BadFile(f"Columns that are there twice: {', '.join(twice)}.")
    if "sku" not in columns:
        raise BadFile("The column sku is missing.")
    return columns


def _line(number: int, columns: Sequence[str], cells: Sequence[str], decimal: DecimalMark) -> Line:
    line = Line(number, "", {})
    if len(cells) < len(columns) or any(cells[len(columns) :]):
        line.errors["line"] = [f"This line has {len(cells)} cells, the header has {len(columns)}."]
    for column, cell in zip(columns, cells, strict=False):
        value = nfc(unguarded(cell).strip())
        if not value and column != "sku":
            if column == "supplier":
                line.fields["supplier"] = None
            continue
        try:
            line.fields[column] = _READERS[column](value, decimal)
        except ma.ValidationError as error:
            line.errors[column] = list(error.messages)
            if column == "sku":
                line.sku = value[:64]
    line.sku = line.fields.pop("sku", line.sku)
    return line


def _text(field: str) -> Reader:
    def read(cell: str, _decimal: DecimalMark) -> Any:
        value = _FIELDS[field].deserialize(cell)
        if is_error_value(cell):
            raise ma.ValidationError(f'"{cut(cell)}" is an error of the spreadsheet that wrote the file.')
        return value

    return read


def _sku(cell: str, decimal: DecimalMark) -> Any:
    if is_damaged_code(cell):
        raise ma.ValidationError(
            f'"{cut(cell)}" is a number that a spreadsheet has shortened. Format the column as text and export it again.'
        )
    return _text("sku")(cell, decimal)


def _supplier(cell: str, _decimal: DecimalMark) -> str:
    if is_error_value(cell):
        raise ma.ValidationError(f'"{cut(cell)}" is an error of the spreadsheet that wrote the file.')
    return cell


def _number(field: str) -> Reader:
    return lambda cell, decimal: _FIELDS[field].deserialize(_plain(cell.removeprefix("$"), decimal))


def _tax_rate(cell: str, decimal: DecimalMark) -> Any:
    rate = cell.removesuffix("%").strip().upper()
    if rate not in NOTATIONS:
        try:
            return _FIELDS["tax_rate"].deserialize(float(_plain(rate, decimal)))  # 16 and 0.160 spell a rate too
        except (ValueError, ma.ValidationError):
            raise ma.ValidationError(f'"{cut(cell)}" is not a valid choice.') from None
    return rate


def _plain(cell: str, decimal: DecimalMark) -> str:
    """Return a number as JSON would have it, "" for what is no number; one in the other notation is a ValidationError."""
    if (plain := plain_number(cell, decimal)) is not None:
        return plain
    other: DecimalMark = "dot" if decimal == "comma" else "comma"
    if plain_number(cell, other) is None:
        return ""  # the field says what it wants
    raise ma.ValidationError(
        f'"{cut(cell)}" has no decimal {decimal}. If the numbers of this file have a decimal {other}, import it with'
        f" decimal={other}."
    )


def _is_active(cell: str, _decimal: DecimalMark) -> bool:
    word = cell.lower()
    if word not in _YES and word not in _NO:
        raise ma.ValidationError("Must be a valid boolean.")
    return word in _YES


_READERS: dict[str, Reader] = {
    "sku": _sku, "name": _text("name"), "price": _number("price"), "tax_rate": _tax_rate,
    "current_stock": _number("current_stock"), "low_stock_threshold": _number("low_stock_threshold"),
    "supplier": _supplier, "is_active": _is_active,
}  # fmt: skip
