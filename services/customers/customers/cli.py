"""Customers' own commands: `chassis customers reconcile`, `chassis customers republish`."""

from __future__ import annotations

import click
from sqlalchemy import select

from chassis.cli import Service
from chassis.db import ALL_ACCOUNTS, Database
from customers.domain.facts import tell_again
from customers.domain.models import Customer
from customers.queries import COLUMNS, balance_differences

BATCH = 500


@click.command()
@click.pass_obj
def reconcile(service: Service) -> None:
    """Compare every customer's points and debt with their ledgers; exit 1 and name them when any differ."""
    with service.database().read(ALL_ACCOUNTS) as session:
        differences = balance_differences(session)
    for row in differences:
        click.echo(
            f"customer {row.id}: points {row.current_points}, ledger {row.points_ledger};"
            f" credit used {row.credit_used}, ledger {row.credit_ledger}"
        )
    if differences:
        raise SystemExit(1)
    click.echo("every customer's points and debt equal their ledgers")


@click.command()
@click.pass_obj
def republish(service: Service) -> None:
    """Tell every customer's present state again: for a service that is new or has lost what it knew."""
    click.echo(f"{republish_all(service.database())} customers told again")


def republish_all(database: Database) -> int:
    """Put the state of all customers of all accounts into the outbox, in small transactions; how many there were.

    A state is told under its own version, so who has it already, or a newer one, passes it over.
    """
    with database.read(ALL_ACCOUNTS) as session:
        accounts = session.scalars(select(Customer.account_id).distinct().order_by(Customer.account_id)).all()
    columns = (*COLUMNS, Customer.deleted_at, Customer.erased_at)
    told = 0
    for account in accounts:
        after = 0
        while True:
            page = select(*columns).where(Customer.id > after).order_by(Customer.id).limit(BATCH)
            with database.transaction(account) as session:
                rows = session.execute(page).all()
                tell_again(session, rows)
            if not rows:
                break
            after, told = rows[-1].id, told + len(rows)
    return told


COMMANDS = [reconcile, republish]
