"""Many rows given to a statement as one parameter, so that its text is the same for one row and for a thousand.

A list of VALUES would be assembled anew for every number of rows, and costs more than the statement itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import orjson
from sqlalchemy import JSON, FromClause, String, bindparam, cast, column, func, select, type_coerce
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from chassis.prepared import Prepared

Columns = Mapping[str, TypeEngine[Any]]


class PreparedForRows:
    """A statement that joins given rows: `build(given)` makes it, `given` is a table of `columns`.

    Values go as JSON: text, whole numbers, booleans and None; money as cents.
    """

    __slots__ = ("_build", "_columns", "_statements")

    def __init__(self, columns: Columns, build: Callable[[FromClause], Any]) -> None:
        self._columns, self._build = columns, build
        self._statements: dict[str, Prepared] = {}

    def __call__(self, session: Session, rows: Iterable[Mapping[str, Any]], **values: Any) -> Any:
        """Run it in the session's transaction, for the account in force."""
        dialect = session.get_bind().dialect.name
        if (statement := self._statements.get(dialect)) is None:
            given = _table(dialect, self._columns)
            statement = self._statements.setdefault(dialect, Prepared(self._build(given)))
        return statement(session, given_rows=orjson.dumps(list(rows)).decode(), **values)


def _table(dialect: str, columns: Columns) -> FromClause:
    parameter = bindparam("given_rows", type_=String)
    if dialect == "postgresql":
        typed = [column(name, type_) for name, type_ in columns.items()]
        records = func.json_to_recordset(cast(parameter, JSON))
        return records.table_valued(*typed).render_derived(name="given", with_types=True)
    each = func.json_each(parameter).table_valued("value", name="each")
    fields = [
        type_coerce(func.json_extract(each.c.value, f"$.{name}"), type_).label(name) for name, type_ in columns.items()
    ]
    return select(*fields).select_from(each).subquery("given")
