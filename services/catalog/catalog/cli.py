"""Catalog's own commands: `chassis catalog reconcile`."""

from __future__ import annotations

import click

from catalog.ledger import stock_differences
from chassis.cli import Service
from chassis.db import ALL_ACCOUNTS


@click.command()
@click.pass_obj
def reconcile(service: Service) -> None:
    """Compare every product's stock, of all accounts, with its ledger; exit 1 and name those that differ."""
    with service.database().read(ALL_ACCOUNTS) as session:
        differences = stock_differences(session)
    for account_id, product_id, stock, ledger in differences:
        click.echo(f"account {account_id}, product {product_id}: stock {stock}, ledger {ledger}")
    if differences:
        raise SystemExit(1)
    click.echo("every product's stock equals its ledger")


COMMANDS = [reconcile]
