"""The batch of the B2B surface, `{"data": [1–1,000 elements]}` (004), as a request schema; views say `@blp.batch(…)`."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any

import marshmallow as ma

from chassis import schemas
from chassis.problems import BadElements

MAXIMUM = 1000


class Batch(schemas.List):
    """The list of elements; every bad one is named by its index, and so is one that repeats another's `unique` fields."""

    def __init__(self, inner: Any, *, unique: Sequence[str], **kwargs: Any) -> None:
        super().__init__(inner, empty=False, maximum=MAXIMUM, **kwargs)
        self.unique = unique

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> list[Any]:
        elements = super()._deserialize(value, attr, data, **kwargs)
        if repeated := _repeated(elements, self.unique):
            raise ma.ValidationError(repeated)
        return elements


def refuse_repeated(elements: Collection[Any], *fields: str) -> None:
    """BadElements for every element that repeats an earlier one in all of `fields`; absent and null ones never do."""
    if repeated := _repeated(elements, fields):
        raise BadElements(repeated)


def _repeated(elements: Collection[Any], fields: Sequence[str]) -> dict[int, Any]:
    seen: dict[Any, int] = {}
    repeated: dict[int, Any] = {}
    for index, element in enumerate(elements):
        key = tuple(element.get(field) for field in fields) if isinstance(element, Mapping) else (element,)
        if None in key:
            continue
        first = seen.setdefault(key, index)
        if first != index:
            message = [f"The same as data[{first}]."]
            repeated[index] = {fields[-1]: message} if isinstance(element, Mapping) else message
    return repeated


@cache
def batch_of(element: Any, unique: str | tuple[str, ...]) -> type[ma.Schema]:
    """The body's schema: loaded, it is the list of elements."""
    fields = (unique,) if isinstance(unique, str) else unique
    inner = schemas.Nested(element) if issubclass(element, ma.Schema) else element()

    def only_the_list(_self: ma.Schema, body: dict[str, Any], **_: Any) -> list[Any]:
        elements: list[Any] = body["data"]
        return elements

    made = {"data": Batch(inner, unique=fields, required=True), "only_the_list": ma.post_load(only_the_list)}
    return type(f"{element.__name__}Batch", (schemas.Schema,), made)
