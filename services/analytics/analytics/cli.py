"""Analytics' own commands: `chassis analytics verify` and `rebuild`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click
from sqlalchemy import select

from analytics.domain.models import Freshness
from analytics.usecases.verify import differences, rebuild_all
from chassis.cli import Service
from chassis.db import ALL_ACCOUNTS, Database


@contextmanager
def _accounts(service: Service) -> Iterator[tuple[Database, list[int]]]:
    database = service.database()
    try:
        with database.read(ALL_ACCOUNTS) as session:
            ids = list(session.scalars(select(Freshness.account_id).order_by(Freshness.account_id)))
        yield database, ids
    finally:
        database.dispose()


@click.command()
@click.pass_obj
def verify(service: Service) -> None:
    """Compare the rollups of all accounts with the facts; exit 1 and say where they differ."""
    found = 0
    with _accounts(service) as (database, ids):
        for account_id in ids:
            with database.snapshot(account_id) as session:
                for difference in differences(session):
                    found += 1
                    click.echo(f"account {account_id}, {difference}")
    if found:
        raise SystemExit(1)
    click.echo("every rollup equals the sum of its facts")


@click.command()
@click.pass_obj
def rebuild(service: Service) -> None:
    """Make the rollups of all accounts anew from the facts, an account a transaction."""
    with _accounts(service) as (database, ids):
        for account_id in ids:
            with database.transaction(account_id) as session:
                rebuild_all(session)
    click.echo(f"{len(ids)} accounts")


COMMANDS = [verify, rebuild]
