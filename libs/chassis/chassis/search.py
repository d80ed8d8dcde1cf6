"""Search that minds neither case nor accents, alike on both engines: a `search_text` column (Text), written with its row."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

from sqlalchemy import ColumnElement, and_, func, true
from sqlalchemy.orm import InstrumentedAttribute

from chassis.text import without_invisible


def search_text(*parts: str | None) -> str:
    """What a `search_text` column holds: the parts in plain letters, `"María", "F47AC10B"` → `"maria f47ac10b"`."""
    visible = without_invisible(
        " ".join(" ".join(filter(None, parts)).split())
    )  # blanks first: a tab is one, and hides
    decomposed = unicodedata.normalize("NFKD", visible.casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def matches(column: InstrumentedAttribute[str], term: str) -> ColumnElement[bool]:
    """The condition of `?search=`: every word of `term` stands somewhere; `%` and `_` in them mean themselves."""
    return and_(true(), *(column.contains(word, autoescape=True) for word in search_text(term).split()))


def is_number(term: str) -> bool:
    """Whether a search may be for a phone number, or a part of one."""
    return re.fullmatch(r"\+?[0-9](?:[\s().\-/]*[0-9]){3,}", term.strip().lstrip("(")) is not None


def matches_number(column: ColumnElement[str] | InstrumentedAttribute[str], term: str) -> ColumnElement[bool]:
    """The condition that the phone number `term`, or a part of one, stands in `column`, which has no punctuation.

    Ten digits are enough: before them stand country codes and prefixes, which are often left out.
    """
    return column.contains(re.sub(r"[^0-9]", "", term)[-10:])


def without_punctuation(column: Any) -> ColumnElement[str]:
    """A column's phone number as digits and plus."""
    for character in " ().-/":
        column = func.replace(column, character, "")
    found: ColumnElement[str] = column
    return found
