"""Every statement that runs for one account names it for each of the account's tables, as the SQL itself shows.

The pytest plugin looks at each statement that a test runs. Prepared statements, which carry the criterion from the start, are
walked besides: a service's tests import `test_every_prepared_statement_names_the_account`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from importlib import import_module
from pkgutil import walk_packages
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Engine

from chassis.db import Base
from chassis.given_rows import PreparedForRows
from chassis.prepared import Prepared, PreparedList
from chassis.tenancy import TenantOwned, acting_for, tenant

_DIALECTS: list[Any] = [sqlite.dialect(), postgresql.dialect()]  # type: ignore[no-untyped-call]
_SOURCE = re.compile(r"(?:\bFROM|\bJOIN|\bUPDATE|,)\s+(\w+)(?:\s+AS\s+(\w+))?(?=[\s,)]|$)")
_NAMED = re.compile(r"\b(\w+)\.account_id(?: \+ 0)? = [:%?$\d]")
_JOINED = re.compile(r"\b(\w+)\.account_id = (\w+)\.account_id")
_FLUSH = re.compile(r"(?:UPDATE \w+ SET .*|DELETE FROM \w+) WHERE \w+\.id = \S+$")
_IN_COLUMN_LISTS = re.compile(
    r"\bINSERT INTO \w+ \([^)]*\)|\bSET\s.*?(?=\bWHERE\b|\bFROM\b|\bRETURNING\b|$)", re.DOTALL
)


@lru_cache(maxsize=1)
def _tenants_tables() -> frozenset[str]:
    mappers = Base.registry.mappers
    return frozenset(str(mapper.local_table.name) for mapper in mappers if issubclass(mapper.class_, TenantOwned))  # type: ignore[attr-defined]


@lru_cache(maxsize=4096)
def unrestricted(sql: str) -> tuple[str, ...]:
    """The tables of accounts in a SELECT, UPDATE or DELETE whose rows the SQL does not restrict to one account.

    A flush of a session changes an object by its primary key alone: the object was found under its account's criterion.
    """
    if _FLUSH.match(sql):
        return ()
    sources = {
        alias or table
        for table, alias in _SOURCE.findall(_IN_COLUMN_LISTS.sub(" ", sql))
        if table in _tenants_tables() and alias.upper() not in ("SET", "WHERE")
    }
    update = re.match(r"UPDATE (\w+)", sql)
    if update and update[1] in _tenants_tables():
        sources.add(update[1])
    named = set(_NAMED.findall(sql))
    joins = _JOINED.findall(sql)
    for _ in joins:  # what is joined by the account to a table that is restricted is restricted, too
        named |= {name for pair in joins for name in pair if named & set(pair)}
    return tuple(sorted(sources - named))


@contextmanager
def watched_statements() -> Iterator[None]:
    """Within the block a statement that runs for one account and does not name it fails."""

    def look(_connection: Any, _cursor: Any, sql: str, *_: Any) -> None:
        if isinstance(tenant(), int) and (missing := unrestricted(sql)):
            raise AssertionError(f"the account is not named for {', '.join(missing)} in: {sql}")

    event.listen(Engine, "before_cursor_execute", look)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", look)


class _Recorder:
    """Stands in for a session: keeps the statements that a prepared one would run."""

    def __init__(self, dialect: Any) -> None:
        self.dialect, self.seen = dialect, list[str]()

    def get_bind(self) -> Any:
        return SimpleNamespace(dialect=self.dialect)

    def connection(self) -> _Recorder:
        return self

    def execute(self, statement: Any, _values: Any) -> Any:
        self.seen.append(str(statement.compile(dialect=self.dialect)))
        return SimpleNamespace(all=list, scalar_one=lambda: 0)


@pytest.mark.parametrize("dialect", _DIALECTS, ids=["sqlite", "postgresql"])
def test_every_prepared_statement_names_the_account(service_name: str, dialect: Any) -> None:
    """Whether a test runs it or not."""
    package = import_module(service_name)
    modules = [import_module(module.name) for module in walk_packages(package.__path__, f"{service_name}.")]
    kinds = (Prepared, PreparedList, PreparedForRows)
    found = [value for module in modules for value in vars(module).values() if isinstance(value, kinds)]
    assert found
    recorder: Any = _Recorder(dialect)
    with acting_for(1):
        for each in found:
            if isinstance(each, PreparedList):
                each.rows(recorder, {}, offset=0, limit=1)
                each.count(recorder, {})
            elif isinstance(each, PreparedForRows):
                each(recorder, [])
            else:
                each(recorder)
    bad = {sql: missing for sql in recorder.seen if (missing := unrestricted(sql))}
    assert not bad
