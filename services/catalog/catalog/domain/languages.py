"""Language tags (BCP 47, RFC 5646), pure: is it well-formed, and how is it written."""

from __future__ import annotations

import re

_TAG = re.compile(
    r"(?:[a-z]{2,3}(?:-[a-z]{3}){0,3}|[a-z]{4,8})"  # language, extended language
    r"(?:-[a-z]{4})?(?:-(?:[a-z]{2}|\d{3}))?"  # script, region
    r"(?:-(?:[a-z\d]{5,8}|\d[a-z\d]{3}))*"  # variants
    r"(?:-[a-wyz\d](?:-[a-z\d]{2,8})+)*(?:-x(?:-[a-z\d]{1,8})+)?",  # extensions, private use
    re.ASCII,  # the digits of other scripts are no digits of a tag
)
LONGEST = 35  # the longest tag that the RFC reckons with


def normalized(tag: str) -> str | None:
    """`"ES_mx"` → `"es-MX"`, `"zh-hant-tw"` → `"zh-Hant-TW"`; None when it is no language tag."""
    lower = tag.strip().lower().replace("_", "-")
    if len(lower) > LONGEST or not _TAG.fullmatch(lower):
        return None
    first, *rest = lower.split("-")
    written, inside = [first], False
    for part in rest:
        inside = inside or len(part) == 1  # what follows a singleton stays as it is
        written.append(part if inside else _written(part))
    return "-".join(written)


def _written(part: str) -> str:
    if part.isalpha() and len(part) in (2, 4):
        return part.upper() if len(part) == 2 else part.title()
    return part
