"""Product files, read and written: CSV in UTF-8 as spreadsheets make it, one product a line, a header of column names.

`,` or `;` between the cells, with or without a byte order mark. An empty cell leaves a field alone (no supplier, where the
column is there). Prices and units may be written `1,234.50`, `$18.50` or `18,50`, tax rates in both notations or as `16%`.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, BinaryIO, ClassVar

import marshmallow as ma

from catalog.api.schemas import ProductPatch
from catalog.domain.pricing import NOTATIONS
from catalog.domain.product_file import COLUMNS, Line, SupplierNames
from chassis.problems import Invalid
from chassis.spreadsheets import BYTE_ORDER_MARK, csv_rows, unguarded

MAX_LINES = 50_000
MAX_LINE = 64 * 1024  # characters
_TOO_LONG = f"The file has more than {MAX_LINES} lines. Split it."
_FIELDS = ProductPatch().fields
_YES = {"true", "1", "yes", "y", "si", "sí", "verdadero", "activo"}
_NO = {"false", "0", "no", "n", "falso", "inactivo"}
_THOUSANDS = re.compile(r"\d{1,3}(,\d{3})+(\.\d*)?")
_DECIMAL_COMMA = re.compile(r"\d+,\d{1,2}")


class BadFile(Invalid):
    """400: not a file of products at all."""

    example: ClassVar[Mapping[str, Any]] = {"message": "The file is empty."}

    def __init__(self, message: str) -> None:
        super().__init__({"file": [message]})


def read_lines(file: BinaryIO) -> list[Line]:
    """The lines of a product file; what is wrong with a line stands in its `errors`. BadFile."""
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    try:
        return list(_lines(text))
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


def _lines(text: io.TextIOBase) -> Iterator[Line]:
    physical = _physical(text)
    header = next(physical, "")
    if not header.strip():
        raise BadFile("The file is empty.")
    rows = csv.reader(physical, delimiter=";" if header.count(";") > header.count(",") else ",", strict=True)
    columns = _columns(next(csv.reader([header], rows.dialect), []))
    first_lines: dict[str, int] = {}
    read = 0
    for number, cells in _numbered(rows):
        if number > MAX_LINES * 20:  # most of them empty, but they take their time
            raise BadFile(_TOO_LONG)
        if not any(cells):
            continue
        if (read := read + 1) > MAX_LINES:  # whatever their SKUs: each one takes memory
            raise BadFile(_TOO_LONG)
        line = _line(number, columns, cells)
        if (first := first_lines.setdefault(line.sku, number)) != number and line.sku:
            line.errors.setdefault("sku", [f"Line {first} has this SKU already."])
        yield line
    if not read:
        raise BadFile("The file has a header, but no products.")


def _physical(text: io.TextIOBase) -> Iterator[str]:
    number = 0
    while line := text.readline(MAX_LINE):
        number += 1
        if len(line) == MAX_LINE and not line.endswith("\n"):
            raise BadFile(f"Line {number} has more than {MAX_LINE} characters.")
        yield line


def _numbered(rows: Any) -> Iterator[tuple[int, list[str]]]:
    """Each record with the number of the line it begins on; the header was line 1."""
    while True:
        number = int(rows.line_num) + 2
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
        raise BadFile(f"Unknown columns: {', '.join(unknown)}. There are: {', '.join(COLUMNS)}.")
    if twice := sorted({name for name in columns if columns.count(name) > 1}):
        raise BadFile(f"Columns that are there twice: {', '.join(twice)}.")
    if "sku" not in columns:
        raise BadFile("The column sku is missing.")
    return columns


def _line(number: int, columns: Sequence[str], cells: Sequence[str]) -> Line:
    line = Line(number, "", {})
    if len(cells) < len(columns) or any(cells[len(columns) :]):
        line.errors["line"] = [f"This line has {len(cells)} cells, the header has {len(columns)}."]
    for column, cell in zip(columns, cells, strict=False):
        value = unguarded(cell).strip()
        if column == "supplier":
            line.fields["supplier"] = value or None
        elif value or column == "sku":
            try:
                line.fields[column] = _READERS[column](value)
            except ma.ValidationError as error:
                line.errors[column] = list(error.messages)
                if column == "sku":
                    line.sku = value[:64]
    line.sku = line.fields.pop("sku", line.sku)
    return line


def _number(field: str) -> Callable[[str], Any]:
    def read(cell: str) -> Any:
        plain = cell.removeprefix("$").replace(" ", "").replace("\u00a0", "")
        if _THOUSANDS.fullmatch(plain):
            plain = plain.replace(",", "")
        elif _DECIMAL_COMMA.fullmatch(plain):
            plain = plain.replace(",", ".")
        return _FIELDS[field].deserialize(plain)

    return read


def _tax_rate(cell: str) -> Any:
    rate = cell.removesuffix("%").strip().replace(",", ".").upper()
    if rate not in NOTATIONS:
        try:
            return _FIELDS["tax_rate"].deserialize(float(rate))  # 16 and 0.160 spell a rate too
        except (ValueError, ma.ValidationError):
            raise ma.ValidationError(f'"{cell}" is not a valid choice.') from None
    return rate


def _is_active(cell: str) -> bool:
    word = cell.lower()
    if word not in _YES and word not in _NO:
        raise ma.ValidationError("Must be a valid boolean.")
    return word in _YES


_READERS: dict[str, Callable[[str], Any]] = {
    "sku": _FIELDS["sku"].deserialize, "name": _FIELDS["name"].deserialize, "price": _number("price"),
    "tax_rate": _tax_rate, "current_stock": _number("current_stock"),
    "low_stock_threshold": _number("low_stock_threshold"), "is_active": _is_active,
}  # fmt: skip
