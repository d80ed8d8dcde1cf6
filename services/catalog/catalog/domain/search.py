"""Search without accents and case, alike on every engine: texts are folded when written, words when asked for."""

from __future__ import annotations

import unicodedata

MAX_LENGTH = 500


def folded(*texts: str | None) -> str:
    """The texts as one, without accents and case: `("Café", None, "KO-1")` → `cafe ko-1`."""
    decomposed = unicodedata.normalize("NFKD", " ".join(filter(None, texts)).casefold())
    return "".join(mark for mark in decomposed if not unicodedata.combining(mark))[:MAX_LENGTH]
