"""The private RabbitMQ node."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pika
import pytest

from native.launch import is_alive
from native.ports import is_free
from native.rabbitmq import Node, answers


@contextmanager
def channel_of(node: Node) -> Iterator[Any]:
    with pika.BlockingConnection(pika.URLParameters(node.url)) as connection:
        channel = connection.channel()
        channel.confirm_delivery()
        channel.queue_declare("kept", durable=True, arguments={"x-queue-type": "quorum"})
        yield channel


def publish(node: Node, body: bytes) -> None:
    with channel_of(node) as channel:
        channel.basic_publish("", "kept", body, pika.BasicProperties(delivery_mode=2))


def fetch(node: Node) -> bytes:
    with channel_of(node) as channel:
        return channel.basic_get("kept", auto_ack=True)[2]


def test_what_was_confirmed_survives_stop_and_kill(folder: Path) -> None:
    with Node(folder / "rabbitmq", password="right") as node:
        publish(node, b"one")
        # An orderly stop first: a quorum queue that is younger than a second or two does not survive kill -9.
        node.stop()
        node.start()
        assert fetch(node) == b"one"
        publish(node, b"two")
        dead = node.pid
        node.kill()
        assert not is_alive(dead)
        assert not answers(node.port)
        node.start()
        assert fetch(node) == b"two"
        assert "kept" in node.ctl("list_queues", "-q", "name")
        with pytest.raises(pika.exceptions.AMQPConnectionError):
            pika.BlockingConnection(pika.URLParameters(node.url.replace("right", "wrong")))
    assert is_free(node.port)
    assert is_free(node.epmd_port)
