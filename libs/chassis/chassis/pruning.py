"""Deleting what no longer counts, however much there is, in transactions that nobody has to wait for."""

from __future__ import annotations

from sqlalchemy import ColumnElement, delete, inspect, select, tuple_

from chassis.db import ALL_ACCOUNTS, Base, Database

STEP = 1_000


def delete_in_steps(database: Database, model: type[Base], condition: ColumnElement[bool]) -> int:
    """Delete the rows of all accounts that meet the condition, 1,000 in a transaction; how many."""
    key = tuple_(*inspect(model).primary_key)
    some = delete(model).where(key.in_(select(*inspect(model).primary_key).where(condition).limit(STEP)), condition)
    total = 0
    while True:
        with database.transaction(ALL_ACCOUNTS) as session:
            gone = len(session.execute(some.returning(*inspect(model).primary_key)).all())
        total += gone
        if gone < STEP:
            return total
        database.give_way()
