"""Customers' own commands: `chassis customers reconcile`, `chassis customers republish`."""

from __future__ import annotations

import click
from sqlalchemy import select

from chassis.cli import Service
from chassis.db import ALL_ACCOUNTS
from chassis.messaging.republish import Aggregate, republish_command
from chassis.text_forms import in_other_form
from customers.domain import client_facts, facts
from customers.domain.clients import Client
from customers.domain.models import Customer
from customers.queries import COLUMNS, balance_differences
from customers.usecases.phone_keys import twins


@click.command()
@click.pass_obj
def reconcile(service: Service) -> None:
    """Compare every customer's points and debt with their ledgers; exit 1 and name them when any differ.

    Phone numbers that several rows had before they were unique are named, too, and so are uids and e-mails in another
    Unicode form.
    """
    with service.database().read(ALL_ACCOUNTS) as session:
        differences = balance_differences(session)
        same_numbers = twins(session)
        other_forms = in_other_form(session, Customer.email, Client.email, Client.uid)
    for row in differences:
        click.echo(
            f"customer {row.id}: points {row.current_points}, ledger {row.points_ledger};"
            f" credit used {row.credit_used}, ledger {row.credit_ledger}"
        )
    for table, key, numbers in same_numbers:
        click.echo(f"{table}: {key} stands in {len(numbers)} rows, from before it was unique: {', '.join(numbers)}")
    for sentence in other_forms:
        click.echo(sentence)
    if differences:
        raise SystemExit(1)
    click.echo("every customer's points and debt equal their ledgers")


_CUSTOMERS = select(*COLUMNS, Customer.deleted_at, Customer.erased_at)
republish = republish_command(
    Aggregate("customers", Customer.id, _CUSTOMERS, facts.present_state),
    Aggregate("clients", Client.id, select(*client_facts.COLUMNS), client_facts.present_state),
)

COMMANDS = [reconcile, republish]
