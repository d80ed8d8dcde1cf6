"""`chassis <service> <command>`: everything that is run by hand or by a supervisor for one service."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import click
from sqlalchemy.exc import SQLAlchemyError

from chassis import logs
from chassis.db import Database
from chassis.outages import database_away


class Service:
    """The service the commands work on; passed as click's context object."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.settings: Any = import_module(f"{name}.config").Config.from_env()

    def database(self, **options: Any) -> Database:
        """Its database, without the web's statement timeout."""
        return Database(self.settings.database_url, service=self.name, statement_timeout=None, **options)


@click.group()
def commands() -> None:
    """Commands of one Mostrador service."""


@commands.command()
@click.pass_obj
def worker(service: Service) -> None:
    """Run the worker: outbox relay, consumer, sweeps."""
    from chassis.worker import run_worker

    run_worker(service.name)


@commands.command()
@click.option("--to", default="head", help="Revision to end at.")
@click.pass_obj
def migrate(service: Service, to: str) -> None:
    """Bring the database's schema up to date."""
    from chassis import migrations

    migrations.upgrade(service.database(), to)


@commands.command()
@click.option("--to", required=True, help="Revision to go back to.")
@click.pass_obj
def downgrade(service: Service, to: str) -> None:
    """Take the database's schema back."""
    from chassis import migrations

    migrations.downgrade(service.database(), to)


@commands.command()
@click.argument("message")
@click.pass_obj
def revision(service: Service, message: str) -> None:
    """Write a new migration from the difference between models and database."""
    from chassis import migrations

    migrations.make_revision(service.database(), message)


@commands.command()
@click.pass_obj
def routes(service: Service) -> None:
    """List the web's routes and who may call them."""
    from chassis.access import route_table

    for method, path, access in route_table(import_module(f"{service.name}.app").create_app(service.settings)):
        who = "public" if access.public else f"services: {', '.join(access.callers)}" if access.callers else ""
        click.echo(f"{method:7}{path:50}{who or ', '.join(access.roles)}")


def _load(name: str) -> click.Group:
    from chassis.messaging.dead_letters import commands as dead_letters

    commands.add_command(dead_letters)
    if find_spec(f"{name}.cli"):
        for command in import_module(f"{name}.cli").COMMANDS:
            commands.add_command(command)
    return commands


def main() -> None:
    """Entry point of the `chassis` script."""
    if len(sys.argv) < 2 or find_spec(sys.argv[1].split(".")[0] or "-") is None:
        raise SystemExit("usage: chassis SERVICE COMMAND …  (SERVICE is auth, catalog, sales, customers or analytics)")
    service = Service(sys.argv[1])
    logs.configure(service.name, service.settings.log_level)
    from chassis.messaging.broker import BrokerLost, BrokerRefuses

    try:
        _load(service.name).main(args=sys.argv[2:], prog_name=f"chassis {service.name}", obj=service)
    except (BrokerLost, BrokerRefuses) as error:
        raise SystemExit(f"chassis {service.name}: the broker is away or refuses: {error}".strip()) from None
    except SQLAlchemyError as error:
        if not database_away(error):
            raise
        raise SystemExit(
            f"chassis {service.name}: the database is away: {getattr(error, 'orig', error)}".strip()
        ) from None
