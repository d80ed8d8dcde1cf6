"""Phone numbers: one key for each number, however it is written, and the country that a national number belongs to.

The key is the number in E.164 (`+525544332211`). Numbers are stored and answered as they were typed; only keys are
compared.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

from chassis.text import without_invisible

VALID = r"\+?[0-9]{5,15}"
"""A number without its punctuation (E.164 has at most 15 digits)."""

DEFAULT_COUNTRY = "MX"

_PUNCTUATION = re.compile(r"[\s().\-/]|(?<!^)\+")
_DIGITS = re.compile(r"\+?[0-9]{2,}")
# Written before 2019: a mobile number had a 1 after +52, and 044, 045 or 01 before it within the country.
_OLD_MEXICAN = re.compile(r"(?:521|01|04[45])([0-9]{10})")
_OLD_MOBILE = re.compile(r"1([0-9]{10})")
_MEXICO = 52


def plain_phone(text: str) -> str:
    """`+52 (55) 1234-5678` and `+525512345678` are one number: the digits, and the plus if there is one.

    Numbers copied from contacts and chats often carry invisible marks of direction, such as U+202A.
    """
    return _PUNCTUATION.sub("", without_invisible(text).strip())


def phone_key(text: str, country: str) -> str:
    """The number in E.164; one without a country code belongs to `country` (ISO 3166).

    A text that is no possible number keeps its characters without the punctuation, so that every text has a key.
    """
    plain = plain_phone(unicodedata.normalize("NFKC", text))
    return _e164(plain, country) or plain.casefold() or text


def phone_keys(text: str, countries: Iterable[str]) -> list[str]:
    """The keys that the text has in each of these countries, each key once."""
    return sorted({phone_key(text, country) for country in countries})


def keyed(number: str, key: str) -> dict[str, str]:
    """The columns of a `PhoneKeyed` row that is given this number."""
    return {"phone_key": key, "phone_keyed": number, "phone_twin": ""}


def from_query(text: str) -> str:
    """A number in a query string or a path, where an unencoded plus arrives as a blank."""
    return f"+{text.strip()}" if text[:1] == " " and text.strip()[:1].isdigit() else text.strip()


def _e164(plain: str, country: str) -> str | None:
    # Imported at the first number: the worker and the commands rarely see one.
    import phonenumbers

    if not _DIGITS.fullmatch(plain):
        return None
    if country == "MX" and (old := _OLD_MEXICAN.fullmatch(plain)):
        plain = f"+{_MEXICO}{old[1]}"
    try:
        number = phonenumbers.parse(plain, country)
    except phonenumbers.NumberParseException:
        return None
    abroad = plain.startswith(("+", "00"))
    if abroad and number.country_code == _MEXICO and (old := _OLD_MOBILE.fullmatch(str(number.national_number))):
        number.national_number = int(old[1])
    if phonenumbers.is_possible_number_with_reason(number) != phonenumbers.ValidationResult.IS_POSSIBLE:
        return None
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))


@cache
def country_of(zone: str) -> str:
    """The country (ISO 3166) of an IANA time zone; DEFAULT_COUNTRY for one that names no country, such as `UTC`."""
    countries, links = _countries(), _links()
    return countries.get(zone) or countries.get(links.get(zone, ""), DEFAULT_COUNTRY)


@cache
def _countries() -> dict[str, str]:
    """Country by zone, from tzdata's `zone.tab`: country, coordinates, zone, comments."""
    lines = [line.split("\t") for line in _tzdata("zone.tab") if not line.startswith("#")]
    return {line[2]: line[0] for line in lines}


@cache
def _links() -> dict[str, str]:
    """Zone by its other names, from tzdata's `tzdata.zi`: L, zone, other name."""
    return {other: zone for kind, zone, other in (line.split() for line in _tzdata("tzdata.zi") if line[:2] == "L ")}


def _tzdata(name: str) -> list[str]:
    return (files("tzdata") / "zoneinfo" / name).read_text("utf-8").splitlines()
