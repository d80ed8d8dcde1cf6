"""What a worker counts; `/metrics` on its own port shows it."""

from __future__ import annotations

from functools import lru_cache

from prometheus_client import Counter, Gauge, Histogram

PUBLISHED = Counter("mostrador_events_published", "Events the broker has confirmed")
REFUSED = Counter("mostrador_events_refused", "Events the broker nacked or returned; they are tried again")
CONSUMED = Counter("mostrador_events_consumed", "Events handled and committed", ["type"])
DUPLICATES = Counter("mostrador_events_duplicate", "Events that had been handled before")
IGNORED = Counter("mostrador_events_ignored", "Events of a type that this service has no handler for")
RETRIED = Counter("mostrador_events_retried", "Attempts that failed and were put off")
DEAD = Counter("mostrador_events_dead", "Messages put into the dead letters by this worker")
LAG = Histogram(
    "mostrador_event_lag_seconds", "From the moment an event was told until its effect was committed, by producer", ["producer"],
    buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 3600),
)  # fmt: skip
QUEUE_DEPTH = Gauge("mostrador_queue_depth", "Messages ready in a queue of this service: inbox, retry, dead", ["queue"])
OLDEST_HANDLED = Gauge(
    "mostrador_consumer_oldest_seconds", "Age of the oldest event in the last batch, when it was handled; 0 while idle"
)
OUTBOX_DEPTH = Gauge("mostrador_outbox_depth", "Events that wait for the broker")
OUTBOX_AGE = Gauge("mostrador_outbox_oldest_seconds", "Age of the oldest event that waits for the broker")
POLL_AGE = Gauge("mostrador_worker_poll_age_seconds", "Seconds since a thread last gave a sign of life", ["thread"])


@lru_cache(maxsize=256)
def consumed(type_: str) -> Counter:
    """The counter of one event type."""
    return CONSUMED.labels(type_)


@lru_cache(maxsize=16)
def lag_of(producer: str) -> Histogram:
    """The timer of one producer's events."""
    return LAG.labels(producer)
