"""A receipt for a printer of 58 or 80 mm: plain lines of 32 or 48 columns, ruled with ASCII, and a code.

Printers have Western code pages: one `?` stands for each visible character that these lack.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import replace

from sales.api import receipt_code
from sales.domain.receipts import Receipt

COLUMNS = {58: 32, 80: 48}


def as_text(receipt: Receipt, *, columns: int) -> str:
    """The receipt, no line longer than `columns`; at its end the folio as a QR code in half blocks."""
    code = (row.center(columns).rstrip() for row in receipt_code.characters(receipt.folio))
    return "\n".join([*as_lines(_printable(receipt), columns=columns), "", *code]) + "\n"


def as_lines(receipt: Receipt, *, columns: int) -> Iterator[str]:
    """The same with all characters and without the code; the folio stands in letters."""
    rule = "-" * columns
    for words in _wrapped(receipt.company, columns):
        yield words.center(columns - _width(words) + len(words)).rstrip()
    if receipt.notice:
        yield f"*** {receipt.notice} ***".center(columns).rstrip()
    yield rule
    for what, value in receipt.head:
        yield from _wrapped(f"{what}: {value}", columns)
    yield rule
    for line in receipt.lines:
        yield from _wrapped(line.name, columns)
        yield from _pair(f"  {line.quantity} x {line.unit_price}", line.amount, columns)
        if line.saved:
            yield f"  ({line.saved})"
    yield rule
    for pair in receipt.sums:
        yield from _pair(*pair, columns)
    yield "=" * columns
    yield from _pair(*receipt.total, columns)
    yield "=" * columns
    for pair in receipt.foot:
        yield from _pair(*pair, columns)
    yield f"* {receipt.folio} *".center(columns).rstrip()


def _pair(what: str, value: str, columns: int) -> list[str]:
    room = columns - len(value) - 1
    if len(what) <= room:
        return [f"{what:<{room}} {value}"]
    return [*_wrapped(what, columns), value.rjust(columns)]


def _wrapped(words: str, columns: int) -> list[str]:
    if _width(words) == len(words):
        return textwrap.wrap(words, columns)
    import wcwidth  # here, so that a web that prints nothing does not carry it

    return wcwidth.wrap(words, columns)


def _width(words: str) -> int:
    """The columns that words take: a Chinese character takes two, an accent of its own none."""
    if _fits(words):
        return len(words)
    import wcwidth

    return wcwidth.width(words)


def _printable(receipt: Receipt) -> Receipt:
    return replace(
        receipt,
        company=printable(receipt.company),
        head=[(what, printable(value)) for what, value in receipt.head],
        lines=[replace(line, name=printable(line.name)) for line in receipt.lines],
    )


def printable(name: str) -> str:
    """A name as any printer takes it: `?` for each visible character that Western code pages lack."""
    if _fits(name):
        return name
    import wcwidth

    return "".join(cluster if _fits(cluster) else "?" for cluster in wcwidth.iter_graphemes(name))


def _fits(text: str) -> bool:
    return text.encode("cp1252", "ignore").decode("cp1252") == text
