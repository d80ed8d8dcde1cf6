"""`?ordering=name,-price`: columns to order by. Without Flask, so that a worker may import the queries that use it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chassis.problems import Invalid
from chassis.text import cut


def order_by(ordering: str | None, allowed: Mapping[str, Any], default: Sequence[Any]) -> list[Any]:
    """The columns that `ordering` names; anything not in `allowed` is a 400. The last of `default` breaks ties.

    Rows without a value come last, in whichever direction.
    """
    if not ordering:
        return list(default)
    columns = []
    for part in ordering.split(","):
        name = part.strip()
        column = allowed.get(name.removeprefix("-"))
        if column is None:
            raise Invalid({"ordering": [f'"{cut(name)}" is not a valid choice.']})
        ordered = column.desc() if name.startswith("-") else column.asc()
        # Left to themselves SQLite and PostgreSQL put what is absent at opposite ends; only there, for indexes' sake.
        columns.append(ordered.nulls_last() if getattr(column, "nullable", False) else ordered)
    return [*columns, default[-1]]
