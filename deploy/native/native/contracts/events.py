"""Events: each has a JSON Schema at `events/<producer>/<Fact>.json`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from native.contracts.schemas import Comparison, Side

Events = Mapping[str, Mapping[str, Any]]
"""By `<producer>/<Fact>`."""


def event_breaks(old: Events, new: Events) -> Iterator[str]:
    """A sentence for each breaking change."""
    for name, before in old.items():
        if name not in new:
            renamed = [other for other in new.keys() - old.keys() if _alike(before, new[other])]
            yield f"event {name}: " + (f"renamed to {renamed[0]}" if renamed else "removed event")
            continue
        after = new[name]
        if before.get("$id") != after.get("$id"):
            yield f"event {name}: $id became {after.get('$id')}, which consumers of {before.get('$id')} refuse"
        for found in Comparison(Side.BOTH).breaks(before, after):
            yield f"event {name}: {found}"


def _alike(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    mine, its = set(one.get("properties", {})), set(other.get("properties", {}))
    return bool(mine) and len(mine & its) * 2 > len(mine | its)
