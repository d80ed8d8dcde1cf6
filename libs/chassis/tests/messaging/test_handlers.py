"""What an event does to a service: its effect once, whatever the wire makes of it."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from rig import make_event, totals
from shop.consumers import SUBSCRIPTIONS
from shop.domain.models import Name
from sqlalchemy import select, text, update
from sqlalchemy.exc import OperationalError, ProgrammingError
from sqlalchemy.orm import Session

from chassis import tracing
from chassis.db import ALL_ACCOUNTS, Database, tenant, utcnow
from chassis.messaging import Event, InboxRow, OutboxRow, batch, emit
from chassis.messaging.handlers import handle, with_settings
from chassis.messaging.inbox import claim, prune
from chassis.outages import database_away


class FailsOnce:
    """A handler that does its work and then fails, the first time it sees an event."""

    def __init__(self, handler: Any) -> None:
        self.handler = handler
        self.failed: set[str] = set()

    def __call__(self, session: Session, event: Event) -> None:
        self.handler(session, event)
        if event.id not in self.failed:
            self.failed.add(event.id)
            raise RuntimeError("after the effect, before the commit")


def test_twice_out_of_order_and_failing_once_is_once(database: Database) -> None:
    events = [make_event("Counted", f"s{n % 7}", amount=n) for n in range(40)]
    events += [make_event("Renamed", f"s{n % 5}", version=n, name=f"name {n}") for n in range(1, 21)]
    handlers = {name: FailsOnce(SUBSCRIPTIONS[name]) for name in ("Counted", "Renamed")}
    for seed in range(3):
        wire = [*events, *events]
        random.Random(seed).shuffle(wire)
        for event in wire:
            for _ in range(2):
                try:
                    handle(database, handlers, [event])
                except RuntimeError:
                    continue
    assert totals(database) == {f"s{k}": sum(n for n in range(40) if n % 7 == k) for k in range(7)}
    with database.read(ALL_ACCOUNTS) as session:
        names = {row.subject: row.version for row in session.execute(select(Name.subject, Name.version))}
    assert names == {"s0": 20, "s1": 16, "s2": 17, "s3": 18, "s4": 19}


def test_an_event_twice_in_one_batch_counts_once(database: Database) -> None:
    event = make_event(amount=5)
    handle(database, SUBSCRIPTIONS, [event, event])
    assert totals(database) == {"a": 5}


def test_a_failed_batch_leaves_nothing_behind(database: Database) -> None:
    events = [make_event(amount=5), make_event("Broken", "b")]
    with pytest.raises(RuntimeError):
        handle(database, SUBSCRIPTIONS, events)
    assert totals(database) == {}
    handle(database, SUBSCRIPTIONS, events[:1])
    assert totals(database) == {"a": 5}


def test_a_batch_handler_gets_each_accounts_events_at_once_in_their_order(database: Database) -> None:
    calls: list[tuple[Any, list[str]]] = []
    together = batch(lambda _session, events: calls.append((tenant(), [event.subject for event in events])))
    subscriptions = {"Opened": together, "Closed": together}
    wire = [("Opened", "a", 1), ("Opened", "b", 2), ("Closed", "c", 1), ("Opened", "d", 1), ("Closed", "e", 2)]
    handle(database, subscriptions, [make_event(t, s, account_id=account) for t, s, account in wire])
    assert calls == [(1, ["a", "c", "d"]), (2, ["b", "e"])]


def test_what_a_batch_tells_goes_back_to_the_request_of_its_cause(database: Database) -> None:
    wire = [replace(make_event("Opened", subject), request_id=f"request-{subject}") for subject in "abc"]

    def answer(session: Session, events: list[Event]) -> None:
        for event in events:
            emit(session, "Answered", subject=event.subject, version=1, data={})
            emit(session, "Echoed", subject="echo-" + event.subject, version=1, data={}, cause=event.subject)
        emit(session, "Summed", subject="all", version=1, data={})

    handle(database, {"Opened": batch(answer)}, wire)
    with database.read(ALL_ACCOUNTS) as session:
        told = [
            Event.from_bytes(payload) for payload in session.scalars(select(OutboxRow.payload).order_by(OutboxRow.id))
        ]
    by_request = {event.subject: event.request_id for event in told}
    assert {subject: by_request[subject] for subject in ("a", "echo-b", "c")} == {
        "a": "request-a", "echo-b": "request-b", "c": "request-c",
    }  # fmt: skip
    assert by_request["all"] not in {event.request_id for event in wire}, (
        "what all brought about goes back to none of them"
    )


def test_a_handler_continues_the_trace_of_its_event(database: Database) -> None:
    trace = tracing.begin(request_id="request-1")
    event = replace(make_event("Opened"), traceparent=trace.traceparent, request_id="request-1")
    seen: list[Any] = []

    def answer(session: Session, _event: Event) -> None:
        emit(session, "Answered", subject="a", version=1, data={})
        seen.append(tracing.current())

    handle(database, {"Opened": answer}, [event])
    assert (seen[0].trace_id, seen[0].parent_id, seen[0].event_id) == (trace.trace_id, trace.span_id, event.id)
    with database.read(ALL_ACCOUNTS) as session:
        told = Event.from_bytes(session.scalars(select(OutboxRow.payload)).one())
    assert (told.traceparent, told.request_id) == (seen[0].traceparent, "request-1")
    assert tracing.current() is None


def test_an_event_without_a_handler_is_ignored_and_leaves_no_trace(database: Database) -> None:
    handle(database, SUBSCRIPTIONS, [make_event("SomethingElse")])
    with database.read(ALL_ACCOUNTS) as session:
        assert session.scalar(select(InboxRow.event_id)) is None


def test_a_claim_goes_with_its_rollback(database: Database) -> None:
    event = make_event()
    with pytest.raises(ZeroDivisionError), database.transaction(ALL_ACCOUNTS) as session:  # noqa: PT012
        assert claim(session, [event]) == [event]
        raise ZeroDivisionError
    for expected in ([event], []):
        with database.transaction(ALL_ACCOUNTS) as session:
            assert claim(session, [event]) == expected


def test_the_inbox_forgets_after_fourteen_days_and_no_sooner(database: Database) -> None:
    handle(database, SUBSCRIPTIONS, [old := make_event(), new := make_event()])
    with database.transaction(ALL_ACCOUNTS) as session:
        session.execute(
            update(InboxRow).where(InboxRow.event_id == old.id).values(handled_at=utcnow() - timedelta(days=15))
        )
        session.execute(
            update(InboxRow).where(InboxRow.event_id == new.id).values(handled_at=utcnow() - timedelta(days=13))
        )
    prune(database)
    with database.read(ALL_ACCOUNTS) as session:
        assert session.scalars(select(InboxRow.event_id)).all() == [new.id]


def failure(database: Database, *statements: str) -> Exception:
    """What the database answers to the last of the statements."""
    with pytest.raises(Exception) as caught, database.transaction(ALL_ACCOUNTS) as session:  # noqa: PT012
        for statement in statements:
            session.execute(text(statement))
    return caught.value


def test_a_fault_of_the_statement_is_not_taken_for_an_absent_database(database: Database) -> None:
    assert not database_away(failure(database, "SELECT * FROM no_such_table"))
    assert not database_away(ValueError())
    if database.dialect == "postgresql":
        timed_out = failure(database, "SET LOCAL statement_timeout = 10", "SELECT pg_sleep(5)")
        assert isinstance(timed_out, OperationalError)
        assert not database_away(timed_out)
    else:
        assert not isinstance(failure(database, "SELECT * FROM no_such_table"), ProgrammingError)


def test_an_absent_database_is_known_as_one(database: Database) -> None:
    if database.dialect == "postgresql":
        assert database_away(failure(database, "SELECT pg_terminate_backend(pg_backend_pid())"))
        nowhere = Database("postgresql+psycopg://nobody@127.0.0.1:1/none", service="shop")
        assert database_away(failure(nowhere, "SELECT 1"))
        nowhere.dispose()
        return
    with database.read(ALL_ACCOUNTS) as session, database.transaction(ALL_ACCOUNTS) as writer:
        writer.execute(text("SELECT 1"))
        session.execute(text("PRAGMA busy_timeout = 1"))
        with pytest.raises(OperationalError) as locked:
            session.execute(text("INSERT INTO totals VALUES ('a', 1, 1)"))
        session.execute(text("PRAGMA busy_timeout = 5000"))
    assert database_away(locked.value)


def test_handlers_may_depend_on_the_settings() -> None:
    def handlers_for(settings: int) -> dict[str, Any]:
        return {"Renamed": lambda _session, _event: settings}

    assert with_settings(SUBSCRIPTIONS, 7) is SUBSCRIPTIONS
    assert with_settings(handlers_for, 7)["Renamed"](None, None) == 7
