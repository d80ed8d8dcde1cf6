"""Internal calls: `internal/<callee>/<call>.json` has examples, no schemas; so their shapes are compared.

What every example of a body has is required, what only some have is optional, and the types are those that are shown.
So a new field of a request is shown to be optional by an example without it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from native.contracts.schemas import Comparison, Side

Calls = Mapping[str, Mapping[str, Any]]
"""By `<callee>/<call>`."""

_NAMES = {bool: "boolean", int: "integer", float: "number", str: "string", type(None): "null"}


def internal_breaks(old: Calls, new: Calls) -> Iterator[str]:
    """A sentence for each breaking change. A call is its method and path: the file's name may change."""
    now = {_key(name, call): call for name, call in new.items()}
    for name, before in old.items():
        key = _key(name, before)
        after = now.get(key)
        if after is None:
            yield f"internal {key}: removed endpoint"
            continue
        for caller in sorted(set(before["callers"]) - set(after["callers"])):
            yield f"internal {key}: {caller} may no longer call it"
        asked, asks = (shape(example["request"] for example in call["examples"]) for call in (before, after))
        for found in Comparison(Side.SENDERS).breaks(asked, asks):
            yield f"internal {key}: request: {found}"
        answers = _by_status(after)
        for status, bodies in _by_status(before).items():
            if status not in answers:
                yield f"internal {key}: removed status {status}"
                continue
            for found in Comparison(Side.READERS).breaks(shape(bodies), shape(answers[status])):
                yield f"internal {key}: answer {status}: {found}"


def shape(values: Iterable[Any]) -> dict[str, Any]:
    """The JSON Schema that just fits the values."""
    values = list(values)
    objects = [value for value in values if isinstance(value, dict)]
    elements = [element for value in values if isinstance(value, list) for element in value]
    types = {_NAMES.get(type(value), "array" if isinstance(value, list) else "object") for value in values}
    result: dict[str, Any] = {"type": sorted(types)}
    if objects:
        names = list(dict.fromkeys(name for value in objects for name in value))
        result["properties"] = {name: shape(value[name] for value in objects if name in value) for name in names}
        result["required"] = [name for name in names if all(name in value for value in objects)]
    if elements:
        result["items"] = shape(elements)
    return result


def _key(name: str, call: Mapping[str, Any]) -> str:
    return f"{call['method']} {name.split('/')[0]} {re.sub(r'{[^}]*}', '{}', call['path'])}"


def _by_status(call: Mapping[str, Any]) -> dict[int, list[Any]]:
    found = defaultdict(list)
    for example in call["examples"]:
        found[example["status"]].append(example["response"])
    return found
