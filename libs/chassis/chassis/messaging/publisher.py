"""Publishing with confirms: a batch goes out at once and is waited for as a whole (one round trip, not one a message).

pika's BlockingConnection waits for each confirm alone. A SelectConnection doesn't, and its loop can be run for a while
and stopped again, so everything here stays in the caller's thread.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Self

import pika
from pika.adapters.select_connection import IOLoop, SelectConnection
from pika.adapters.utils.connection_workflow import AMQPConnectionWorkflowFailed, AMQPConnectorPhaseErrorBase

from chassis.messaging.broker import BrokerLost, Message, nodes, trouble


class Publisher:
    """A connection of one thread for publishing, a context manager. BrokerLost or BrokerRefuses when it can't be had."""

    def __init__(self, url: str, name: str) -> None:
        self._loop = IOLoop()
        self._error: BaseException | None = None
        self._done: Callable[[], bool] = lambda: True
        self._channel: Any = None
        self._ready = False
        self._last_tag = 0
        self._outstanding: dict[int, str] = {}
        self._refused: set[str] = set()
        self._name = name
        self._nodes = nodes(url, name)
        self._connection = self._connect()

    def __enter__(self) -> Self:
        try:
            while not self._ready:
                self._await_ready()
        except BaseException:
            self._close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    def publish(
        self, messages: Sequence[Message], *, confirm_timeout: float = 15.0, sent: Callable[[], None] | None = None
    ) -> set[str]:
        """Publish all of `messages` and wait for the broker's word on each.

        Returns the ids of those it refused (nacked, or returned as unroutable); all others are safe with it. BrokerLost
        when the word does not come in `confirm_timeout` seconds: then nothing is known of any of them, and the publisher
        is to be closed. `sent` is called when they are on the wire.
        """
        self._refused.clear()
        for message in messages:
            self._channel.basic_publish(
                message.exchange, message.routing_key, message.body, message.properties, mandatory=True
            )
            self._last_tag += 1
            self._outstanding[self._last_tag] = message.id
        if sent:
            self._loop.add_callback(sent)  # the loop writes to the socket before it comes to this
        self._await(lambda: not self._outstanding, confirm_timeout)
        return set(self._refused)

    def service(self) -> None:
        """Answer heartbeats and notice a loss; call it about once a second while there is nothing to publish."""
        self._turn(lambda: False, 0.0)
        self._await(lambda: True, 0.0)

    def _connect(self) -> SelectConnection:
        return SelectConnection(
            self._nodes.pop(),
            on_open_callback=self._opened,
            on_open_error_callback=self._failed,
            on_close_callback=self._failed,
            custom_ioloop=self._loop,
        )

    def _await_ready(self) -> None:
        """Until this node lets us publish; when it can't be had, the next one is tried instead."""
        try:
            self._await(lambda: self._ready, 15.0)
        except BrokerLost:
            if not self._nodes:
                raise
            self._drop()
            self._error = None
            self._connection = self._connect()

    def _await(self, done: Callable[[], bool], timeout: float) -> None:
        self._turn(lambda: self._error is not None or done(), timeout)
        if self._error is not None:
            raise trouble(self._error, self._name)
        if not done():
            raise BrokerLost(f"{self._name}: no answer in {timeout:.0f} s")

    def _turn(self, done: Callable[[], bool], timeout: float) -> None:
        """Run the loop until `done`, which is asked after each thing that happens, or for `timeout` seconds."""
        if done():
            return
        self._done = done
        timer = self._loop.call_later(timeout, self._loop.stop)
        self._loop.start()
        self._loop.remove_timeout(timer)

    def _check(self) -> None:
        if self._done():
            self._loop.stop()

    def _close(self) -> None:
        self._drop()
        self._loop.close()

    def _drop(self) -> None:
        connection = self._connection
        if not (connection.is_closing or connection.is_closed):
            connection.close()
        self._turn(lambda: connection.is_closed, 0.2 if self._error or self._outstanding else 1.0)
        if not connection.is_closed and (transport := connection._transport):
            # A broker that no longer answers; pika has no public way to drop the connection.
            transport.abort()
            self._turn(lambda: connection.is_closed, 1.0)

    def _opened(self, connection: Any) -> None:
        connection.channel(on_open_callback=self._channel_opened)

    def _channel_opened(self, channel: Any) -> None:
        self._channel = channel
        channel.add_on_close_callback(self._failed)
        channel.add_on_return_callback(self._returned)
        channel.confirm_delivery(self._confirmed, callback=self._confirming)

    def _confirming(self, _frame: Any) -> None:
        self._ready = True
        self._check()

    def _confirmed(self, frame: Any) -> None:
        tag = frame.method.delivery_tag
        # Tags are given in order, so those that a "multiple" covers are the first ones outstanding.
        tags = [t for t in self._outstanding if t <= tag] if frame.method.multiple else [tag]
        for each in tags:
            message_id = self._outstanding.pop(each, None)
            if message_id is not None and isinstance(frame.method, pika.spec.Basic.Nack):
                self._refused.add(message_id)
        self._check()

    def _returned(self, _channel: Any, _method: Any, properties: pika.BasicProperties, _body: bytes) -> None:
        # An unroutable message comes back first and is confirmed after that.
        self._refused.add(properties.message_id or "")

    def _failed(self, _of: Any, error: BaseException) -> None:
        if isinstance(error, AMQPConnectionWorkflowFailed):
            error = error.exceptions[-1]
            if isinstance(error, AMQPConnectorPhaseErrorBase):
                error = error.exception
        self._error = self._error or error
        self._check()
