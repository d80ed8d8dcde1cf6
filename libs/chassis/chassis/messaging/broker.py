"""Connections to RabbitMQ: how they are opened, which failures pass and which don't, how long to wait in between."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import pika
from pika.adapters.blocking_connection import BlockingChannel
from pika.exceptions import (
    AMQPError,
    ConnectionClosedByBroker,
    ProbableAccessDeniedError,
    ProbableAuthenticationError,
)

HEARTBEAT = 30  # seconds; a silent peer counts as gone after two of them


class BrokerLost(Exception):
    """The connection or channel is gone or was refused; a later attempt may succeed."""


class BrokerRefuses(Exception):
    """Credentials, permissions or a queue's definition don't fit: no attempt will succeed until a person acts."""


@dataclass(frozen=True, slots=True)
class Message:
    """What is published; `id` is the event's id (of an undecodable message, any)."""

    id: str
    exchange: str
    routing_key: str
    body: bytes
    properties: pika.BasicProperties


def nodes(url: str, name: str) -> list[pika.URLParameters]:
    """How to connect to the nodes of `url` (amqp://user:password@host:port/vhost, several with commas between them), in any
    order, so that the connections spread over a cluster; `name` is shown in the broker's tools.
    """
    found = [_parameters(each, name) for each in re.split(r",(?=amqps?://)", url)]
    random.shuffle(found)
    return found


def _parameters(url: str, name: str) -> pika.URLParameters:
    wanted = pika.URLParameters(url)
    wanted.heartbeat = HEARTBEAT
    wanted.blocked_connection_timeout = 30
    wanted.socket_timeout = 5
    wanted.stack_timeout = 10
    wanted.connection_attempts = 1
    wanted.client_properties = {"connection_name": name}
    return wanted


def trouble(error: BaseException | None, what: str) -> Exception:
    """What a failure of pika's means to us."""
    text = f"{what}: {type(error).__name__} {error}" if error else what
    if isinstance(error, ProbableAuthenticationError | ProbableAccessDeniedError):
        return BrokerRefuses(text)
    if isinstance(error, ConnectionClosedByBroker) and error.reply_code in (403, 530):
        return BrokerRefuses(text)
    return BrokerLost(text)


@contextmanager
def blocking_channel(url: str, name: str) -> Iterator[BlockingChannel]:
    """A channel on a connection of its own. Every failure of pika's in the block becomes BrokerLost or BrokerRefuses."""
    try:
        connection = pika.BlockingConnection(nodes(url, name))
        try:
            yield connection.channel()
        finally:
            if connection.is_open:
                connection.close()
    except (AMQPError, OSError) as error:
        raise trouble(error, name) from error


class Backoff:
    """Waiting times between attempts: a fast first one, doubling up to `longest` seconds, jittered."""

    def __init__(self, first: float = 0.1, longest: float = 2.0) -> None:
        self._first = first
        self._longest = longest
        self._next = first

    def reset(self) -> None:
        """It worked."""
        self._next = self._first

    def wait(self) -> float:
        """Seconds to wait before the next attempt."""
        wanted = self._next
        self._next = min(self._longest, wanted * 2)
        return wanted * random.uniform(0.5, 1.0)  # noqa: S311 - no secret


def headers_of(properties: pika.BasicProperties) -> dict[str, Any]:
    """A message's headers, never None."""
    return dict(properties.headers or {})
