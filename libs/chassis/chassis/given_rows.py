"""Many rows given to a statement as one parameter, so that its text is the same for one row and for a thousand.

A list of VALUES would be assembled anew for every number of rows, and costs more than the statement itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import JSON, BigInteger, FromClause, String, bindparam, cast, column, func, select, true, type_coerce
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from chassis.db import Base
from chassis.prepared import Prepared

Columns = Mapping[str, TypeEngine[Any]]


def moment(at: datetime) -> str:
    """A time as a given value: in UTC, as SQLite keeps it and as PostgreSQL reads it (our sessions there are in UTC)."""
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}"


def as_given(rows: Iterable[Mapping[str, Any]]) -> str:
    """The value of the parameter `given_rows`."""
    return orjson.dumps(list(rows)).decode()


class PreparedForRows:
    """A statement that joins given rows: `build(given)` makes it, `given` is a table of `columns`.

    Values go as JSON: text, whole numbers, booleans and None; money as cents, times as `moment` has them.
    """

    __slots__ = ("_build", "_columns", "_statements")

    def __init__(self, columns: Columns, build: Callable[[FromClause], Any]) -> None:
        self._columns, self._build = columns, build
        self._statements: dict[str, Prepared] = {}

    def __call__(self, session: Session, rows: Iterable[Mapping[str, Any]], **values: Any) -> Any:
        """Run it in the session's transaction, for the account in force."""
        dialect = session.get_bind().dialect.name
        if (statement := self._statements.get(dialect)) is None:
            built = self._built(dialect, given_table(dialect, self._columns))
            statement = self._statements.setdefault(dialect, Prepared(built, by_id=dialect == "sqlite"))
        return statement(session, given_rows=as_given(rows), **values)

    def _built(self, dialect: str, given: FromClause) -> Any:
        return self._build(given)


class InsertForRows(PreparedForRows):
    """An INSERT of given rows into `model`: each column of theirs, and `more` (column → expression), in the order of `order_by`.

    `conflict` adds its ON CONFLICT clause and RETURNING, if any. The rows are the account's in force.
    """

    __slots__ = ("_model", "_more", "_order_by")

    def __init__(
        self,
        model: type[Base],
        columns: Columns,
        *,
        more: Mapping[str, Any],
        order_by: Sequence[str],
        conflict: Callable[[Any], Any] = lambda insert: insert,
    ) -> None:
        super().__init__(columns, conflict)
        self._model, self._more, self._order_by = model, more, order_by

    def _built(self, dialect: str, given: FromClause) -> Any:
        more = {"account_id": bindparam("tenant_in_force", type_=BigInteger), **self._more}
        # SQLite can't tell ON CONFLICT from a join's ON without a WHERE before it.
        source = select(*more.values(), *(given.c[name] for name in self._columns)).where(true())
        insert = (postgresql if dialect == "postgresql" else sqlite).insert(self._model.__table__)
        names = [*more, *self._columns]
        return self._build(
            insert.from_select(
                names, source.order_by(*(given.c[name] for name in self._order_by)), include_defaults=False
            )
        )


def given_table(dialect: str, columns: Columns) -> FromClause:
    """The rows in the parameter `given_rows` as a table, for statements of tables that no account owns."""
    parameter = bindparam("given_rows", type_=String)
    if dialect == "postgresql":
        typed = [column(name, type_) for name, type_ in columns.items()]
        records = func.json_to_recordset(cast(parameter, JSON))
        return records.table_valued(*typed).render_derived(name="given", with_types=True)
    each = func.json_each(parameter).table_valued("value", name="each")
    fields = [
        type_coerce(func.json_extract(each.c.value, f"$.{name}"), type_).label(name) for name, type_ in columns.items()
    ]
    # With a limit SQLite reads the rows once, else perhaps again for each row of the account (1,000 rows: 4 s, not 15 ms).
    return select(*fields).select_from(each).limit(-1).subquery("given")
