"""Usernames: prepared by PRECIS (RFC 8265), in one script, and never another person's e-mail."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from precis_i18n import get_profile

from auth.domain.names import login_key

CHARACTERS = r"[\w.@+-]+"
INVALID = "Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters."
UNNAMED = "Enter a username with a letter or a number."
MIXED = "Enter a username in one script: letters of several can be mistaken for each other."
LOOK_ALIKE = "Enter a username that is not made of letters that look Latin only."
_CASE_PRESERVED = get_profile("UsernameCasePreserved")
_TOGETHER = ({"CJK", "HIRAGANA", "KATAKANA"}, {"CJK", "HANGUL"}, {"CJK", "BOPOMOFO"})
"""Scripts that one language writes side by side."""

_LIKE_LATIN = frozenset("АВЕЅІЈКМНОРСТУХҮԌԚԜаеѕіјорсухһԁԛԝӏΑΒΕΖΗΙΚΜΝΟΡΤΥΧανορ")
"""Cyrillic and Greek letters that are drawn as a Latin one (Unicode's UTS 39)."""


class BadUsername(ValueError):
    """A name that no user may have; its text says why."""


def new_username(name: str) -> str:
    """A new username as it is kept; BadUsername."""
    try:
        name = _CASE_PRESERVED.enforce(name)
    except UnicodeEncodeError:
        raise BadUsername(INVALID) from None
    if not re.fullmatch(CHARACTERS, name):
        raise BadUsername(INVALID)
    if not any(character.isalnum() for character in name):
        raise BadUsername(UNNAMED)
    if "@" not in name:  # the user's own e-mail; another one is refused later
        _check_script(name)
    return name


def is_foreign_email(username: str, email: str) -> bool:
    """Whether `username` has the form of an e-mail that is not the user's own."""
    return "@" in username and login_key(username) != login_key(email)


def following_username(user: Any, changes: Mapping[str, Any]) -> dict[str, str]:
    """The username of a user who is called by their e-mail, when `changes` give them another e-mail."""
    if "email" not in changes or "username" in changes or login_key(user.username) != login_key(user.email):
        return {}
    return {"username": changes["email"]}


def _check_script(name: str) -> None:
    scripts = {script for character in name if (script := _script(character))}
    if len(scripts) > 1 and not any(scripts <= together for together in _TOGETHER):
        raise BadUsername(MIXED)
    if scripts and _LIKE_LATIN.issuperset(letter for letter in name if letter.isalpha()):
        raise BadUsername(LOOK_ALIKE)


def _script(character: str) -> str:
    """The first word of the character's name, which is its script; empty for those of all scripts."""
    if character.isascii():
        return "LATIN" if character.isalpha() else ""
    name = unicodedata.name(character, "").removeprefix("EXTENDED ")  # the digits of Persian
    script = re.split("[ -]", name)[0]
    return "" if script in ("COMBINING", "MODIFIER") else script
