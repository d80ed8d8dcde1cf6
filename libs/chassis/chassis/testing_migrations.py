"""Tests that every service has of its migrations and indexes; its tests/test_migrations.py and test_indexes.py import them."""

from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Index, Table, inspect

from chassis import migrations
from chassis.db import Base, Database


def test_models_and_migrations_agree(database: Database) -> None:
    """The migrations make exactly the tables that the models describe."""
    migrations.load_models(database.service)
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, Base.metadata)
    assert differences == [], differences


def test_down_to_nothing_and_up_again(database: Database) -> None:
    """All of it can be taken back, and made once more."""
    tables = set(inspect(database.engine).get_table_names())
    migrations.downgrade(database, "base")
    assert set(inspect(database.engine).get_table_names()) == {"alembic_version"}
    migrations.upgrade(database)
    assert set(inspect(database.engine).get_table_names()) == tables


def test_every_foreign_key_has_an_index(database: Database) -> None:
    """An index leads with its columns, the account aside: lists filter by them."""
    missing = []
    for table in _tables(database):
        keys = [table.primary_key.columns, *(index.columns for index in table.indexes)]
        leading = [[column.name for column in key if column.name != "account_id"] for key in keys]
        for foreign in table.foreign_key_constraints:
            wanted = [column.name for column in foreign.columns if column.name != "account_id"]
            if not any(names[: len(wanted)] == wanted for names in leading):
                missing.append((table.name, wanted))
    assert missing == []


def partial_indexes(database: Database) -> set[str]:
    """The names of the models' partial indexes, which are partial in the database, too."""
    models = {str(index.name) for table in _tables(database) for index in table.indexes if _is_partial(index)}
    there = inspect(database.engine)
    where = f"{database.dialect}_where"
    found = {
        str(index["name"])
        for table in _tables(database)
        for index in there.get_indexes(table.name)
        if index.get("dialect_options", {}).get(where) is not None
    }
    assert models <= found  # PostgreSQL lists that of an exclusion constraint as well
    return models


def _tables(database: Database) -> list[Table]:
    migrations.load_models(database.service)
    there = set(inspect(database.engine).get_table_names())
    return [table for table in Base.metadata.sorted_tables if table.name in there]


def _is_partial(index: Index) -> bool:
    return index.dialect_options["sqlite"]["where"] is not None
