"""What a service does on an event, and how a batch of events becomes one transaction.

A handler is `handler(session, event)`; the account in force is the event's. It runs at most once for an event in
effect, but in any order with others. State set from events is therefore guarded by the aggregate's version, in the
statement itself: `INSERT … ON CONFLICT (uid) DO UPDATE SET … WHERE excluded.version > products.version`. What only
adds up (points, rollups) needs nothing. A handler that lacks something another event will bring raises, and is tried
again later. It never commits and never calls another service.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy.orm import Session

from chassis import logs, spans, tracing
from chassis.db import ALL_ACCOUNTS, Database, acting_for
from chassis.messaging.envelope import Event
from chassis.messaging.inbox import claim

Handler = Callable[[Session, Event], None]
BatchHandler = Callable[[Session, list[Event]], None]


@dataclass(frozen=True, slots=True)
class Batch:
    """A handler that takes all events of one account in a transaction at once."""

    run: BatchHandler


def batch(handler: BatchHandler) -> Batch:
    """Make `handler(session, events)` a set-based handler: one call for each account, events in order of arrival."""
    return Batch(handler)


Subscriptions = Mapping[str, Handler | Batch]


def with_settings(subscriptions: Subscriptions | Callable[[Any], Subscriptions], settings: Any) -> Subscriptions:
    """A service's SUBSCRIPTIONS: the mapping, or what the function gives whose handlers depend on the settings."""
    return subscriptions(settings) if callable(subscriptions) else subscriptions


def handle(database: Database, subscriptions: Subscriptions, events: Sequence[Event]) -> None:
    """Claim the events, run their handlers and commit, in one transaction; any error takes all of it back."""
    # Here, not above: webs load this module for its names, and would tell an empty outbox and no events of their own.
    from chassis.messaging import metrics

    known = [event for event in events if event.type in subscriptions]
    metrics.IGNORED.inc(len(events) - len(known))
    if not known:
        return
    steps: dict[str, tracing.Trace] = {}
    with database.transaction(ALL_ACCOUNTS) as session:
        new = claim(session, known)
        # In the order of accounts, so that two workers never hold rows the other waits for.
        for account, its_events in sorted(_by_account(new).items()):
            with acting_for(account):
                _run(session, subscriptions, its_events, steps)
    metrics.DUPLICATES.inc(len(known) - len(new))
    if new:
        _tell(new, steps)


def _by_account(events: Iterable[Event]) -> dict[int, list[Event]]:
    accounts: dict[int, list[Event]] = {}
    for event in events:
        accounts.setdefault(event.account_id, []).append(event)
    return accounts


def _run(session: Session, subscriptions: Subscriptions, events: list[Event], steps: dict[str, tracing.Trace]) -> None:
    """Each handler, with the trace in force that its event goes back to; `steps` gets the trace of each event."""
    sets: dict[int, tuple[Batch, list[Event]]] = {}
    for event in events:
        handler = subscriptions[event.type]
        step = steps[event.id] = tracing.begin(event.traceparent, event.request_id)
        step.event_id = event.id
        if isinstance(handler, Batch):
            sets.setdefault(id(handler), (handler, []))[1].append(event)
            continue
        with tracing.tracing(step):
            handler(session, event)
    for handler, its_events in sets.values():
        with tracing.tracing(_of_all(its_events, steps)):
            handler.run(session, its_events)


def _of_all(events: list[Event], steps: Mapping[str, tracing.Trace]) -> tracing.Trace:
    """The trace of a batch: its one event's, or one of its own that knows which of them each fact goes back to."""
    if len(events) == 1:
        return steps[events[0].id]
    together = tracing.begin()
    together.origins = {event.subject: steps[event.id] for event in events}
    return together


def _tell(events: Sequence[Event], steps: Mapping[str, tracing.Trace]) -> None:
    """Count and log what was committed, by one write for the batch."""
    from chassis.messaging import metrics

    now, oldest, lines, at = time.time(), 0.0, [], logs.now()
    for event in events:
        step = steps[event.id]
        metrics.consumed(event.type).inc()
        # An event may tell of the past (an import): its id says when it was told. One that is told again has no such id.
        lag = max(0.0, now - told_at) if (told_at := event.told_at) else 0.0
        metrics.lag_of(event.producer).observe(lag)
        oldest = max(oldest, lag)
        if logs.hot():
            # JSON by hand: what stands in it was let in by its form alone.
            whose = f'"request_id":"{step.request_id}","trace_id":"{step.trace_id}","account_id":{event.account_id}'
            about = f'"type":"{event.routing_key}","event_id":"{event.id}","lag_ms":{lag * 1000:.2f}'
            lines.append(f'{_beginning()}"timestamp":"{at}",{whose},{about}}}\n')
        if spans.enabled:
            spans.handled(step, event.routing_key, time.perf_counter() - step.began)
    metrics.OLDEST_HANDLED.set(oldest)
    if lines:
        logs.write("".join(lines))


@cache
def _beginning() -> str:
    return logs.beginning("event_handled")
