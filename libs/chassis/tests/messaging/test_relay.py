"""From the outbox to the broker: everything that was committed, in the order of one relay, kept until confirmed."""

from __future__ import annotations

import random
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pika
import pytest
from rig import Broker, eventually, running, tell, totals, waiting
from shop.consumers import SUBSCRIPTIONS
from sqlalchemy import select, text
from sqlalchemy.event import listen, remove

from chassis.db import ALL_ACCOUNTS, Database, utcnow
from chassis.messaging import Event, OutboxRow, emit
from chassis.messaging.broker import BrokerLost, BrokerRefuses, Message
from chassis.messaging.consumer import Consumer
from chassis.messaging.publisher import Publisher
from chassis.messaging.relay import Relay, relay_batch
from chassis.messaging.relay_lease import relay_lease
from chassis.messaging.topology import EXCHANGE, UNROUTED, declare_exchange, declare_inbox
from chassis.testing_outages import read_only


@pytest.fixture
def exchange(broker: Broker) -> None:
    with broker.channel() as channel:
        declare_exchange(channel)


def test_what_is_published_is_persistent_knows_its_event_and_leaves_the_outbox(
    database: Database, broker: Broker, relay: Relay
) -> None:
    tell(database, "a", "b")
    with running(relay):
        eventually(lambda: waiting(database) == 0)
    first, second = broker.take(UNROUTED)
    events = [Event.from_bytes(body) for _, _, body in (first, second)]
    assert [event.subject for event in events] == ["a", "b"]
    method, properties, _ = first
    assert (method.exchange, method.routing_key) == (EXCHANGE, "shop.Counted")
    assert properties.delivery_mode == pika.DeliveryMode.Persistent.value
    assert (properties.message_id, properties.content_type) == (events[0].id, "application/cloudevents+json")


@pytest.mark.usefixtures("exchange")
def test_a_refused_event_stays_and_is_put_off_ever_longer(database: Database, broker: Broker) -> None:
    with broker.channel() as channel:
        channel.queue_unbind(UNROUTED, UNROUTED)  # now nothing takes what nobody listens to
    tell(database, "a")
    with relay_lease(database) as connection, Publisher(broker.url, "test") as publisher:
        assert connection is not None
        delays = []
        for _ in range(4):
            before = utcnow()
            assert relay_batch(connection, publisher) == 1
            assert relay_batch(connection, publisher) == 0, "it is put off"
            with database.transaction(ALL_ACCOUNTS) as session:
                again = session.scalars(select(OutboxRow.next_attempt_at)).one()
                assert again is not None
                delays.append(int((again - before).total_seconds()))
                session.execute(text("UPDATE outbox SET next_attempt_at = created_at"))
        assert delays == [1, 2, 4, 8]
        with broker.channel() as channel:
            channel.queue_bind(UNROUTED, UNROUTED)
        with database.transaction(ALL_ACCOUNTS) as session:
            session.execute(text("UPDATE outbox SET next_attempt_at = created_at"))
        assert relay_batch(connection, publisher) == 1
    assert waiting(database) == 0
    eventually(lambda: broker.depth(UNROUTED) == 1)


@pytest.mark.usefixtures("exchange")
def test_a_nacked_message_is_reported_and_no_other(broker: Broker) -> None:
    with broker.channel() as channel:
        channel.queue_declare("narrow", arguments={"x-max-length": 1, "x-overflow": "reject-publish"})
    try:
        with Publisher(broker.url, "test") as publisher:
            wide = [Message(f"w{n}", EXCHANGE, "x.Y", b"", pika.BasicProperties()) for n in range(300)]
            narrow = [Message(f"n{n}", "", "narrow", b"", pika.BasicProperties()) for n in range(2)]
            assert publisher.publish([*wide, *narrow]) == {"n1"}
            assert publisher.publish(wide) == set()
            assert publisher.publish(narrow) == {"n0", "n1"}
    finally:
        with broker.channel() as channel:
            channel.queue_delete("narrow")


@pytest.mark.usefixtures("exchange")
def test_the_loss_of_the_channel_is_noticed_while_idle_and_while_publishing(broker: Broker) -> None:
    nowhere = Message("1", "no.such.exchange", "x.Y", b"", pika.BasicProperties())
    with Publisher(broker.url, "test") as publisher, pytest.raises(BrokerLost):
        publisher.publish([nowhere])


def test_wrong_credentials_and_an_absent_broker_are_told_apart(broker: Broker) -> None:
    with pytest.raises(BrokerRefuses), Publisher(broker.url.replace("mostrador:", "nobody:"), "test"):
        pass
    with pytest.raises(BrokerLost), Publisher("amqp://guest:guest@127.0.0.1:1/", "test"):
        pass


def test_of_two_relays_one_works_and_the_other_takes_over(database: Database, broker: Broker) -> None:
    url = database.url.render_as_string(hide_password=False)
    one, two = (Database(url, service="shop", pool_size=2) for _ in range(2))
    with relay_lease(one) as held:
        assert held is not None
        with relay_lease(two) as refused:
            assert refused is None
        tell(database, "a")
        with running(Relay(two, broker.url)) as thread:
            eventually(lambda: thread.is_alive())
            assert waiting(database) == 1
    with running(Relay(two, broker.url)):
        eventually(lambda: waiting(database) == 0)
    for each in (one, two):
        each.dispose()


def test_no_event_is_missed_whatever_the_order_of_commits(database: Database, broker: Broker, relay: Relay) -> None:
    writers, each = (4, 100) if database.dialect == "sqlite" else (16, 100)

    def write(writer: int) -> None:
        pause = random.Random(writer)
        for n in range(each):
            with database.transaction(1) as session:
                emit(session, "Counted", subject=f"{writer}-{n}", version=1, data={})
                if database.dialect == "postgresql":
                    time.sleep(pause.random() * 0.01)  # ids are taken, commits come in another order

    with running(relay), ThreadPoolExecutor(writers) as pool:
        list(pool.map(write, range(writers)))
        eventually(lambda: waiting(database) == 0)
    subjects = [Event.from_bytes(body).subject for _, _, body in broker.take(UNROUTED)]
    assert sorted(subjects) == sorted(f"{w}-{n}" for w in range(writers) for n in range(each))


def test_a_killed_broker_loses_nothing_and_events_flow_again_soon(
    database: Database, broker: Broker, relay: Relay, consumer: Consumer
) -> None:
    with broker.channel() as channel:
        declare_inbox(channel, "shop", SUBSCRIPTIONS)
    broker.settle()
    with running(consumer), running(relay):
        for n in range(400):
            tell(database, f"s{n}")
            if n == 200:
                broker.node.kill()
        broker.node.start()
        answered = time.monotonic()
        eventually(lambda: len(totals(database)) == 400)
        assert time.monotonic() - answered < 8
    assert set(totals(database).values()) == {1}


def test_a_relay_whose_database_connection_is_cut_goes_on(database: Database, relay: Relay, broker: Broker) -> None:
    if database.dialect == "sqlite":
        pytest.skip("SQLite has no connection to cut")
    with running(relay):
        tell(database, "a")
        eventually(lambda: waiting(database) == 0)
        with database.transaction(ALL_ACCOUNTS) as session:
            held = "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted"
            session.execute(text(f"SELECT pg_terminate_backend(pid) FROM ({held}) AS relay"))
        tell(database, "b")
        eventually(lambda: waiting(database) == 0)
    eventually(lambda: broker.depth(UNROUTED) == 2)


def test_a_relay_on_a_read_only_server_looks_for_the_primary(database: Database, broker: Broker, relay: Relay) -> None:
    if database.dialect == "sqlite":
        pytest.skip("SQLite has no second server")
    refused: list[str] = []

    def record(context: Any) -> None:
        refused.append(getattr(context.original_exception, "sqlstate", ""))

    listen(database.engine, "handle_error", record)
    try:
        with running(relay):
            with read_only(database):
                eventually(lambda: refused.count("25006") >= 2)  # with nothing in the outbox to delete
            tell(database, "a")
            eventually(lambda: waiting(database) == 0)
    finally:
        remove(database.engine, "handle_error", record)
