"""Upsert of a batch by one `INSERT … ON CONFLICT DO UPDATE`, where the fields that an element leaves out stay as they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, case, tuple_
from sqlalchemy.orm import Session

from chassis.db import Base, insert_for


def upsert(
    session: Session,
    model: type[Base],
    rows: Sequence[Mapping[str, Any]],
    *,
    key: Sequence[str],
    returning: Sequence[Any],
    new: Mapping[str, Any] | None = None,
    changed: Mapping[str, Any] | None = None,
    index_where: ColumnElement[bool] | None = None,
) -> list[Row[Any]]:
    """Insert `rows` into a tenant's table, or change the rows of the account in force that have their `key`.

    `rows` are mappings of attribute names, each with its whole `key` and otherwise with different fields if need be; no two
    have the same key. `new` is what a new row gets for a field that its mapping leaves out, `changed` what every existing row
    gets besides. There must be a unique index on (account_id, *key), `index_where` its condition if it has one. Rows are
    taken in the order of their keys, so that two batches never wait for each other.
    """
    if not rows:
        return []
    ordered = sorted(rows, key=lambda row: tuple(row[field] for field in key))
    given = {field for row in ordered for field in row}
    insert = insert_for(session, model)
    blank = dict.fromkeys(given) | dict(new or {})
    set_: dict[str, Any] = {}
    for field in sorted(given.difference(key)):
        having = [row for row in ordered if field in row]
        replaced = insert.excluded[field]
        if len(having) < len(ordered):
            keys = tuple_(*(insert.excluded[part] for part in key)).in_(
                [tuple(r[part] for part in key) for r in having]
            )
            replaced = case((keys, replaced), else_=getattr(model, field))
        set_[field] = replaced
    set_.update(changed or {})
    if not set_:
        set_ = {key[0]: insert.excluded[key[0]]}  # DO NOTHING would return nothing for the rows that are there
    statement = insert.on_conflict_do_update(
        index_elements=["account_id", *key], index_where=index_where, set_=set_
    ).returning(*returning)
    values = [{**blank, **row} for row in ordered]
    if all(len(row) == len(given) for row in ordered):
        # Compiled once for all batches. A list of VALUES is compiled for each, with SQLite's write lock in hand.
        return list(session.execute(statement, values, execution_options={"render_nulls": True}).all())
    return list(session.execute(statement.values(values)).all())
