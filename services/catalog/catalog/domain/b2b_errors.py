"""The ways a batch can fail: 400 that names every bad element by its index."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, ClassVar

from chassis.problems import BadElements, Problem
from chassis.schemas import REQUIRED

Elements = Sequence[Mapping[str, Any]]


def refuse_unknown(elements: Elements, field: str, known: Collection[str]) -> None:
    """BadElements for those whose `field` names nothing; absent and null fields name nothing that could be missing."""
    bad = {
        index: {field: [f'Invalid pk "{element[field]}" - object does not exist.']}
        for index, element in enumerate(elements)
        if element.get(field) is not None and element[field] not in known
    }
    if bad:
        raise BadElements(bad)


def refuse_incomplete(elements: Elements, key: str, known: Collection[str], required: Collection[str]) -> None:
    """BadElements for those that would be new, their `key` not being known, and lack a field that a new one needs."""
    bad = {
        index: {field: [REQUIRED["required"]] for field in required if field not in element}
        for index, element in enumerate(elements)
        if element[key] not in known and not element.keys() >= set(required)
    }
    if bad:
        raise BadElements(bad)


class InUse(BadElements):
    """Something that others refer to can't be deleted; by the index of its element, or of itself alone."""

    example: ClassVar[Mapping[str, Any]] = {
        "elements": {0: "This category cannot be deleted: 2 products still use it."}
    }

    def __init__(self, elements: Mapping[int, str]) -> None:
        super().__init__({index: [message] for index, message in elements.items()})
        self.messages = elements

    def alone(self) -> Problem:
        """The same of a request for one."""
        return Problem(next(iter(self.messages.values())))


def in_use(what: str, *users: tuple[int, str, str]) -> str:
    """`in_use("category", (2, "product", "products"))` → "This category cannot be deleted: 2 products still use it."."""
    told = [f"{count} {one if count == 1 else many}" for count, one, many in users if count]
    verb = "uses" if sum(count for count, _, _ in users) == 1 else "use"
    return f"This {what} cannot be deleted: {' and '.join(told)} still {verb} it."
