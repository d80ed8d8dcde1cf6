"""People's names and the names they log in by."""

from __future__ import annotations

import re

NAME_LENGTH = 150
"""Characters of a first or a last name."""


def login_key(name: str) -> str:
    """The form in which a login name is compared: case does not matter."""
    return name.strip().casefold()


def phone_key(phone: str) -> str:
    """A phone without the punctuation that people write it with."""
    return re.sub(r"[\s().\-/]", "", phone)


def split_full_name(full_name: str) -> tuple[str, str]:
    """First word and the rest: `Juan Carlos Pérez` → (`Juan`, `Carlos Pérez`)."""
    first, _, last = " ".join(full_name.split()).partition(" ")
    return first, last


def join_name(first_name: str, last_name: str) -> str:
    """The full name."""
    return f"{first_name} {last_name}".strip()
