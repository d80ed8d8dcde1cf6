"""The private RabbitMQ node."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pika
import pytest

from chassis.messaging.broker import BrokerLost, Message
from chassis.messaging.publisher import Publisher
from chassis.messaging.topology import declare_exchange, declare_inbox, declare_retry
from chassis.messaging.unrouted import adopt_unrouted
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


def test_a_service_publishes_under_its_own_name_only_and_reads_its_own_queues(folder: Path) -> None:
    with Node(folder / "rabbitmq", services={"catalog": "secret-1", "sales": "secret-2"}) as node:
        for service in ("sales", "catalog"):
            with pika.BlockingConnection(pika.URLParameters(node.url_of(service))) as connection:
                declare_inbox(connection.channel(), service, ["ProductCreated"])
                declare_retry(connection.channel(), service)
        with Publisher(node.url_of("catalog"), "catalog.relay") as publisher:
            assert publisher.publish([event("1", "catalog.ProductCreated")]) == set()
            assert publisher.publish([event("2", "catalog.NobodyHears")]) == set(), "kept among the unrouted ones"
            with pytest.raises(BrokerLost, match="ACCESS_REFUSED"):
                publisher.publish([event("3", "sales.OrderPaid")])
        with pika.BlockingConnection(pika.URLParameters(node.url_of("catalog"))) as connection:
            channel = connection.channel()
            with pytest.raises(pika.exceptions.ChannelClosedByBroker, match="ACCESS_REFUSED"):
                channel.basic_get("sales.inbox")
        with pika.BlockingConnection(pika.URLParameters(node.url_of("sales"))) as connection:
            method, _, body = connection.channel().basic_get("sales.inbox", auto_ack=True)
            assert (method.routing_key, body) == ("catalog.ProductCreated", b"1")


def test_a_service_that_starts_for_the_first_time_takes_over_what_others_published(folder: Path) -> None:
    with Node(folder / "rabbitmq", services={"catalog": "secret-1", "sales": "secret-2"}) as node:
        with Publisher(node.url_of("catalog"), "catalog.relay") as publisher:
            with pika.BlockingConnection(pika.URLParameters(node.url_of("catalog"))) as connection:
                declare_exchange(connection.channel())
            publisher.publish([event("1", "catalog.ProductCreated"), event("2", "catalog.NobodyHears")])
        with pika.BlockingConnection(pika.URLParameters(node.url_of("sales"))) as connection:
            channel = connection.channel()
            declare_inbox(channel, "sales", ["ProductCreated"])
            with Publisher(node.url_of("sales"), "sales.adopt") as publisher:
                adopt_unrouted(channel, publisher, lambda: None, "sales")
            method, properties, body = channel.basic_get("sales.inbox", auto_ack=True)
            assert (method.routing_key, body) == ("sales.ProductCreated", b"1")
            assert properties.headers["x-routing-key"] == "catalog.ProductCreated"
            method, properties, body = channel.basic_get("mostrador.unrouted", auto_ack=True)
            assert (body, properties.headers["x-routing-key"]) == (b"2", "catalog.NobodyHears")


def event(id_: str, key: str) -> Message:
    properties = pika.BasicProperties(delivery_mode=pika.DeliveryMode.Persistent, message_id=id_)
    return Message(id_, "mostrador.events", key, id_.encode(), properties)
