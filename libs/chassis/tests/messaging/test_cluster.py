"""A cluster's nodes in one setting: whoever of them can be had will do."""

import random

import pika
import pytest
from rig import eventually

from chassis.messaging.broker import BrokerLost, Message, blocking_channel, nodes
from chassis.messaging.publisher import Publisher
from chassis.messaging.topology import EXCHANGE, UNROUTED, declare_exchange

NOBODY = "amqp://guest:guest@127.0.0.1:1/%2F"


@pytest.fixture(autouse=True)
def _as_given(monkeypatch):
    monkeypatch.setattr(random, "shuffle", lambda _: None)


@pytest.mark.parametrize("order", [[NOBODY, "…"], ["…", NOBODY], [NOBODY, "…", NOBODY]])
def test_a_node_that_is_away_is_passed_over(broker, order):
    url = ",".join(broker.url if each == "…" else each for each in order)
    with blocking_channel(url, "test") as channel:
        declare_exchange(channel)
    with Publisher(url, "test") as publisher:
        assert (
            publisher.publish([Message("1", EXCHANGE, "shop.Sold", b"{}", pika.BasicProperties(message_id="1"))])
            == set()
        )
    eventually(lambda: broker.depth(UNROUTED) == 1)


def test_without_any_node_the_broker_is_lost():
    with pytest.raises(BrokerLost), blocking_channel(f"{NOBODY},{NOBODY}", "test"):
        pass
    with pytest.raises(BrokerLost), Publisher(f"{NOBODY},{NOBODY}", "test"):
        pass


def test_a_comma_in_a_password_parts_nothing():
    found = nodes("amqp://u:a,b@one:5672/%2F,amqps://u:a,b@two:5671/%2F", "test")
    assert [(each.host, each.credentials.password) for each in found] == [("one", "a,b"), ("two", "a,b")]
