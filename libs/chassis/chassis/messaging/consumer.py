"""The consumer: messages from `<service>.inbox` to handlers, a batch a transaction, acknowledged after the commit.

It starts slowly, with one message at a time until one comes that was never delivered before: if a message kills the
process, only that message's deliveries count towards the limit, not those of others in hand at that moment.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import Any

import pika
from pika.adapters.blocking_connection import BlockingChannel

from chassis import logs
from chassis.db import ALL_ACCOUNTS, Database
from chassis.failpoints import failpoint
from chassis.messaging import metrics
from chassis.messaging.broker import Backoff, BrokerLost, blocking_channel
from chassis.messaging.delivery import Delivery, put_aside
from chassis.messaging.envelope import Event, InvalidEvent
from chassis.messaging.handlers import Subscriptions, handle
from chassis.messaging.outbox import require_writable
from chassis.messaging.publisher import Publisher
from chassis.messaging.topology import dead_of, declare_inbox, declare_retry, exists, inbox_of, retry_of
from chassis.messaging.unrouted import adopt_unrouted
from chassis.outages import database_away
from chassis.pulse import Pulse

PREFETCH = 200
_LOOK_SECONDS = 5.0
BATCH = 100
_POLL_SECONDS = 0.5

_log = logs.get(__name__)


class _Stopping(Exception):
    """Told to stop while a batch could not be handled: it stays unacknowledged."""


class Consumer:
    """Consumes one service's inbox queue; `run` until `stop` is set, through losses of database and broker."""

    def __init__(
        self,
        database: Database,
        amqp_url: str,
        subscriptions: Subscriptions,
        *,
        retry_delay: float = 5.0,
        pulse: Pulse | None = None,
    ) -> None:
        self._database = database
        self._service = database.service
        self._url = amqp_url
        self._subscriptions = subscriptions
        self._retry_delay = retry_delay
        self._pulse = pulse or Pulse("consumer")
        self._backoff = Backoff()
        self._stop = threading.Event()
        self._received: deque[Delivery] = deque()
        self._looked = 0.0

    def run(self, stop: threading.Event) -> None:
        """Consume until told to stop. BrokerRefuses when only a person can help."""
        self._stop = stop
        self._pulse.watch()
        while not stop.is_set():
            try:
                with blocking_channel(self._url, f"{self._service}.consumer") as channel:
                    self._set_up(channel)
                    self._consume(channel)
            except _Stopping:
                return
            except BrokerLost as error:
                if self._pulse.state != "broker away":
                    _log.warning("consumer_interrupted", why="broker away", error=str(error))
                self._pulse.ready = False
                self._pulse.beat("broker away")
                for queue in ("inbox", "retry", "dead"):
                    metrics.QUEUE_DEPTH.labels(queue).set(float("nan"))  # not known
                stop.wait(self._backoff.wait())

    def _set_up(self, channel: BlockingChannel) -> None:
        # The retry queue comes last: without it the first start is not over, and is done again.
        first_start = not exists(channel, retry_of(self._service))
        declare_inbox(channel, self._service, self._subscriptions)
        if first_start:
            with Publisher(self._url, f"{self._service}.adopt") as publisher:
                adopted = adopt_unrouted(channel, publisher, self._pulse.beat, self._service)
            _log.info("unrouted_adopted", events=adopted)
        declare_retry(channel, self._service)
        # A message in hand while the database is away would be one delivery nearer to its limit for nothing.
        self._wait_for_database(channel)

    def _consume(self, channel: BlockingChannel) -> None:
        self._received.clear()
        slowly = True
        tag = self._subscribe(channel, prefetch=1)
        self._pulse.ready = True  # its queue is bound: from now on no event passes it by
        _log.info("consumer_connected")
        while not self._stop.is_set():
            self._pulse.beat("consuming")
            channel.connection.process_data_events(time_limit=_POLL_SECONDS)  # returns as soon as something came
            self._look_at_queues(channel)
            if not channel.is_open or tag not in channel.consumer_tags:
                raise BrokerLost(f"{self._service}: no longer a consumer of its queue")
            while self._received and not self._stop.is_set():
                deliveries = [self._received.popleft() for _ in range(min(BATCH, len(self._received)))]
                self._handle(channel, deliveries)
                if slowly and not deliveries[-1].redelivered:
                    # Before the ack, while this is the only message in hand: nothing else is on its way here.
                    channel.basic_cancel(tag)
                    tag = self._subscribe(channel, PREFETCH)
                    slowly = False
                channel.basic_ack(deliveries[-1].tag, multiple=True)
                self._backoff.reset()
                self._pulse.beat()

    def _look_at_queues(self, channel: BlockingChannel) -> None:
        """How much waits, every few seconds; only this thread may ask."""
        now = time.monotonic()
        if now - self._looked < _LOOK_SECONDS:
            return
        self._looked = now
        for name, queue in (("inbox", inbox_of), ("retry", retry_of), ("dead", dead_of)):
            found = channel.queue_declare(queue(self._service), passive=True)
            metrics.QUEUE_DEPTH.labels(name).set(found.method.message_count)
        if not self._received:
            metrics.OLDEST_HANDLED.set(0)

    def _subscribe(self, channel: BlockingChannel, prefetch: int) -> str:
        channel.basic_qos(prefetch_count=prefetch)
        tag: str = channel.basic_consume(inbox_of(self._service), self._receive)
        return tag

    def _receive(self, _channel: Any, method: Any, properties: pika.BasicProperties, body: bytes) -> None:
        self._received.append(Delivery(method.delivery_tag, method.redelivered, method.routing_key, properties, body))

    def _handle(self, channel: BlockingChannel, deliveries: list[Delivery]) -> None:
        """Settle each delivery: its effect is committed, or it lies in another queue. Only then may it be acked."""
        failpoint("consumer.delivered")
        failed: list[tuple[Delivery, Exception]] = []
        events: list[tuple[Delivery, Event]] = []
        for delivery in deliveries:
            try:
                events.append((delivery, delivery.event()))
            except InvalidEvent as invalid:
                failed.append((delivery, invalid))
        error = self._try(channel, [event for _, event in events])
        if error and len(events) == 1:
            failed.append((events[0][0], error))
        elif error:
            # Someone in the batch can't be handled; alone, the others can.
            for delivery, event in events:
                self._pulse.beat()
                channel.connection.process_data_events(time_limit=0)  # answers heartbeats
                error = self._try(channel, [event])
                if error:
                    failed.append((delivery, error))
        if failed:
            self._put_aside(failed)
        failpoint("consumer.committed")

    def _try(self, channel: BlockingChannel, events: list[Event]) -> Exception | None:
        """Handle the events in one transaction; returns what went wrong. While the database is away, waits for it."""
        backoff = Backoff()
        while True:
            try:
                handle(self._database, self._subscriptions, events)
            except Exception as error:
                if not database_away(error):
                    return error
                _log.warning("consumer_interrupted", why="database away", error=str(error))
                self._pulse.beat("database away")  # it may be there, and only the handler's lock not to be had
                # Answers heartbeats. It waits even if the database is back at once: a full disk takes this very check.
                channel.connection.sleep(backoff.wait())
                self._wait_for_database(channel)
            else:
                return None

    def _wait_for_database(self, channel: BlockingChannel) -> None:
        backoff = Backoff()
        while not self._stop.is_set():
            try:
                with self._database.transaction(ALL_ACCOUNTS) as session:
                    require_writable(session.connection())
                return
            except Exception as error:
                if not database_away(error):
                    raise
            self._pulse.beat("database away")
            channel.connection.sleep(backoff.wait())  # answers heartbeats meanwhile
        raise _Stopping

    def _put_aside(self, failed: list[tuple[Delivery, Exception]]) -> None:
        messages = []
        for delivery, error in failed:
            message = put_aside(self._service, delivery, error, self._retry_delay)
            dead = message.routing_key == dead_of(self._service)
            (metrics.DEAD if dead else metrics.RETRIED).inc()
            _log.error(
                "event_failed",
                message_id=message.id, attempt=delivery.attempts + 1, queue=message.routing_key, exc_info=error,
            )  # fmt: skip
            messages.append(message)
        # A connection of its own, for these messages only: on ours a broker short of memory would stop the acks too.
        with Publisher(self._url, f"{self._service}.put-aside") as publisher:
            refused = publisher.publish(messages)
        if refused:
            raise BrokerLost(f"{len(refused)} messages could be put neither into retry nor into the dead letters")
