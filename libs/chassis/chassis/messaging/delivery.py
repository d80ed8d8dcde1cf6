"""A message as it came from the broker, and what becomes of one that can't be handled: a later attempt, or the dead letters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pika

from chassis.messaging.broker import Message, headers_of
from chassis.messaging.envelope import CONTENT_TYPE, Event, InvalidEvent
from chassis.messaging.topology import dead_of, retry_of

ATTEMPTS = 5
ATTEMPT_HEADER = "x-attempts"
REASON_HEADER = "x-reason"
KEY_HEADER = "x-routing-key"


@dataclass(frozen=True, slots=True)
class Delivery:
    """`tag` answers for it on its channel; `redelivered` says that it was delivered before and never answered for."""

    tag: int
    redelivered: bool
    routing_key: str
    properties: pika.BasicProperties
    body: bytes

    @property
    def attempts(self) -> int:
        """How many attempts have failed so far."""
        count = headers_of(self.properties).get(ATTEMPT_HEADER)
        return count if isinstance(count, int) else 0

    def event(self) -> Event:
        """What it carries; InvalidEvent when that is no event."""
        return Event.from_bytes(self.body)


def put_aside(service: str, delivery: Delivery, error: Exception, retry_delay: float) -> Message:
    """The message to publish in place of a delivery that failed with `error`: to the retry queue, which gives it back
    after `retry_delay` seconds, or to the dead letters if it is no event or has had its five attempts."""
    attempts = delivery.attempts + 1
    for_good = isinstance(error, InvalidEvent) or attempts >= ATTEMPTS
    headers: dict[str, Any] = {
        ATTEMPT_HEADER: attempts,
        REASON_HEADER: f"{type(error).__name__}: {error}"[:500],
        KEY_HEADER: headers_of(delivery.properties).get(KEY_HEADER, delivery.routing_key),
    }
    id_ = delivery.properties.message_id or str(uuid4())
    properties = pika.BasicProperties(
        content_type=delivery.properties.content_type or CONTENT_TYPE,
        delivery_mode=pika.DeliveryMode.Persistent,
        message_id=id_,
        headers=headers,
        expiration=None if for_good else str(int(retry_delay * 1000)),
    )
    queue = dead_of(service) if for_good else retry_of(service)
    return Message(id_, "", queue, delivery.body, properties)
