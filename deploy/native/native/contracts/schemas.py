"""Two versions of a JSON Schema (or of OpenAPI's dialect of it): which changes break the other side.

It depends on who speaks. An answer may only get narrower: those who read it were written for the old values. A request
may only get wider: those who send it go on as before. An event is both: old consumers read new ones, and new consumers
read old ones, from queues, from dead letters and from a producer that is not replaced yet.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

Schema = Mapping[str, Any]


class Side(Enum):
    """Who is bound to the old version."""

    READERS = "readers"
    """of an answer"""
    SENDERS = "senders"
    """of a request"""
    BOTH = "both"
    """of an event"""

    @property
    def reads(self) -> bool:
        """Whether somebody reads with the old schema what is written with the new one."""
        return self is not Side.SENDERS

    @property
    def sends(self) -> bool:
        """Whether somebody writes with the old schema what is read with the new one."""
        return self is not Side.READERS


TYPES = frozenset({"null", "boolean", "integer", "number", "string", "array", "object"})
LOWER = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
UPPER = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
EXACT = ("pattern", "format", "multipleOf", "uniqueItems")
HINTS = ("int32", "int64", "binary")
"""Formats that tell generators of clients how to hold a value, and exclude none."""
UNCOMPARED = (
    "not", "if", "then", "else", "patternProperties", "propertyNames", "contains", "dependentRequired", "dependentSchemas",
    "prefixItems", "unevaluatedProperties", "unevaluatedItems",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Comparison:
    """One pair of documents; `old` and `new` find what a `$ref` points at in theirs."""

    side: Side
    old: Callable[[str], Schema] = field(default=lambda ref: {})
    new: Callable[[str], Schema] = field(default=lambda ref: {})
    open_ended: bool = False
    """Whether readers live with alternatives that they don't know: one more kind of error breaks nobody."""

    def breaks(
        self, old: Schema, new: Schema, where: str = "", above: frozenset[tuple[Any, Any]] = frozenset()
    ) -> Iterator[str]:
        """A sentence for each breaking change below `where`, a path like `items[].quantity`."""
        pair = (old.get("$ref"), new.get("$ref"))
        if pair in above:
            return  # a schema within itself: it is being compared already
        if any(pair):
            above |= {pair}
        old, new = flat(old, self.old), flat(new, self.new)
        if "alternatives" in old or "alternatives" in new:
            yield from self._alternatives(old, new, where, above)
            return
        yield from self._values(old, new, where)
        if _types(old) & _types(new):
            yield from self._fields(old, new, where, above)
            if "items" in old or "items" in new:
                yield from self.breaks(old.get("items", {}), new.get("items", {}), f"{where}[]", above)

    def _alternatives(self, old: Schema, new: Schema, where: str, above: frozenset[tuple[Any, Any]]) -> Iterator[str]:
        before, after = old.get("alternatives", [old]), new.get("alternatives", [new])

        def fits(old: Schema, new: Schema, side: Side) -> bool:
            return not any(Comparison(side, self.old, self.new).breaks(old, new, where, above))

        if len(before) == len(after) == 1:
            yield from self.breaks(before[0], after[0], where, above)
        elif self.side.sends and not all(any(fits(o, n, Side.SENDERS) for n in after) for o in before):
            yield _said(where, "narrowed: one of the alternatives is gone or takes less")
        elif self.open_ended:
            if not all(any(fits(o, n, Side.READERS) for n in after) for o in before):
                yield _said(where, "narrowed: one of the alternatives is gone or says less")
        elif self.side.reads and not all(any(fits(o, n, Side.READERS) for o in before) for n in after):
            yield _said(where, "widened: there is an alternative that was not there before")

    def _values(self, old: Schema, new: Schema, where: str) -> Iterator[str]:
        before, after = _types(old), _types(new)
        lost, gained = before - after, after - before
        if (lost and self.side.sends) or (gained and self.side.reads):
            word = "changed" if lost and gained else "narrowed" if lost else "widened"
            yield _said(where, f"{word} type: {_listed(before)} became {_listed(after)}")
            if not before & after:
                return
        yield from self._enum(old, new, where)
        for name in (*LOWER, *UPPER):
            had, has = old.get(name), new.get(name)
            if had == has:
                continue
            tighter = had is None or (has is not None and ((has > had) is (name in LOWER)))
            if (tighter and self.side.sends) or (not tighter and self.side.reads):
                yield _said(where, f"{'narrowed' if tighter else 'widened'} {name}: {had} became {has}")
        for name in EXACT:
            had, has = old.get(name), new.get(name)
            if name == "format" and had is None and has in HINTS:
                continue
            if had != has and ((has is not None and self.side.sends) or (had is not None and self.side.reads)):
                yield _said(where, f"changed {name}: {had} became {has}")
        for name in UNCOMPARED:
            if old.get(name) != new.get(name):
                yield _said(where, f"changed {name}, of which nothing is known to be safe")

    def _enum(self, old: Schema, new: Schema, where: str) -> Iterator[str]:
        before, after = _enum(old), _enum(new)
        if before == after:
            return
        if self.side.sends and after is not None and (before is None or before - after):
            gone = ", ".join(sorted(before - after)) if before else "anything else"
            yield _said(where, f"narrowed enum: {gone} is no longer allowed")
        if self.side.reads and before is not None and (after is None or after - before):
            came = ", ".join(sorted(after - before)) if after else "anything"
            yield _said(where, f"widened enum: {came} is new")

    def _fields(self, old: Schema, new: Schema, where: str, above: frozenset[tuple[Any, Any]]) -> Iterator[str]:
        before, after = old.get("properties", {}), new.get("properties", {})
        needed_before, needed_after = set(old.get("required", ())), set(new.get("required", ()))
        for name, schema in before.items():
            path = f"{where}.{name}" if where else name
            if name not in after:
                yield _said(path, "removed field")
                continue
            if self.side.reads and name in needed_before - needed_after:
                yield _said(path, "may be missing from now on")
            if self.side.sends and name in needed_after - needed_before:
                yield _said(path, "is required from now on")
            yield from self.breaks(schema, after[name], path, above)
        if self.side.sends:
            for name in sorted(needed_after - before.keys() - needed_before):
                yield _said(f"{where}.{name}" if where else name, "new required field")
        others_before, others_after = (schema.get("additionalProperties", True) for schema in (old, new))
        if isinstance(others_before, Mapping) or isinstance(others_after, Mapping):
            yield from self.breaks(_schema(others_before), _schema(others_after), f"{where}{{}}", above)
        elif self.side is Side.SENDERS and others_before and not others_after:
            yield _said(where, "narrowed: other fields are refused from now on")


def flat(schema: Schema, find: Callable[[str], Schema]) -> dict[str, Any]:
    """The schema without `$ref`, `allOf`, `nullable` and `const`; `oneOf` and `anyOf` become `alternatives`."""
    result: dict[str, Any] = {}
    parts = [find(schema["$ref"])] if "$ref" in schema else []
    for part in (*parts, *schema.get("allOf", ())):
        _merge(result, flat(part, find))
    _merge(result, {key: value for key, value in schema.items() if key not in ("$ref", "allOf")})
    if "const" in result:
        result["enum"] = [result.pop("const")]
    if result.pop("nullable", False):
        if "type" in result:
            result["type"] = sorted({*_types(result), "null"})
        if "enum" in result and None not in result["enum"]:
            result["enum"] = [*result["enum"], None]
    branches = result.pop("oneOf", None) or result.pop("anyOf", None)
    if branches:
        result["alternatives"] = [{**result, **branch} for branch in branches]
    return result


def _merge(into: dict[str, Any], schema: Schema) -> None:
    for key, value in schema.items():
        if key == "properties":
            into[key] = {**into.get(key, {}), **value}
        elif key == "required":
            into[key] = [*into.get(key, []), *value]
        else:
            into[key] = value


def _types(schema: Schema) -> frozenset[str]:
    """What JSON types it lets through; an integer is a number."""
    if "type" not in schema:
        named = _of_enum(schema["enum"]) if "enum" in schema else TYPES
    else:
        named = frozenset([schema["type"]] if isinstance(schema["type"], str) else schema["type"])
    return named | {"integer"} if "number" in named else named


def _of_enum(values: list[Any]) -> frozenset[str]:
    names = {type(None): "null", bool: "boolean", int: "integer", float: "number", str: "string", list: "array"}
    return frozenset(names.get(type(value), "object") for value in values)


def _enum(schema: Schema) -> set[str] | None:
    return {json.dumps(value, ensure_ascii=False) for value in schema["enum"]} if "enum" in schema else None


def _schema(others: Any) -> Schema:
    return others if isinstance(others, Mapping) else {}


def _listed(types: frozenset[str]) -> str:
    if types == TYPES:
        return "anything"
    return " or ".join(sorted(types - {"integer"} if "number" in types else types))


def _said(where: str, what: str) -> str:
    return f"{where}: {what}" if where else what
