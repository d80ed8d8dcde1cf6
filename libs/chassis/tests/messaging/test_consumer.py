"""From the broker to the handlers: batches, failures, poison, and the losses of database and broker."""

from __future__ import annotations

import threading
from typing import Any

import orjson
import pytest
from click.testing import CliRunner
from pika.adapters.blocking_connection import BlockingChannel
from prometheus_client import REGISTRY
from rig import Broker, closed, eventually, make_event, running, tell, totals, waiting
from shop.consumers import SUBSCRIPTIONS
from shop.domain.models import Mended
from sqlalchemy.event import listen, remove
from sqlalchemy.exc import TimeoutError
from sqlalchemy.orm import Session

from chassis.db import ALL_ACCOUNTS, Database
from chassis.messaging import Event, metrics
from chassis.messaging.broker import BrokerRefuses
from chassis.messaging.consumer import Consumer
from chassis.messaging.dead_letters import commands, list_dead, purge, replay
from chassis.messaging.delivery import ATTEMPT_HEADER, ATTEMPTS
from chassis.messaging.publisher import Publisher
from chassis.messaging.relay import Relay
from chassis.messaging.topology import UNROUTED, dead_of, declare_exchange, declare_inbox, inbox_of, retry_of
from chassis.messaging.unrouted import adopt_unrouted
from chassis.pulse import Pulse, alive
from chassis.testing_outages import read_only

INBOX, RETRY, DEAD = inbox_of("shop"), retry_of("shop"), dead_of("shop")


@pytest.fixture
def inbox(broker: Broker) -> Broker:
    """The broker with the shop's queues in place, before its consumer starts."""
    with broker.channel() as channel:
        declare_inbox(channel, "shop", SUBSCRIPTIONS)
    return broker


def wire(*events: object) -> list[tuple[str, bytes]]:
    return [(event.routing_key, event.to_bytes()) for event in events]  # type: ignore[attr-defined]


def test_every_event_three_times_in_any_order_counts_once(
    database: Database, inbox: Broker, consumer: Consumer
) -> None:
    events = [make_event("Counted" if n % 2 else "CountedTogether", f"s{n % 3}", amount=n) for n in range(120)]
    with running(consumer):
        inbox.publish(*wire(*events[::-1], *events, *events[::3]), *wire(last := make_event(subject="last")))
        eventually(lambda: "last" in totals(database))
        eventually(lambda: inbox.depth(INBOX) == 0)
    assert totals(database) == {f"s{k}": sum(n for n in range(120) if n % 3 == k) for k in range(3)} | {"last": 1}
    assert last.id


def test_one_poisoned_event_neither_stops_nor_loses_the_others(
    database: Database, inbox: Broker, consumer: Consumer
) -> None:
    events = [make_event("Counted", "well") for _ in range(499)]
    events.insert(250, poison := make_event("Broken", "poisoned"))
    inbox.publish(*wire(*events))
    with running(consumer):
        eventually(lambda: inbox.depth(DEAD) == 1, 30)
        eventually(lambda: totals(database) == {"well": 499})

        [letter] = list_dead(inbox.url, "shop")
        assert (letter.id, letter.routing_key) == (poison.id, "till.Broken")
        assert "not mended yet" in letter.reason
        eventually(lambda: inbox.depth(DEAD) == 1)  # looking takes nothing

        assert replay(inbox.url, "shop", ["no such id"]) == 0
        eventually(lambda: inbox.depth(DEAD) == 1)
        with database.transaction(ALL_ACCOUNTS) as session:
            session.add(Mended(id=1))
        assert replay(inbox.url, "shop", [poison.id]) == 1
        eventually(lambda: totals(database) == {"well": 499, "poisoned": 1})
    assert [inbox.depth(queue) for queue in (INBOX, RETRY, DEAD)] == [0, 0, 0]


def test_a_read_only_database_is_waited_for_and_costs_no_event_an_attempt(
    database: Database, inbox: Broker, consumer: Consumer
) -> None:
    refused: list[object] = []
    record = refused.append
    events = [make_event("Counted", "failover") for _ in range(20)]
    listen(database.engine, "handle_error", record)
    try:
        with running(consumer):
            inbox.publish(*wire(make_event("Counted", "before")))
            eventually(lambda: totals(database))
            with read_only(database):
                inbox.publish(*wire(*events))
                eventually(lambda: len(refused) > ATTEMPTS)
            eventually(lambda: totals(database) == {"before": 1, "failover": 20})
            eventually(lambda: inbox.depth(INBOX) == 0)
    finally:
        remove(database.engine, "handle_error", record)
    assert [inbox.depth(queue) for queue in (RETRY, DEAD)] == [0, 0]


def test_an_event_has_five_attempts_of_which_four_are_counted_as_retried_and_the_last_as_dead(
    inbox: Broker, consumer: Consumer
) -> None:
    def counted() -> dict[str, float]:
        names = ("mostrador_events_retried_total", "mostrador_events_dead_total")
        return {name: REGISTRY.get_sample_value(name) or 0 for name in names}

    before = counted()
    inbox.publish(*wire(make_event("Broken", "b")))
    with running(consumer):
        eventually(lambda: inbox.depth(DEAD) == 1)
    [(_, properties, _)] = inbox.take(DEAD)
    assert properties.headers[ATTEMPT_HEADER] == 5
    assert [after - first for after, first in zip(counted().values(), before.values(), strict=True)] == [4, 1]


def test_an_event_that_fails_for_a_while_is_handled_once_it_can_be(
    database: Database, inbox: Broker, consumer: Consumer
) -> None:
    inbox.publish(*wire(make_event("Broken", "b")))
    with running(consumer):
        eventually(lambda: inbox.depth(INBOX) == 0)
        with database.transaction(ALL_ACCOUNTS) as session:
            session.add(Mended(id=1))
        eventually(lambda: totals(database) == {"b": 1})
        eventually(lambda: [inbox.depth(queue) for queue in (INBOX, RETRY, DEAD)] == [0, 0, 0])


def test_what_is_no_event_goes_straight_to_the_dead_letters_with_its_reason(
    database: Database, inbox: Broker, consumer: Consumer
) -> None:
    later = orjson.loads(make_event().to_bytes()) | {"dataschema": "urn:mostrador:events:till:Counted:2"}
    inbox.publish(("till.Counted", b"\xff not json"), ("till.Counted", orjson.dumps(later)), *wire(make_event()))
    with running(consumer):
        eventually(lambda: totals(database) == {"a": 1})
        eventually(lambda: inbox.depth(DEAD) == 2)
    damaged, unknown = list_dead(inbox.url, "shop")
    assert "not JSON" in damaged.reason
    assert "unknown dataschema" in unknown.reason
    assert (damaged.body, unknown.id) == (b"\xff not json", later["id"])
    assert purge(inbox.url, "shop", [unknown.id]) == 1
    assert purge(inbox.url, "shop") == 1
    assert inbox.depth(DEAD) == 0


def test_the_dead_letter_commands(inbox: Broker) -> None:
    class Service:
        name = "shop"

        class settings:  # noqa: N801 - as the real one's attribute
            amqp_url = inbox.url

    event = make_event("Broken")
    with inbox.channel() as channel:
        channel.basic_publish("", DEAD, event.to_bytes())

    def run(*arguments: str) -> str:
        result = CliRunner().invoke(commands, arguments, obj=Service)
        return str(result.output)

    eventually(lambda: inbox.depth(DEAD) == 1)
    assert event.id in run("list")
    assert "--all" in run("replay"), "nothing is replayed by accident"
    assert run("replay", event.id) == "1 replayed\n"
    assert run("purge", "--all") == "0 purged\n"
    assert [body for _, _, body in inbox.take(INBOX)] == [event.to_bytes()]


@pytest.fixture
def busy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Quorum queues whose leaders are too busy to be counted: the broker says that nothing is in them."""
    declare = BlockingChannel.queue_declare

    def counts_nothing(channel: BlockingChannel, queue: str, passive: bool = False, **arguments: Any) -> Any:
        answer = declare(channel, queue, passive=passive, **arguments)
        answer.method.message_count = 0
        return answer

    monkeypatch.setattr(BlockingChannel, "queue_declare", counts_nothing)


@pytest.mark.usefixtures("busy")
def test_dead_letters_of_a_busy_broker_are_listed_all_the_same(inbox: Broker) -> None:
    with inbox.channel() as channel:
        channel.basic_publish("", DEAD, make_event().to_bytes())
    eventually(lambda: len(list_dead(inbox.url, "shop")) == 1)


@pytest.mark.usefixtures("busy")
def test_a_first_start_beside_a_busy_broker_misses_nothing(
    database: Database, broker: Broker, relay: Relay, consumer: Consumer
) -> None:
    with running(relay):
        tell(database, *[f"s{n}" for n in range(450)])
        eventually(lambda: waiting(database) == 0)
    with running(consumer):
        eventually(lambda: len(totals(database)) == 450)
    assert not broker.take(UNROUTED), "neither an event nor a marker stays behind"


def test_two_services_that_start_for_the_first_time_at_once_get_theirs(
    database: Database, broker: Broker, relay: Relay, consumer: Consumer
) -> None:
    with running(relay):
        tell(database, *[f"s{n}" for n in range(450)])
        eventually(lambda: waiting(database) == 0)
    with broker.channel() as channel, Publisher(broker.url, "other") as publisher, running(consumer):
        for _ in range(5):
            adopt_unrouted(channel, publisher, lambda: None)
        eventually(lambda: len(totals(database)) == 450)


def test_events_told_before_the_first_start_are_kept_for_it(
    database: Database, broker: Broker, relay: Relay, consumer: Consumer
) -> None:
    with running(relay):
        tell(database, *[f"s{n}" for n in range(450)])
        tell(database, "nobody asks", type_="SomethingElse")
        eventually(lambda: waiting(database) == 0)
    eventually(lambda: broker.depth(UNROUTED) == 451)
    with running(consumer):
        eventually(lambda: len(totals(database)) == 450)
    eventually(lambda: broker.depth(UNROUTED) == 1)  # what nobody asks for still waits
    with running(consumer):  # a later start leaves it alone
        tell(database, "again")
        with running(relay):
            eventually(lambda: "again" in totals(database))


def test_a_database_that_goes_away_costs_no_event_an_attempt(database: Database, inbox: Broker) -> None:
    pulse, retried = Pulse("consumer"), metrics.RETRIED._value.get()
    impatient = Database(database.url.render_as_string(hide_password=False), service="shop")
    if database.dialect == "sqlite":
        listen(impatient.engine, "connect", lambda connection, _: connection.execute("PRAGMA busy_timeout = 100"))
    with running(Consumer(impatient, inbox.url, SUBSCRIPTIONS, retry_delay=0.05, pulse=pulse)):
        inbox.publish(*wire(make_event(subject="before")))
        eventually(lambda: "before" in totals(database))
        with closed(database):
            inbox.publish(*wire(*[make_event(subject=f"s{n}") for n in range(50)]))
            eventually(lambda: pulse.state == "database away", 20)
        eventually(lambda: len(totals(database)) == 51)
        eventually(lambda: inbox.depth(INBOX) == 0)
    assert metrics.RETRIED._value.get() == retried
    assert [inbox.depth(queue) for queue in (RETRY, DEAD)] == [0, 0]
    impatient.dispose()


def test_a_handler_that_waits_for_another_s_lock_costs_no_attempt_and_the_thread_is_not_taken_for_stuck(
    database: Database, inbox: Broker
) -> None:
    pulse, states = Pulse("consumer"), list[str]()

    def patiently(session: Session, event: Event) -> None:
        states.append(pulse.state)
        pulse._last = 0.0
        alive()
        assert pulse.age < 1
        if len(states) < 8:
            pulse._last = 0.0
            raise TimeoutError("somebody else has it in hand")
        SUBSCRIPTIONS["Counted"](session, event)  # type: ignore[operator]

    inbox.publish(*wire(make_event(subject="late")))
    with running(Consumer(database, inbox.url, {"Counted": patiently}, retry_delay=0.05, pulse=pulse)):
        eventually(lambda: totals(database) == {"late": 1})
    assert states == ["consuming"] + 7 * ["database away"]
    assert [inbox.depth(queue) for queue in (INBOX, RETRY, DEAD)] == [0, 0, 0]


def test_a_queue_of_another_definition_ends_the_worker_loudly(database: Database, broker: Broker) -> None:
    with broker.channel() as channel:
        declare_exchange(channel)
        channel.queue_declare(INBOX, durable=True)
    with pytest.raises(BrokerRefuses, match=r"shop\.inbox"):
        Consumer(database, broker.url, SUBSCRIPTIONS).run(threading.Event())
