"""Search that minds neither case nor accents, alike on both engines: a `search_text` column (Text), written with its row."""

from __future__ import annotations

import unicodedata

from sqlalchemy import ColumnElement, and_, true
from sqlalchemy.orm import InstrumentedAttribute


def search_text(*parts: str | None) -> str:
    """What a `search_text` column holds: the parts in plain letters, `"María", "F47AC10B"` → `"maria f47ac10b"`."""
    decomposed = unicodedata.normalize("NFKD", " ".join(filter(None, parts)).casefold())
    return "".join(character for character in decomposed if not unicodedata.combining(character))


def matches(column: InstrumentedAttribute[str], term: str) -> ColumnElement[bool]:
    """The condition of `?search=`: every word of `term` stands somewhere; `%` and `_` in them mean themselves."""
    return and_(true(), *(column.contains(word, autoescape=True) for word in search_text(term).split()))
