"""Events between services: outbox → relay → RabbitMQ → inbox → handlers. At least once on the wire, once in effect."""

from chassis.messaging.envelope import Event, InvalidEvent
from chassis.messaging.handlers import Batch, Handler, Subscriptions, batch
from chassis.messaging.inbox import InboxRow
from chassis.messaging.outbox import OutboxRow, emit
from chassis.sweeps import Sweep

__all__ = [
    "Batch", "Event", "Handler", "InboxRow", "InvalidEvent", "OutboxRow", "Subscriptions", "Sweep", "batch", "emit",
]  # fmt: skip
