"""Events that were told before anybody listened: a service that starts for the first time takes over what it asks for."""

from __future__ import annotations

from collections.abc import Callable

import pika
from pika.adapters.blocking_connection import BlockingChannel

from chassis.messaging.broker import BrokerLost, Message
from chassis.messaging.publisher import Publisher
from chassis.messaging.topology import EXCHANGE, UNROUTED

_BATCH = 200


def adopt_unrouted(channel: BlockingChannel, publisher: Publisher, alive: Callable[[], None]) -> int:
    """Publish what lies in `mostrador.unrouted` once more; what is bound now is routed, the rest falls back into it.

    Bounded by the queue's length at the start. Each message is acknowledged after its copy was confirmed: it can be
    doubled, which the inbox bears, and not lost. Returns how many were published. Done twice, for a message that
    was on its way into the queue when the first round counted. `alive` is called now and then: it can take minutes.
    """
    return sum(_one_round(channel, publisher, alive) for _ in range(2))


def _one_round(channel: BlockingChannel, publisher: Publisher, alive: Callable[[], None]) -> int:
    left = channel.queue_declare(UNROUTED, passive=True).method.message_count
    moved = 0
    while left > 0:
        messages: list[Message] = []
        last = 0
        while len(messages) < min(_BATCH, left):
            method, properties, body = channel.basic_get(UNROUTED)
            if method is None:
                left = 0
                break
            last = method.delivery_tag
            messages.append(_again(method.routing_key, properties, body))
        if not messages:
            break
        refused = publisher.publish(messages)
        if refused:
            raise BrokerLost(f"{len(refused)} unrouted events were refused")
        channel.basic_ack(last, multiple=True)
        alive()
        moved += len(messages)
        left -= len(messages)
    return moved


def _again(routing_key: str, properties: pika.BasicProperties, body: bytes) -> Message:
    return Message(properties.message_id or "", EXCHANGE, routing_key, body, properties)
