"""The ways a batch of B2B orders or items can fail: 400 that names every bad element by its index and field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from chassis.problems import BadElements, Problem

Bad = dict[int, dict[str, list[str]]]


def unknown(uid: str) -> list[str]:
    """The words for a reference to what is not there, or not the asker's."""
    return [f'Invalid pk "{uid}" - object does not exist.']


def refuse(bad: Mapping[int, Mapping[str, list[str]]]) -> None:
    """BadElements if any is bad."""
    if bad:
        raise BadElements(bad)


class OrdersClosed(BadElements):
    """Items of orders that can't be changed any more; by the index of their elements, or of one alone."""

    example: ClassVar[Mapping[str, Any]] = {"elements": {0: "This order is shipped."}}

    def __init__(self, elements: Mapping[int, str]) -> None:
        super().__init__({index: {"order_uid": [message]} for index, message in elements.items()})
        self.messages = elements

    def alone(self) -> Problem:
        """The same of a request for one."""
        return Problem(next(iter(self.messages.values())))
