"""Events that were told before anybody listened: a service that starts for the first time takes over what it asks for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pika
from pika.adapters.blocking_connection import BlockingChannel

from chassis.messaging.broker import BrokerLost, Message, headers_of
from chassis.messaging.delivery import KEY_HEADER
from chassis.messaging.publisher import Publisher
from chassis.messaging.topology import EXCHANGE, UNROUTED

_BATCH = 200
_MARKER_LIFE_MS = 600_000  # a round that died leaves its marker behind


def adopt_unrouted(channel: BlockingChannel, publisher: Publisher, alive: Callable[[], None], service: str = "") -> int:
    """Publish what lies in `mostrador.unrouted` once more; what is bound now is routed, the rest falls back into it.

    Each message is acknowledged after its copy was confirmed: it can be doubled, which the inbox bears, and not lost.
    Returns how many were published. Done twice, for a message that was still on its way into the queue in the first
    round. `alive` is called now and then: it can take minutes. A `service` publishes them under its own name, since the broker
    lets it use no other's; bindings are by type, and a header keeps the original routing key.
    """
    return sum(_one_round(channel, publisher, alive, service) for _ in range(2))


def _one_round(channel: BlockingChannel, publisher: Publisher, alive: Callable[[], None], service: str) -> int:
    """All that lies before a marker put into the queue now. The queue's length is no bound: while its leader is busy the
    broker says 0.
    """
    marker = _marker()
    _publish(publisher, [marker])
    moved, over = 0, False
    while not over:
        messages: list[Message] = []
        last = 0
        while len(messages) < _BATCH and not over:
            method, properties, body = channel.basic_get(UNROUTED)
            if method is None:  # another service takes over at the same time: what it holds it publishes again
                break
            last = method.delivery_tag
            over = properties.message_id == marker.id
            if not over:
                messages.append(_again(method, properties, body, service))
        over = over or not messages
        if messages:
            _publish(publisher, messages)
        if last:
            channel.basic_ack(last, multiple=True)
        alive()
        moved += len(messages)
    return moved


def _publish(publisher: Publisher, messages: list[Message]) -> None:
    if refused := publisher.publish(messages):
        raise BrokerLost(f"{len(refused)} unrouted events were refused")


def _marker() -> Message:
    id_ = str(uuid4())
    return Message(id_, "", UNROUTED, b"", pika.BasicProperties(message_id=id_, expiration=str(_MARKER_LIFE_MS)))


def _again(method: Any, properties: pika.BasicProperties, body: bytes, service: str) -> Message:
    # An event goes where it was published to; another round's marker back to the end of the queue.
    key = method.routing_key
    if service and method.exchange == EXCHANGE:
        headers = headers_of(properties)
        original = headers.setdefault(KEY_HEADER, key)
        properties.headers = headers
        key = f"{service}.{original.partition('.')[2]}"
    return Message(properties.message_id or "", method.exchange, key, body, properties)
