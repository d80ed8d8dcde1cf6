"""Batches of other systems that name products: whatever the spelling of a uid, the product has one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from catalog.code_queries import find_uids
from chassis.batches import refuse_repeated

Element = Mapping[str, Any]


def with_stored_uids(
    session: Session, elements: Sequence[Element], field: str, *, unique: Sequence[str] = ()
) -> tuple[list[Element], dict[str, int]]:
    """Return the elements with the stored uid in `field`, and the products' ids by it.

    BadElements when two of them are now the same in their `unique` fields.
    """
    found = find_uids(session, {element[field] for element in elements if field in element})
    stored = [
        {**element, field: found[element[field]][0]} if element.get(field) in found else element for element in elements
    ]
    if unique:
        refuse_repeated(stored, *unique)
    return stored, dict(found.values())
