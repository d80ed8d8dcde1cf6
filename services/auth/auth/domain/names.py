"""People's names and the names they log in by."""

from __future__ import annotations

import re
import unicodedata

from precis_i18n import get_profile

from chassis.text import nfc

_CASE_MAPPED = get_profile("UsernameCaseMapped")
NAME_LENGTH = 150
"""Characters of a first or a last name."""


def login_key(name: str) -> str:
    """The form in which a login name is compared: neither case nor the keyboard's Unicode form matters (RFC 8265)."""
    name = name.strip()
    if not name.isascii():
        try:
            name = _CASE_MAPPED.enforce(name)
        except UnicodeEncodeError:  # an older name that could not be given today
            name = nfc(name)
    return name.casefold()


def typed_key(name: str) -> str:
    """The key that `login_key` made of a name before it knew Unicode's forms."""
    return name.strip().casefold()


PHONE_TAIL = 8


def phone_tail(phone: str) -> str:
    """The last digits of a phone, which are the same however it is written: `+52 1 55 4433 2211` and `5544332211`.

    Failed logins are counted by it. Customers knows the whole key, which needs the account's country.
    """
    return re.sub(r"[^0-9]", "", unicodedata.normalize("NFKC", phone))[-PHONE_TAIL:] or phone.strip()


def split_full_name(full_name: str) -> tuple[str, str]:
    """First word and the rest: `Juan Carlos Pérez` → (`Juan`, `Carlos Pérez`)."""
    first, _, last = " ".join(full_name.split()).partition(" ")
    return first, last


def join_name(first_name: str, last_name: str) -> str:
    """The full name."""
    return f"{first_name} {last_name}".strip()
