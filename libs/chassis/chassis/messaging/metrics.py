"""What a worker counts; `/metrics` on its own port shows it."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

PUBLISHED = Counter("mostrador_events_published", "Events the broker has confirmed")
REFUSED = Counter("mostrador_events_refused", "Events the broker nacked or returned; they are tried again")
CONSUMED = Counter("mostrador_events_consumed", "Events handled and committed", ["type"])
DUPLICATES = Counter("mostrador_events_duplicate", "Events that had been handled before")
IGNORED = Counter("mostrador_events_ignored", "Events of a type that this service has no handler for")
RETRIED = Counter("mostrador_events_retried", "Attempts that failed and were put off")
DEAD = Counter("mostrador_events_dead", "Messages put into the dead letters by this worker")
OUTBOX_DEPTH = Gauge("mostrador_outbox_depth", "Events that wait for the broker")
OUTBOX_AGE = Gauge("mostrador_outbox_oldest_seconds", "Age of the oldest event that waits for the broker")
POLL_AGE = Gauge("mostrador_worker_poll_age_seconds", "Seconds since a thread last gave a sign of life", ["thread"])
