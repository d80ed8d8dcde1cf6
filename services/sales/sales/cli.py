"""Commands of sales beside those of every service: `chassis sales import-orders FILE.jsonl`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

import click
import orjson

from chassis.cli import Service
from chassis.db import Database
from sales.usecases.import_orders import Past, RecordRefused, import_orders, read_record

BATCH = 1_000


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
    """Import in transactions of 1,000 orders; (orders read, orders new). RecordRefused names the offending line.

    What came before the offending batch stays, so that the mended file can simply be imported again.
    """
    records, read, new = _records(lines), 0, 0
    while past := list(islice(records, BATCH)):
        with database.transaction(account) as session:
            new += import_orders(session, past=past)
        read += len(past)
    return read, new


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


COMMANDS = [import_orders_command]
