"""Sums over the days of a period, from whole blocks of days where there are any: few rows to add up, however many orders."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sqlalchemy import Integer, Row, Select, Subquery, bindparam, select, union_all
from sqlalchemy.orm import Session

from analytics.domain.calendar import blocks_and_days
from analytics.domain.models import Day
from analytics.domain.periods import Period
from chassis.prepared import Prepared, prepared


class OfPeriod:
    """A statement on the rows of a period: from whole blocks of days, and single days at the edges.

    `build` makes it of the parts' rows. It is built once for each shape: with or without blocks, none to two edges.
    """

    def __init__(
        self, build: Callable[[Subquery], Select[*tuple[Any, ...]]], columns: Sequence[str], day: Any, block: Any | None
    ) -> None:
        self._build, self._columns, self._day, self._block = build, columns, day, block
        self._shapes: dict[tuple[bool, int], Prepared] = {}

    def __call__(self, session: Session, period: Period) -> Iterable[Row[*tuple[Any, ...]]]:
        """The statement's rows, of the account in force."""
        blocks, edges = range(0), [(period.start, period.end)]
        if self._block is not None:
            blocks, edges = blocks_and_days(period.start, period.end)
        bounds: dict[str, Any] = {"first_block": blocks.start, "last_block": blocks.stop - 1} if blocks else {}
        for number, (start, end) in enumerate(edges):
            bounds |= {f"start_{number}": start, f"end_{number}": end}
        shape = bool(blocks), len(edges)
        if (statement := self._shapes.get(shape)) is None:
            statement = self._shapes.setdefault(shape, self._prepared(*shape))
        return statement(session, **bounds)

    def _prepared(self, with_blocks: bool, edges: int) -> Prepared:
        # An arm for each span: SQLite reads one range of the key each, and all of the account's rows for an OR of them.
        arms = [
            self._rows(self._day, self._day.day, f"start_{number}", f"end_{number}", Day) for number in range(edges)
        ]
        if with_blocks and self._block is not None:
            arms.append(self._rows(self._block, self._block.block, "first_block", "last_block", Integer))
        return prepared(self._build((union_all(*arms) if len(arms) > 1 else arms[0]).subquery()))

    def _rows(self, model: Any, key: Any, first: str, last: str, type_: Any) -> Select[*tuple[Any, ...]]:
        columns = [getattr(model, name) for name in self._columns]
        return select(*columns).where(key.between(bindparam(first, type_=type_), bindparam(last, type_=type_)))
