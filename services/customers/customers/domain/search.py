"""Search without accents and case, alike on every engine: the text is folded when it is written, the words when asked."""

from __future__ import annotations

import unicodedata


def folded(text: str) -> str:
    """`text` without accents and case: `González` → `gonzalez`."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in decomposed if not unicodedata.combining(char))


def searchable(first_name: str, last_name: str, phone_number: str, email: str | None) -> str:
    """What a customer is found by."""
    return folded(f"{first_name} {last_name} {phone_number} {email or ''}").strip()
