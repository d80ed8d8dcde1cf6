"""The migrations make exactly the tables that the models describe, from nothing, and can be taken back."""

from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from chassis import migrations
from chassis.db import Base


def test_models_and_migrations_agree(database):
    migrations.load_models("analytics")
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, Base.metadata) == []


def test_down_to_nothing_and_up_again(database):
    migrations.downgrade(database, "base")
    assert set(inspect(database.engine).get_table_names()) == {"alembic_version"}
    migrations.upgrade(database)
    assert "paid_orders" in inspect(database.engine).get_table_names()
