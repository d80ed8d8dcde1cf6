"""Alembic for every service: `chassis <service> migrate`. A service's folder holds only its versions, not the machinery."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from chassis.db import Base, Database
from chassis.schema_version import folder, head_revision

CHASSIS_MODELS = (
    "chassis.idempotency", "chassis.tenants", "chassis.revocations", "chassis.messaging.outbox", "chassis.messaging.inbox",
)  # fmt: skip


def load_models(service: str) -> None:
    """Import every model of a service's database: its own and the chassis'."""
    for module in (f"{service}.domain.models", *CHASSIS_MODELS):
        import_module(module)


def config_for(service: str) -> Config:
    """Alembic's configuration, made in memory: there is no ini file and no env.py to copy."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "alembic"))
    config.set_main_option("version_locations", str(folder(service)))
    config.set_main_option("path_separator", "os")
    return config


def upgrade(database: Database, revision: str = "head") -> None:
    """Bring the database to `revision`, under a lock, so that two processes may try at once."""
    _run(database, revision, lambda script: lambda current, _: script._upgrade_revs(revision, current))


def downgrade(database: Database, revision: str) -> None:
    """Take the database back to `revision`."""
    _run(database, revision, lambda script: lambda current, _: script._downgrade_revs(revision, current))


def make_revision(database: Database, message: str) -> None:
    """Write a new revision from the difference between the models and the (migrated) database."""
    config = config_for(database.service)
    config.attributes["database"] = database
    number = f"{int(head_revision(database.service)) + 1:04}"
    command.revision(
        config, message=message, autogenerate=True, rev_id=number, version_path=str(folder(database.service))
    )


def run_with_connection(context: EnvironmentContext, database: Database) -> None:
    """What `env.py` does: run the migrations of `context` on `database`."""
    load_models(database.service)
    with database.engine.connect() as connection, _tables_may_be_made_anew(database, connection):
        if database.dialect == "postgresql":
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7010001)")
        context.configure(
            connection=connection, target_metadata=Base.metadata, render_as_batch=True, compare_type=True,
            transaction_per_migration=False,
        )  # fmt: skip
        context.run_migrations()
        _check_foreign_keys(database, connection)
        connection.commit()


@contextmanager
def _tables_may_be_made_anew(database: Database, connection: Connection) -> Iterator[None]:
    """SQLite alters a column by making the table anew, and dropping the old one would drop what refers to it.

    So it is done as SQLite's manual has it: foreign keys off before the transaction, all of them checked within it.
    """
    if database.dialect == "postgresql":
        yield
        return
    driver: Any = connection.connection.driver_connection
    driver.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        connection.rollback()
        driver.execute("PRAGMA foreign_keys=ON")


def _check_foreign_keys(database: Database, connection: Connection) -> None:
    if database.dialect == "sqlite" and (broken := connection.exec_driver_sql("PRAGMA foreign_key_check").all()):
        raise RuntimeError(f"the migration leaves rows that refer to nothing: {broken[:5]}")


def _run(database: Database, revision: str, steps: object) -> None:
    config = config_for(database.service)
    script = ScriptDirectory.from_config(config)
    with EnvironmentContext(config, script, fn=steps(script), destination_rev=revision) as context:  # type: ignore[operator]
        run_with_connection(context, database)
