"""No link of a document leads nowhere: files are there, and so are the headings that are named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from platform_facts import ROOT

LINK = re.compile(r"\]\(([^)\s]+)\)")


def documents() -> list[str]:
    """Of all that is not made: virtualenvs and caches have documents of their own."""
    found = (path.relative_to(ROOT) for path in ROOT.rglob("*.md"))
    return sorted(str(path) for path in found if not any(part.startswith(".") for part in path.parts))


def anchors(document: Path) -> set[str]:
    """What its headings are called in a link."""
    headings = re.findall(r"^#+ (.*)$", document.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", documents())
def test_every_link_leads_somewhere(name: str) -> None:
    for link in LINK.findall((ROOT / name).read_text()):
        if re.match(r"[a-z]+:", link):
            continue
        file, _, anchor = link.partition("#")
        target = (ROOT / name).parent / file if file else ROOT / name
        assert target.exists(), link
        if anchor and target.suffix == ".md":
            assert anchor in anchors(target), link
