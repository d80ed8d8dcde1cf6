"""Phone numbers that people log in by: one way of writing each."""

from __future__ import annotations

import re

VALID = r"\+?[0-9]{5,15}"
"""A number without its punctuation (E.164 has at most 15 digits)."""

_PUNCTUATION = re.compile(r"[\s().\-/]")


def plain_phone(text: str) -> str:
    """`+52 (55) 1234-5678` and `+525512345678` are one number: the digits, and the plus if there is one."""
    return _PUNCTUATION.sub("", text)
