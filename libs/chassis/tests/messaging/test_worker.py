"""The worker process: killed at every step it loses and doubles nothing, it stops in order, it says how it is."""

from __future__ import annotations

import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable
from typing import Any

import orjson
import pytest
from rig import Broker, Worker, eventually, make_event, running, tell, totals, waiting
from shop.consumers import SUBSCRIPTIONS

from chassis import failpoints, tracing
from chassis.db import Database
from chassis.messaging.consumer import Consumer
from chassis.messaging.dead_letters import list_dead
from chassis.messaging.topology import dead_of, declare_inbox, exists, inbox_of
from chassis.pulse import Pulse
from chassis.worker import Part
from chassis.worker_health import HealthServer

StartWorker = Callable[..., Worker]
FAILPOINTS = ("relay.selected", "relay.published", "relay.confirmed", "consumer.delivered", "consumer.committed")


def get(worker: Worker, path: str) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{worker.port}{path}", timeout=5) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()
    except OSError:
        return 0, b""


@pytest.mark.parametrize("failpoint", FAILPOINTS)
def test_killed_anywhere_nothing_is_lost_and_nothing_doubled(
    database: Database, broker: Broker, worker: StartWorker, failpoint: str
) -> None:
    subjects = [f"s{n}" for n in range(300)]
    tell(database, *subjects)
    killed = worker(f"{failpoint}=2")
    assert killed.process.wait(20) == 137
    worker()
    # A queue declared a moment ago may be without its leader: then the relay waits ever longer between its tries.
    eventually(lambda: len(totals(database)) == 300, 120)
    eventually(lambda: waiting(database) == 0 and broker.depth(inbox_of("shop")) == 0)
    assert totals(database) == dict.fromkeys(subjects, 1)


def test_an_event_that_kills_its_worker_is_parked_alone(
    database: Database, broker: Broker, worker: StartWorker
) -> None:
    with broker.channel() as channel:
        declare_inbox(channel, "shop", SUBSCRIPTIONS)
    events = [make_event(subject=f"s{n}") for n in range(60)]
    events.insert(30, killer := make_event("Deadly"))
    broker.publish(*[(event.routing_key, event.to_bytes()) for event in events])

    def parked() -> bool:
        if broker.depth(dead_of("shop")):
            return True
        assert worker().process.wait(20) == 137
        return False

    eventually(parked, 60)
    worker()
    eventually(lambda: len(totals(database)) == 60)
    [letter] = list_dead(broker.url, "shop")
    assert (letter.id, letter.reason) == (killer.id, "delivery_limit")


def test_it_says_how_it_is_and_stops_in_order(database: Database, broker: Broker, worker: StartWorker) -> None:
    started = worker()
    status, body = eventually(lambda: (found := get(started, "/healthz"))[0] and found)
    assert status == 200
    assert set(orjson.loads(body)["threads"]) == {"relay", "consumer", "sweeps"}
    with tracing.tracing(tracing.begin(request_id="request-1")):
        tell(database, "a", "b")
    eventually(lambda: totals(database) == {"a": 1, "b": 1})
    measured = eventually(
        lambda: (found := get(started, "/metrics")[1].decode()) and "published_total 2.0" in found and found
    )
    assert 'mostrador_events_consumed_total{type="Counted"} 2.0' in measured
    assert "mostrador_outbox_depth 0.0" in measured
    assert 'mostrador_worker_poll_age_seconds{thread="relay"}' in measured
    assert 'mostrador_event_lag_seconds_count{producer="shop"} 2.0' in measured
    assert 'mostrador_queue_depth{queue="inbox"}' in measured
    assert 'mostrador_queue_depth{queue="dead"} 0.0' in measured
    assert get(started, "/else")[0] == 404
    assert started.terminate() == 0
    lines = [orjson.loads(line) for line in started.log.read_text().splitlines() if "event_handled" in line]
    assert [(line["request_id"], line["type"], line["account_id"]) for line in lines] == [
        ("request-1", "shop.Counted", 1)
    ] * 2


def test_without_a_broker_it_is_well_and_says_so(database: Database, broker: Broker, worker: StartWorker) -> None:
    tell(database, "a")
    started = worker(amqp_url="amqp://guest:guest@127.0.0.1:1/")

    def states() -> dict[str, Any]:
        status, body = get(started, "/healthz")
        return (
            {name: thread["state"] for name, thread in orjson.loads(body)["threads"].items()} if status == 200 else {}
        )

    eventually(lambda: states().get("relay") == states().get("consumer") == "broker away")
    assert get(started, "/readyz")[0] == 503, "it is well, but its queue is not bound"
    measured = get(started, "/metrics")[1].decode()
    assert "mostrador_outbox_depth 1.0" in measured
    assert 'mostrador_queue_depth{queue="inbox"} NaN' in measured, "not known"
    assert started.terminate() == 0


def test_it_is_not_ready_before_its_queue_is_bound(
    database: Database, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another service's queue takes an event of that moment, so the broker keeps no copy for who connects late."""
    pulse, declare = Pulse("consumer", ready=False), threading.Event()

    def late(channel: Any, service: str, types: Any) -> None:
        assert declare.wait(60)
        declare_inbox(channel, service, types)

    monkeypatch.setattr("chassis.messaging.consumer.declare_inbox", late)
    health = HealthServer("127.0.0.1:0", "shop", database, [Part(threading.current_thread(), pulse)])
    health.start()
    with running(Consumer(database, broker.url, SUBSCRIPTIONS, pulse=pulse)):
        with broker.channel() as channel:
            assert not exists(channel, inbox_of("shop"))
        assert (health.health()[0], health.health(to_be_ready=True)[0]) == (200, 503)
        declare.set()
        eventually(lambda: health.health(to_be_ready=True)[0] == 200)
        event = make_event()
        broker.publish((event.routing_key, event.to_bytes()))
        eventually(lambda: totals(database) == {"a": 1})
        declare.clear()
        broker.node.ctl("close_all_connections", "for a test")
        eventually(lambda: health.health(to_be_ready=True)[0] == 503)
        declare.set()
        eventually(lambda: health.health(to_be_ready=True)[0] == 200)
    health.stop()


def test_a_queue_of_another_definition_ends_it_with_a_reason(
    database: Database, broker: Broker, worker: StartWorker
) -> None:
    with broker.channel() as channel:
        channel.queue_declare(inbox_of("shop"), durable=True)
    refused = worker()
    assert refused.process.wait(20) == 1
    assert "PRECONDITION_FAILED" in refused.log.read_text()


def test_the_worker_needs_no_web_framework() -> None:
    code = "import sys, chassis.worker; print([name for name in ('flask', 'alembic') if name in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


@pytest.mark.parametrize(
    ("spec", "passes"), [("here=1", 1), ("here=3", 3), ("here", 1), ("there=1,here=2", 2), ("here=1.0", 1)]
)
def test_a_failpoint_ends_the_process_at_its_turn(spec: str, passes: int) -> None:
    code = f"from chassis.failpoints import *; arm({spec!r})\nfor n in range(5): print(n); failpoint('here')"
    result = subprocess.run([sys.executable, "-u", "-c", code], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout.count("\n") - result.stdout.count("failpoints_armed")) == (137, passes)


def test_a_failpoint_that_is_not_armed_does_nothing() -> None:
    failpoints.arm("")
    failpoints.failpoint("here")
    with pytest.raises(ValueError, match="here=soon"):
        failpoints.arm("here=soon")
