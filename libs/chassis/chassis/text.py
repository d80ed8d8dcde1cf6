"""Text as people and programs send it: one Unicode form for everything stored or compared, and invisible characters.

NFC writes `é` as one character, whether a keyboard sent one or two. The text looks the same.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Any

# Control and format characters, and the others that Unicode 15 calls "default ignorable" or draws as nothing.
_INVISIBLE = re.compile(
    "[\u0000-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\uffff"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)
SHOWN = 100
"""Characters of a client's value that a message repeats."""


def nfc(text: str) -> str:
    """`text` in Unicode's form C."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def lower(text: str) -> str:
    """`text` in lower case, which may take it out of form C on the way."""
    return nfc(text.lower())


def without_invisible(text: str) -> str:
    """`text` without invisible characters such as U+200B."""
    return text if text.isascii() and text.isprintable() else _INVISIBLE.sub("", text)


def is_visible(text: str) -> bool:
    """Whether anything of `text` can be seen."""
    return bool(without_invisible(text).strip())


def each_text(value: Any, change: Callable[[str], str]) -> Any:
    """`value` with every text in it changed, however deep, but for the keys."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {key: each_text(item, change) for key, item in value.items()}
    if isinstance(value, list):
        return [each_text(item, change) for item in value]
    return value


def cut(value: object, most: int = SHOWN) -> str:
    """A client's value for a message: its first characters, and `…` for the rest."""
    text = str(value)
    return text if len(text) <= most else text[: most - 1] + "…"
