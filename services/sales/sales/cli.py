"""Commands of sales beside those of every service: `chassis sales import-orders FILE.jsonl`, `reconcile`, `republish`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import orjson
from sqlalchemy import select

from chassis.cli import Service
from chassis.db import ALL_ACCOUNTS, Database
from chassis.messaging.outbox import Fact
from chassis.messaging.republish import Aggregate, republish_command
from chassis.text_forms import in_other_form
from sales import b2b_queries
from sales.domain.b2b_facts import order_fact
from sales.domain.b2b_models import B2BOrder
from sales.domain.facts import Row
from sales.domain.models import Order
from sales.queries import ORDER_COLUMNS, lines_of_all, total_differences
from sales.usecases.import_orders import Past, RecordRefused, import_orders, read_record
from sales.usecases.tell_order import fact_of

ORDERS, LINES = 1_000, 5_000
"""The most that one transaction of an import stores. Tills wait for one of these at most."""


@click.command("import-orders")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--account", default=1, show_default=True, help="The account that the orders belong to.")
@click.pass_obj
def import_orders_command(service: Service, file: Path, account: int) -> None:
    """Import paid orders of the past from FILE, one JSON object a line. Orders whose uid is known are passed over."""
    database = service.database()
    try:
        with file.open("rb") as lines:
            read, new = load(database, lines, account=account)
    except RecordRefused as error:
        raise click.ClickException(f"{file}: {error}") from error
    finally:
        database.dispose()
    click.echo(f"{new} orders imported, {read - new} known already")


def load(database: Database, lines: Iterable[bytes], *, account: int) -> tuple[int, int]:
    """Import in transactions of 1,000 orders or less; (orders read, orders new). RecordRefused names the offending line.

    What came before the offending batch stays, so that the mended file can simply be imported again.
    """
    read = new = 0
    for past in _batches(_records(lines)):
        if read:
            database.give_way()
        with database.transaction(account) as session:
            new += import_orders(session, past=past)
        read += len(past)
    return read, new


def _batches(records: Iterable[Past]) -> Iterator[list[Past]]:
    batch: list[Past] = []
    size = 0
    for order, items in records:
        if batch and (len(batch) == ORDERS or size + len(items) > LINES):
            yield batch
            batch, size = [], 0
        batch.append((order, items))
        size += len(items)
    if batch:
        yield batch


def _records(lines: Iterable[bytes]) -> Iterator[Past]:
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            record = orjson.loads(line)
            if not isinstance(record, dict):
                raise RecordRefused("not a JSON object")
            yield read_record(record)
        except (orjson.JSONDecodeError, RecordRefused) as error:
            raise RecordRefused(f"line {number}: {error}") from error


def _order(row: Any, lines: Sequence[Row]) -> tuple[str, Fact]:
    return fact_of(row._mapping, lines)


def _b2b_order(row: Any, items: Mapping[str, Row]) -> tuple[str, Fact]:
    return "B2BOrderChanged", order_fact(row, items.values())


STATE = (
    Aggregate("orders", Order.id, select(*ORDER_COLUMNS), _order, parts=lines_of_all),
    Aggregate("B2B orders", B2BOrder.id, select(*b2b_queries.ORDER), _b2b_order, parts=b2b_queries.items_of),
)


@click.command()
@click.pass_obj
def reconcile(service: Service) -> None:
    """Compare every order's totals, of all accounts, with its lines; exit 1 and name those that differ.

    B2B orders whose uid or owner is in another Unicode form are named, too.
    """
    database = service.database()
    try:
        with database.read(ALL_ACCOUNTS) as session:
            differences = total_differences(session)
            other_forms = in_other_form(session, B2BOrder.uid, B2BOrder.user_uid)
    finally:
        database.dispose()
    for row in differences:
        click.echo(
            f"account {row.account_id}, order {row.id} ({row.ticket_folio}): its totals are not the sum of its lines"
        )
    for sentence in other_forms:
        click.echo(sentence)
    if differences:
        raise SystemExit(1)
    click.echo("every order's totals are the sum of its lines")


COMMANDS = [import_orders_command, reconcile, republish_command(*STATE)]
