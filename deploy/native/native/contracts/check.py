"""The check itself: everything that others rely on, as it was at a revision, against what stands here now."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from native.contracts.events import event_breaks
from native.contracts.internal import internal_breaks
from native.contracts.openapi import api_breaks
from native.contracts.revisions import revision_breaks
from native.contracts.tree import Tree, git
from native.errors import PlatformError

ACCEPTED = "contracts/accepted-breaks.txt"


def breaks(old: Tree, new: Tree) -> Iterator[str]:
    """A sentence for each breaking change, in the order of kinds and names."""
    yield from event_breaks(old.events, new.events)
    yield from internal_breaks(old.internal, new.internal)
    yield from api_breaks(old.openapi, new.openapi)
    yield from revision_breaks(old.revisions, new.revisions)


def check(root: Path, base: str = "") -> int:
    """Print what has broken since `base` (the newest tag; without one the last commit); 0 when nothing has."""
    if not base.strip("0"):  # none, or what CI calls the commit before the first of a branch
        base = newest_tag(root) or "HEAD"
    old, new = Tree.of_revision(root, base), Tree.of_folder(root)
    for name in list(old.revisions):
        if not (root / "services" / name.split("/")[0]).is_dir():
            del old.revisions[name]  # a checkout of some services only
    found = list(breaks(old, new))
    accepted = accepted_breaks(root)
    for sentence in found:
        print(f"  accepted  {sentence}" if sentence in accepted else f"  BREAKS    {sentence}")
    broken = [sentence for sentence in found if sentence not in accepted]
    if broken:
        print(
            f"\n{len(broken)} breaking since {base}. Add beside the old instead; take the old away in a later release."
        )
        return 1
    counted = f"{len(new.events)} events, {len(new.internal)} internal calls, {len(new.openapi)} APIs"
    print(f"Nothing has broken since {base}: {counted}, {len(new.revisions)} migrations.")
    return 0


def newest_tag(root: Path) -> str:
    """The newest tag before this commit; empty when there is none."""
    try:
        return git(root, "describe", "--tags", "--abbrev=0").decode().strip()
    except PlatformError:
        return ""


def accepted_breaks(root: Path) -> set[str]:
    """The sentences that somebody has accepted, with the reason after a `#`."""
    file = root / ACCEPTED
    lines = file.read_text().splitlines() if file.exists() else []
    return {line.split(" # ")[0].strip() for line in lines if line.strip() and not line.startswith("#")}
