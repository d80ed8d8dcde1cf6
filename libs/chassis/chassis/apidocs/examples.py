"""Examples: the literal ones of `examples.yaml` beside a service's schemas, completed for all the shapes that are made of them.

fields:       what a field, a parameter or a header of that name shows, where nothing below says otherwise; `category/uid` is the
                  parameter `uid` after `/category/` in a path
schemas:      `ProductCreate: {…}`; further ones as `PointsChange (redeem): {…}`
operations:   `POST /api/orders/: {request: {…}, response: {…}}`; the same, where it is the operation that matters;
                  `refused (too long): {…}` is one more 400, with the messages by field that no class tells;
                  `never` names problems that its code can't run into, although it looks like it
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

Json = dict[str, Any]
_NAME = re.compile(r"(\S+)(?: \((.+)\))?")


class NoExample(Exception):
    """Nothing says what a field could look like."""


@dataclass(slots=True)
class Examples:
    """One service's examples, and the components that they are examples of."""

    fields: Json = field(default_factory=dict)
    schemas: dict[str, dict[str, Any]] = field(default_factory=dict)
    operations: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    never: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path) -> Examples:
        """From a service's file; none there means none."""
        content = yaml.safe_load(path.read_text()) if path.exists() else {}
        found = cls(fields=content.get("fields", {}))
        for key, value in content.get("schemas", {}).items():
            name, label = _split(key)
            found.schemas.setdefault(name, {})[label] = value
        for operation, parts in content.get("operations", {}).items():
            found.never[operation] = parts.pop("never", [])
            for key, value in parts.items():
                part, label = _split(key)
                found.operations.setdefault(operation, {}).setdefault(part, {})[label] = value
        return found

    def of_operation(self, operation: str, part: str, shape: Json, components: Mapping[str, Json]) -> dict[str, Any]:
        """By label, of a request or response: the operation's own, else those of its shape."""
        return self.operations.get(operation, {}).get(part) or self.of_shape(shape, components)

    def of_refusals(self, operation: str) -> dict[str, Any]:
        """By label, messages by field."""
        return self.operations.get(operation, {}).get("refused", {})

    def of_shape(self, shape: Json, components: Mapping[str, Json]) -> dict[str, Any]:
        """By label."""
        if "$ref" in shape:
            name = shape["$ref"].rpartition("/")[2]
            return self.schemas.get(name) or self.of_shape(components[name], components)
        if shape.get("type") == "array":
            inner = self.of_shape(shape["items"], components)
            return {"": [next(iter(inner.values()))]}
        if (
            "anyOf" in shape
            and "example" not in shape
            and all("$ref" in one or "items" in one for one in shape["anyOf"])
        ):
            found: Json = {}
            for number, one in enumerate(shape["anyOf"]):
                found |= {label or ("" if not number else "otherwise"): value
                          for label, value in self.of_shape(one, components).items()}  # fmt: skip
            return found
        if "properties" not in shape:
            return {"": self.of_field("value", shape, components)}
        return {"": {name: self.of_field(name, one, components) for name, one in shape["properties"].items()}}

    def of_field(self, name: str, shape: Json, components: Mapping[str, Json]) -> Any:
        """One value; NoExample when nothing tells."""
        if name in self.fields:
            return self.fields[name]
        for one in shape.get("anyOf", [shape]):
            if "$ref" in one or "properties" in one or (one.get("type") == "array" and _of_objects(one)):
                return next(iter(self.of_shape(one, components).values()))
        if name in _OF_ENVELOPES and shape.get("type") != "array":
            return _OF_ENVELOPES[name]
        if "default" in shape:
            return shape["default"]
        if "enum" in shape:
            return shape["enum"][0]
        kind = shape.get("type")
        plain = kind[0] if isinstance(kind, list) else kind
        if plain == "array":
            return [self.of_field(name.removesuffix("s"), shape["items"], components)]
        if (looks := str(shape.get("format") or plain)) in _BY_TYPE:
            return _BY_TYPE[looks]
        raise NoExample(f"examples.yaml has nothing for the field {name!r}")


# Only what looks alike everywhere; a text or a number must say what it is.
_BY_TYPE: Json = {
    "boolean": True, "date-time": "2023-10-27T10:00:00Z", "date": "2023-10-27", "object": {},
    "uuid": "01939d5e-8c1a-7f3b-9a44-2f6f3a0b7c11",
}  # fmt: skip
_OF_ENVELOPES: Json = {
    "success": True, "status_message": "Success", "timestamp": "2023-10-27T10:00:00Z", "offset": 0, "limit": 100,
    "total": 250, "page": 1, "page_size": 50, "data": "Success message", "status": "success", "count": 2, "next": None,
    "previous": None,
}  # fmt: skip


def _of_objects(shape: Json) -> bool:
    items = shape["items"]
    return "$ref" in items or "properties" in items


def _split(key: str) -> tuple[str, str]:
    match = _NAME.fullmatch(key)
    assert match, f"not the name of an example: {key}"
    return match[1], match[2] or ""


def labelled(examples: Mapping[str, Any]) -> Json:
    """As OpenAPI's `examples`."""
    return dict(_labelled(examples))


def _labelled(examples: Mapping[str, Any]) -> Iterator[tuple[str, Json]]:
    for label, value in examples.items():
        yield (re.sub(r"\W+", "_", label) or "example"), {**({"summary": label} if label else {}), "value": value}
