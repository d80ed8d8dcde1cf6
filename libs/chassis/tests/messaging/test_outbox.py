"""The outbox: an event is told if, and only if, its change is committed."""

from __future__ import annotations

from typing import Any

import pytest
from rig import tell, waiting
from sqlalchemy import select

from chassis import tracing
from chassis.db import ALL_ACCOUNTS, Database
from chassis.messaging import Event, OutboxRow, emit
from chassis.messaging.outbox import outbox_backlog


def rows(database: Database) -> list[OutboxRow]:
    with database.read(ALL_ACCOUNTS) as session:
        return list(session.scalars(select(OutboxRow).order_by(OutboxRow.id)))


def test_a_committed_event_waits_in_the_outbox(database: Database) -> None:
    trace = tracing.begin(request_id="request-1")
    with database.transaction(7) as session, tracing.tracing(trace):
        emit(session, "OrderPaid", subject="o1", version=2, data={"total": "1.00"})
    [row] = rows(database)
    event = Event.from_bytes(row.payload)
    assert (row.event_id, row.routing_key, row.account_id, row.attempts) == (event.id, "shop.OrderPaid", 7, 0)
    assert (event.account_id, event.version, event.subject, event.data) == (7, 2, "o1", {"total": "1.00"})
    assert (event.traceparent, event.request_id) == (trace.traceparent, "request-1")


def test_a_rolled_back_event_is_never_told(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.transaction(7) as session:  # noqa: PT012
        emit(session, "OrderPaid", subject="o1", version=2, data={})
        raise ZeroDivisionError
    assert rows(database) == []


def test_an_event_that_still_waits_is_not_added_twice(database: Database) -> None:
    for _ in range(2):
        with database.transaction(1) as session:
            emit(session, "Counted", subject="a", version=1, data={}, event_id="0192f0c1-0000-7000-8000-000000000001")
    assert waiting(database) == 1


@pytest.mark.parametrize(
    "wrong",
    [{"type_": "order paid"}, {"subject": ""}, {"version": -1}, {"version": "1"}, {"data": []}, {"event_id": "1"},
     {"data": {"x": object()}}, {"data": {"x": "y" * 1_000_001}}],
)  # fmt: skip
def test_an_event_nobody_could_read_fails_where_it_is_told(database: Database, wrong: dict[str, Any]) -> None:
    good: dict[str, Any] = {"type_": "Counted", "subject": "a", "version": 1, "data": {}}
    with pytest.raises((ValueError, TypeError)), database.transaction(1) as session:
        emit(session, **(good | wrong))
    assert waiting(database) == 0


def test_an_event_belongs_to_one_account(database: Database) -> None:
    with pytest.raises(ValueError, match="account"), database.transaction(ALL_ACCOUNTS) as session:
        emit(session, "Counted", subject="a", version=1, data={})
    with database.transaction(ALL_ACCOUNTS) as session:
        emit(session, "Counted", subject="a", version=1, data={}, account_id=3)
    assert [row.account_id for row in rows(database)] == [3]


def test_the_backlog_is_its_length_and_its_oldest_age(database: Database) -> None:
    assert outbox_backlog(database) == (0, 0.0)
    tell(database, "a", "b")
    depth, age = outbox_backlog(database)
    assert depth == 2
    assert 0 <= age < 5
