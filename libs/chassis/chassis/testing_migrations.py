"""Two tests that every service has of its migrations; its tests/test_migrations.py imports them."""

from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

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
