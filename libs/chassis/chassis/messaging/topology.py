"""Exchanges and queues, declared by every worker whenever it connects, so that a new or emptied broker needs no set-up.

`mostrador.events` (topic) → `<service>.inbox`; what fails for now waits in `<service>.retry` and falls back into the
inbox; what fails for good lies in `<service>.dead`. An event that no queue is bound to yet is kept in
`mostrador.unrouted` until its first listener starts (`adopt_unrouted`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import ChannelClosedByBroker

from chassis.messaging.broker import BrokerRefuses

EXCHANGE = "mostrador.events"
UNROUTED = "mostrador.unrouted"
DELIVERY_LIMIT = 5
"""After so many deliveries that ended without an answer (they killed the worker) the broker itself parks a message."""

_UNROUTED_MAX = 200_000
# Peeking at a queue counts as a delivery, and from RabbitMQ 4 a queue without a limit of its own has one of 20.
_NO_LIMIT = 1_000_000


def inbox_of(service: str) -> str:
    """The queue a service consumes."""
    return f"{service}.inbox"


def retry_of(service: str) -> str:
    """The queue where messages wait for their next attempt."""
    return f"{service}.retry"


def dead_of(service: str) -> str:
    """The queue of messages that wait for a person."""
    return f"{service}.dead"


def declare_exchange(channel: BlockingChannel) -> None:
    """What every publisher needs. BrokerRefuses when it exists with another definition."""
    with _loudly():
        channel.exchange_declare(UNROUTED, "fanout", durable=True)
        # Events that nobody ever asks for must not fill the broker: beyond its length the oldest go.
        channel.queue_declare(UNROUTED, durable=True, arguments=_quorum(_NO_LIMIT) | {"x-max-length": _UNROUTED_MAX})
        channel.queue_bind(UNROUTED, UNROUTED)
        channel.exchange_declare(EXCHANGE, "topic", durable=True, arguments={"alternate-exchange": UNROUTED})


def declare_inbox(channel: BlockingChannel, service: str, types: Iterable[str]) -> None:
    """The service's queues, bound to the event types it handles. BrokerRefuses as above."""
    declare_exchange(channel)
    with _loudly():
        channel.queue_declare(dead_of(service), durable=True, arguments=_quorum(_NO_LIMIT))
        channel.queue_declare(
            inbox_of(service), durable=True, arguments=_quorum(DELIVERY_LIMIT) | _dead_letters_to(dead_of(service))
        )
        for type_ in types:
            channel.queue_bind(inbox_of(service), EXCHANGE, f"*.{type_}")


def declare_retry(channel: BlockingChannel, service: str) -> None:
    """The queue for later attempts: each message in it carries its own time to live."""
    with _loudly():
        channel.queue_declare(
            retry_of(service), durable=True, arguments=_quorum(_NO_LIMIT) | _dead_letters_to(inbox_of(service))
        )


def exists(channel: BlockingChannel, queue: str) -> bool:
    """Whether the broker has the queue. Asking for one it lacks costs a channel, so it takes one of its own."""
    probe = channel.connection.channel()
    try:
        probe.queue_declare(queue, passive=True)
    except ChannelClosedByBroker as error:
        if error.reply_code != 404:
            raise
        return False
    probe.close()
    return True


def _quorum(delivery_limit: int) -> dict[str, Any]:
    return {"x-queue-type": "quorum", "x-delivery-limit": delivery_limit}


def _dead_letters_to(queue: str) -> dict[str, Any]:
    # at-least-once needs reject-publish; without it a letter could be lost between the two queues.
    return {
        "x-dead-letter-exchange": "",
        "x-dead-letter-routing-key": queue,
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
    }


@contextmanager
def _loudly() -> Iterator[None]:
    """A definition that differs from what exists is nobody's to mend but a person's: stop and say so."""
    try:
        yield
    except ChannelClosedByBroker as error:
        if error.reply_code in (403, 406):
            raise BrokerRefuses(f"topology: {error.reply_text}") from error
        raise
