"""Telling the present state again, for a read model that is new or is being rebuilt: `chassis <service> republish`.

Every row becomes an event with its aggregate's present version, through the outbox. Who knows that version or a newer one
drops it; so it can be done while everything runs, and again after it was broken off.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click
from sqlalchemy import Select, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from chassis.db import ALL_ACCOUNTS, Database
from chassis.messaging.outbox import Fact, emit_many

if TYPE_CHECKING:
    from chassis.cli import Service

BATCH = 100
PARTS_OF = 20
"""Rows whose parts are in memory at once: an order has up to 500 lines."""


@dataclass(frozen=True, slots=True)
class Aggregate:
    """Rows of a tenant's, and what is told of each.

    `rows` selects them, deleted ones too, with the model's primary key `key` under its name. `told` makes the event's
    type and fact of a row: a type that sets state, never one that adds up. `account` is the column that says whose a row
    is, where that is not the model's `account_id`.
    """

    name: str
    key: InstrumentedAttribute[int]
    rows: Select[*tuple[Any, ...]]
    told: Callable[..., tuple[str, Fact]]
    parts: Callable[[Session, Sequence[int]], Mapping[int, Any]] | None = None
    account: InstrumentedAttribute[int] | None = None

    @property
    def whose(self) -> Any:
        """The account's column."""
        return self.key.class_.account_id if self.account is None else self.account


def republish(database: Database, aggregates: Iterable[Aggregate]) -> dict[str, int]:
    """Tell all rows of all accounts; how many of each aggregate. Transactions of 100 rows, so writers hardly wait."""
    told: dict[str, int] = {}
    for aggregate in aggregates:
        with database.read(ALL_ACCOUNTS) as session:
            found = session.scalars(select(aggregate.whose).distinct().order_by(aggregate.whose)).all()
        told[aggregate.name] = sum(_republish_account(database, aggregate, account) for account in found)
    return told


def _republish_account(database: Database, aggregate: Aggregate, account: int) -> int:
    last = told = 0
    while True:
        with database.transaction(account) as session:
            after = (
                aggregate.rows.where(aggregate.whose == account, aggregate.key > last)
                .order_by(aggregate.key)
                .limit(BATCH)
            )
            rows = session.execute(after).all()
            keys = [getattr(row, aggregate.key.key) for row in rows]
            step = BATCH if aggregate.parts is None else PARTS_OF
            for start in range(0, len(rows), step):
                _tell(session, aggregate, keys[start : start + step], rows[start : start + step])
        told += len(rows)
        if len(rows) < BATCH:
            return told
        last = keys[-1]
        database.give_way()


def _tell(session: Session, aggregate: Aggregate, keys: Sequence[int], rows: Sequence[Any]) -> None:
    facts: dict[str, list[Fact]] = {}
    parts = None if aggregate.parts is None else aggregate.parts(session, keys)
    for key, row in zip(keys, rows, strict=True):
        type_, fact = aggregate.told(row) if parts is None else aggregate.told(row, parts[key])
        facts.setdefault(type_, []).append(fact)
    for type_, its_facts in facts.items():
        emit_many(session, type_, its_facts)


def republish_command(*aggregates: Aggregate) -> click.Command:
    """The command `republish` of a service, for its `COMMANDS`."""

    @click.command("republish")
    @click.pass_obj
    def command(service: Service) -> None:
        """Tell the present state of everything again; the worker publishes it."""
        database = service.database()
        try:
            for name, number in republish(database, aggregates).items():
                click.echo(f"{number} {name}")
        finally:
            database.dispose()

    return command
