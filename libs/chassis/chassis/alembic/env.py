"""Alembic's environment, the same for every service; `chassis.migrations` hands the database over."""

from alembic import context

from chassis.migrations import run_with_connection

run_with_connection(context, context.config.attributes["database"])  # type: ignore[arg-type]
