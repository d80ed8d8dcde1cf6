"""Taking rows of the B2B catalogue by their keys before they are changed or referred to, in one order everywhere."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Row, inspect, select, tuple_
from sqlalchemy.orm import Session

from chassis.db import Base


def take_rows(
    session: Session,
    model: type[Base],
    key: Sequence[str],
    values: Collection[Any],
    *,
    returning: Sequence[Any] = (),
    to_refer: bool = False,
) -> Sequence[Row[Any]]:
    """The rows of `model` whose `key` is among `values` (tuples when it has several columns), ours until the transaction ends.

    With `to_refer` they only can't be deleted meanwhile. PostgreSQL locks them in the order of their primary keys; on SQLite
    the transaction has the one write lock already.
    """
    columns = [getattr(model, name) for name in key]
    among = columns[0].in_(values) if len(columns) == 1 else tuple_(*columns).in_(values)
    statement = select(*(returning or columns)).where(among).order_by(*inspect(model).primary_key)
    return session.execute(statement.with_for_update(read=to_refer, key_share=to_refer)).all()
