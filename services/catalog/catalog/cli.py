"""Catalog's own commands: `chassis catalog check-stock`."""

from __future__ import annotations

import click

from catalog.queries import stock_differences
from chassis.cli import Service
from chassis.db import ALL_ACCOUNTS


@click.command("check-stock")
@click.pass_obj
def check_stock(service: Service) -> None:
    """Compare every product's stock with its ledger; exit 1 and name them when any differ."""
    with service.database().read(ALL_ACCOUNTS) as session:
        differences = stock_differences(session)
    for product_id, stock, ledger in differences:
        click.echo(f"product {product_id}: stock {stock}, ledger {ledger}")
    if differences:
        raise SystemExit(1)
    click.echo("every product's stock equals its ledger")


COMMANDS = [check_stock]
