"""The relay: takes rows from the outbox, publishes them, deletes each once the broker has confirmed it.

It looks for rows that are there, never for ids beyond the last one: ids are given at INSERT, rows appear at COMMIT,
and a later id may well be seen first.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pika
from sqlalchemy import Connection, bindparam, delete, or_, select, update
from sqlalchemy.exc import SQLAlchemyError

from chassis import logs, spans
from chassis.db import Database, utcnow
from chassis.failpoints import failpoint
from chassis.messaging import metrics
from chassis.messaging.broker import Backoff, BrokerLost, Message, blocking_channel
from chassis.messaging.envelope import CONTENT_TYPE
from chassis.messaging.outbox import OutboxRow, require_writable
from chassis.messaging.publisher import Publisher
from chassis.messaging.relay_lease import relay_lease
from chassis.messaging.topology import EXCHANGE, declare_exchange
from chassis.pulse import Pulse

BATCH = 200
POLL_SECONDS = 0.05
IDLE_POLL_SECONDS = 0.1
_IDLE_AFTER_SECONDS = 5.0
LONGEST_DELAY = 60.0
# A queue that is without its leader for a moment (a broker that has just started) may keep a message and never answer for
# it. So the first wait is short and ends in publishing again; only a broker that is slow, again and again, gets more time.
FIRST_CONFIRM_SECONDS = 1.0
LONGEST_CONFIRM_SECONDS = 15.0
_STANDBY_SECONDS = 1.0
_SERVICE_SECONDS = 1.0

_log = logs.get(__name__)
_table: Any = OutboxRow.__table__

_SELECT = (
    select(_table.c.id, _table.c.event_id, _table.c.routing_key, _table.c.payload, _table.c.attempts)
    .where(or_(_table.c.next_attempt_at.is_(None), _table.c.next_attempt_at <= bindparam("now")))
    .order_by(_table.c.id)
    .limit(BATCH)
)
_DELETE = delete(_table).where(_table.c.id.in_(bindparam("ids", expanding=True)))
_PUT_OFF = (
    update(_table)
    .where(_table.c.id == bindparam("row"))
    .values(attempts=bindparam("failed"), next_attempt_at=bindparam("at"))
)


class Relay:
    """Publishes one service's outbox; `run` until `stop` is set, through losses of database and broker."""

    def __init__(self, database: Database, amqp_url: str, pulse: Pulse | None = None) -> None:
        self._database = database
        self._url = amqp_url
        self._name = f"{database.service}.relay"
        self._pulse = pulse or Pulse("relay")
        self._backoff = Backoff()
        self._confirm_seconds = FIRST_CONFIRM_SECONDS

    def run(self, stop: threading.Event) -> None:
        """Relay until told to stop. BrokerRefuses when only a person can help."""
        while not stop.is_set():
            try:
                with relay_lease(self._database) as connection:
                    if connection is not None:
                        self._lead(connection, stop)
                self._pulse.beat("standby: another relay of this service is at work")
                stop.wait(_STANDBY_SECONDS)
            except (BrokerLost, SQLAlchemyError) as error:
                what = "broker away" if isinstance(error, BrokerLost) else "database away"
                if self._pulse.state != what:
                    _log.warning("relay_interrupted", why=what, error=str(error))
                self._pulse.beat(what)
                stop.wait(self._backoff.wait())

    def _lead(self, connection: Connection, stop: threading.Event) -> None:
        with blocking_channel(self._url, self._name) as channel:
            declare_exchange(channel)
        with Publisher(self._url, self._name) as publisher:
            _log.info("relay_connected")
            served = busy = time.monotonic()
            while not stop.is_set():
                self._pulse.beat("relaying")
                if self._relay_batch(connection, publisher):
                    self._backoff.reset()
                    busy = time.monotonic()
                    continue
                now = time.monotonic()
                if now - served >= _SERVICE_SECONDS:
                    publisher.service()
                    if self._database.dialect == "postgresql":
                        require_writable(connection)  # else an old primary's outbox would stay empty for ever
                    self._backoff.reset()
                    served = now
                stop.wait(POLL_SECONDS if now - busy < _IDLE_AFTER_SECONDS else IDLE_POLL_SECONDS)

    def _relay_batch(self, connection: Connection, publisher: Publisher) -> int:
        patience = self._confirm_seconds
        self._confirm_seconds = min(LONGEST_CONFIRM_SECONDS, patience * 2)  # for the next, should this one fail
        taken = relay_batch(connection, publisher, patience)
        self._confirm_seconds = max(FIRST_CONFIRM_SECONDS, patience / 2)
        return taken


def relay_batch(connection: Connection, publisher: Publisher, confirm_seconds: float = LONGEST_CONFIRM_SECONDS) -> int:
    """Publish what waits, at most 200 events; returns how many rows were taken.

    Killed at any point, it publishes again what was not deleted: consumers know an event by its id.
    """
    if not _anything_waits(connection):
        return 0
    rows = connection.execute(_SELECT, {"now": utcnow()}).all()
    if not rows:
        return 0
    failpoint("relay.selected")
    began = time.perf_counter()
    refused = publisher.publish(
        [_message(row) for row in rows],
        confirm_timeout=confirm_seconds,
        sent=lambda: failpoint("relay.published"),
    )
    failpoint("relay.confirmed")
    confirmed = [row.id for row in rows if row.event_id not in refused]
    if confirmed:
        connection.execute(_DELETE, {"ids": confirmed})
        metrics.PUBLISHED.inc(len(confirmed))
        if spans.enabled:
            _record([row for row in rows if row.event_id not in refused], time.perf_counter() - began)
    if refused:
        _put_off(connection, [row for row in rows if row.event_id in refused])
    return len(rows)


def _anything_waits(connection: Connection) -> bool:
    # Asked twenty times a second, mostly in vain: straight to the driver, at a fraction of the cost.
    try:
        cursor = connection.connection.cursor()
        cursor.execute("SELECT 1 FROM outbox ORDER BY id LIMIT 1")
        return bool(cursor.fetchall())  # to the end, or SQLite would keep its snapshot
    except Exception:
        return True  # the SELECT that follows fails likewise, with what SQLAlchemy makes of it


def _put_off(connection: Connection, rows: Sequence[Any]) -> None:
    # Refusal says something of the broker, not of the event: it is tried for ever, ever less often.
    _log.warning("events_refused", count=len(rows), routing_keys=sorted({row.routing_key for row in rows}))
    metrics.REFUSED.inc(len(rows))
    now = utcnow()
    for row in rows:
        delay = min(LONGEST_DELAY, 2.0 ** min(row.attempts, 10))
        at = now + timedelta(seconds=delay)
        connection.execute(_PUT_OFF, {"row": row.id, "failed": row.attempts + 1, "at": at})


def _record(rows: Sequence[Any], seconds: float) -> None:
    for row in rows:
        spans.published(row.routing_key, row.event_id, row.payload, seconds)


def _message(row: Any) -> Message:
    properties = pika.BasicProperties(
        content_type=CONTENT_TYPE, delivery_mode=pika.DeliveryMode.Persistent, message_id=row.event_id
    )
    return Message(row.event_id, EXCHANGE, row.routing_key, row.payload, properties)
