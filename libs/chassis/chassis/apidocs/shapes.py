"""Marshmallow schemas as JSON Schemas of OpenAPI 3.1, seen from the request's side or from the answer's.

The two differ: a request may leave fields out and is held to lengths and ranges; an answer has all of its fields, and its
money is text on the POS surface and numbers elsewhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

import marshmallow as ma

from chassis import schemas

Json = dict[str, Any]
Side = Literal["request", "answer"]
UID_PATTERN = r"^[^\s/?#%;\\]+$"


class NameTaken(Exception):
    """Two different schemas of one name."""


@dataclass(slots=True)
class Shapes:
    """The schemas of one document, each under the name of its class; `numbers`: answers' money is numbers."""

    components: dict[str, Json] = field(default_factory=dict)

    def of(self, schema: Any, side: Side, *, numbers: bool = False) -> Json:
        """A reference to the schema (a class or an instance), which is among the components from then on."""
        made = schema() if isinstance(schema, type) else schema
        name = type(made).__name__.lstrip("_")
        if made.partial and any(one.required for one in made.fields.values()):
            name = f"{name.removesuffix('Patch').removesuffix('Create')}Patch"
        self.add(name, self._object(made, side, numbers))
        reference = {"$ref": f"#/components/schemas/{name}"}
        return {"type": "array", "items": reference} if made.many else reference

    def add(self, name: str, shape: Json) -> Json:
        """Keep a shape under a name and answer the reference to it. NameTaken when another one has the name."""
        if self.components.setdefault(name, shape) != shape:
            raise NameTaken(f"{name} is two different schemas: rename one of them")
        return {"$ref": f"#/components/schemas/{name}"}

    def _object(self, schema: ma.Schema, side: Side, numbers: bool) -> Json:
        fields = {name: one for name, one in schema.fields.items() if not (side == "answer" and one.load_only)}
        named = {one.data_key or name: one for name, one in fields.items()}
        shape: Json = {"type": "object"}
        if text := _description(type(schema)):
            shape["description"] = text
        shape["properties"] = {name: self.field(one, side, numbers) for name, one in named.items()}
        required = [
            name for name, one in named.items()
            if (one.required and not schema.partial if side == "request" else not one.metadata.get("optional"))
        ]  # fmt: skip
        if required:
            shape["required"] = required
        return shape

    def field(self, one: ma.fields.Field[Any], side: Side, numbers: bool = False) -> Json:
        """The shape of one field."""
        shape = self._plain(one, side, numbers)
        if one.allow_none:
            shape = _nullable(shape)
        if side == "request":
            if one.load_default is not ma.missing and one.load_default is not None:
                shape = {**shape, "default": _plain_value(one.load_default)}
            for check in one.validators:
                if isinstance(check, ma.validate.NoneOf):
                    shape = {**shape, "not": {"enum": list(check.iterable)}}
        if text := one.metadata.get("description"):
            shape = {**shape, "description": text}
        return shape

    def _plain(self, one: ma.fields.Field[Any], side: Side, numbers: bool) -> Json:
        if "schema" in one.metadata:
            return dict(one.metadata["schema"])
        if isinstance(one, ma.fields.Nested):
            return self.of(one.schema, side, numbers=numbers)
        if isinstance(one, ma.fields.List):
            shape: Json = {"type": "array", "items": self.field(one.inner, side, numbers)}
            if side == "request" and isinstance(one, schemas.List):
                shape |= {} if one.empty else {"minItems": 1}
                shape["maxItems"] = one.maximum
            return shape
        for kind, make in _KINDS:
            if isinstance(one, kind):
                return make(one, side, numbers)
        raise TypeError(f"no shape is known for {type(one).__name__}")


def _text(one: schemas.Text, side: Side, _numbers: bool) -> Json:
    shape: Json = {"type": "string"}
    if isinstance(one, schemas.Email) and not (side == "request" and one.blank):
        shape["format"] = "email"
    if side == "answer":
        return shape
    if lowest := max(one.min_length, 0 if one.blank else 1):
        shape["minLength"] = lowest
    if one.max_length:
        shape["maxLength"] = one.max_length
    if isinstance(one, schemas.Uid):
        shape["pattern"] = UID_PATTERN
    if one.pattern:
        shape["pattern"] = f"^({one.pattern.pattern}){'?' if one.blank else ''}$"
    return shape


def _ordering(one: schemas.Ordering, _side: Side, _numbers: bool) -> Json:
    names = {"enum": [*one.names, *(f"-{name}" for name in one.names)]}
    named = {"x-enum-varnames": [name.removeprefix("-").upper() + "_DESC" * (name[0] == "-") for name in names["enum"]]}
    description = "A field's name, `-` before it for descending; the next one decides between equals."
    return {"type": "array", "items": {"type": "string", **names, **named}, "description": description}


def _integer(one: schemas.Integer, side: Side, _numbers: bool) -> Json:
    shape: Json = {"type": "integer", "format": "int32" if one.maximum < 2**31 else "int64"}
    if side == "answer":
        return shape
    shape["maximum"] = one.maximum
    return shape if one.minimum is None else {**shape, "minimum": one.minimum}


def _amount(one: schemas.Amount, side: Side, numbers: bool) -> Json:
    if side == "answer":
        text = {"type": "string", "pattern": rf"^-?\d+\.\d{{{one.places}}}$"}
        return {"type": "number"} if numbers else text
    limits: Json = {}
    if one.minimum is not None:
        limits["minimum"] = _plain_value(one.minimum)
    largest = Decimal(10) ** (one.digits - one.places) - Decimal(1).scaleb(-one.places)
    limits["maximum"] = _plain_value(largest if one.maximum is None else one.maximum)
    sign = "" if one.minimum is not None and one.minimum >= 0 else "-?"
    text = {"type": "string", "pattern": rf"^{sign}\d+(\.\d{{1,{one.places}}})?$"}
    description = f"A number or its text, with at most {one.places} decimal places."
    return {"anyOf": [{"type": "number", **limits}, text], "description": description}


def _choice(one: schemas.Choice, side: Side, _numbers: bool) -> Json:
    shape: Json = {"type": "string", "enum": list(one.choices)}
    if side == "answer" or one.normalize not in (str.upper, str.lower):
        return shape
    return {**shape, "description": "In any case."}


def _string(one: ma.fields.String, side: Side, _numbers: bool) -> Json:
    # A field of a service's own: it says in `metadata` what it holds texts to.
    limits = {name: one.metadata[name] for name in ("minLength", "maxLength", "format") if name in one.metadata}
    return {"type": "string", **(limits if side == "request" else {})}


_KINDS: tuple[tuple[type[Any], Callable[[Any, Side, bool], Json]], ...] = (
    (schemas.Ordering, _ordering),
    (schemas.Text, _text),
    (schemas.Integer, _integer),
    (schemas.Amount, _amount),
    (schemas.Choice, _choice),
    (schemas.Date, lambda *_: {"type": "string", "format": "date"}),
    (ma.fields.Date, lambda *_: {"type": "string", "format": "date"}),
    (ma.fields.UUID, lambda *_: {"type": "string", "format": "uuid"}),
    (ma.fields.DateTime, lambda *_: {"type": "string", "format": "date-time"}),
    (ma.fields.Boolean, lambda *_: {"type": "boolean"}),
    (ma.fields.Float, lambda *_: {"type": "number"}),
    (ma.fields.Integer, lambda *_: {"type": "integer", "format": "int64"}),
    (ma.fields.String, _string),
    (ma.fields.Dict, lambda *_: {"type": "object"}),
)


def _nullable(shape: Json) -> Json:
    if "$ref" in shape:
        return {"anyOf": [shape, {"type": "null"}]}
    if "anyOf" in shape:
        return {**shape, "anyOf": [*shape["anyOf"], {"type": "null"}]}
    if "enum" in shape:  # apart from null, so that generators make one enumeration of it
        return {"anyOf": [shape, {"type": "null"}]}
    return {**shape, "type": [shape["type"], "null"]}


def _plain_value(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value


def _description(schema: type[Any]) -> str | None:
    text = schema.__dict__.get("__doc__")
    return re.sub(r"\s+", " ", text).strip() if text else None
