"""The tree of categories, pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def on_cycles(parents: Mapping[str, str | None], uids: Iterable[str]) -> set[str]:
    """Those of `uids` that are their own ancestors; `parents` has the parent of every category."""
    top: set[str] = set()  # known to lead to a root
    circling: set[str] = set()
    for uid in uids:
        path: dict[str, None] = {}  # in order, and quick to look into
        at: str | None = uid
        while at is not None and at not in top and at not in circling and at not in path:
            path[at] = None
            at = parents.get(at)
        if at in path:
            steps = list(path)
            circling.update(steps[steps.index(at) :])
        elif at is None or at in top:
            top.update(path)
    return circling.intersection(uids)
