"""What the messaging tests work with: a broker to look into, relays and consumers at work, a worker process, events."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pika
from sqlalchemy import create_engine, text
from uuid6 import uuid7

from chassis.db import ALL_ACCOUNTS, Database
from chassis.messaging import Event, emit
from chassis.messaging.consumer import Consumer
from chassis.messaging.relay import Relay
from chassis.messaging.topology import EXCHANGE, UNROUTED, dead_of, inbox_of, retry_of

SERVICES = Path(__file__).parent
QUEUES = (inbox_of("shop"), retry_of("shop"), dead_of("shop"), UNROUTED)


def eventually(condition: Callable[[], Any], seconds: float = 60.0) -> Any:
    """What `condition` returns once it is true; fails when that takes longer than `seconds`."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.02)
    return found


class Broker:
    """What the tests look at and do on the broker."""

    def __init__(self, node: Any) -> None:
        self.node = node
        self.url: str = node.url

    @contextmanager
    def channel(self) -> Iterator[Any]:
        connection = pika.BlockingConnection(pika.URLParameters(self.url))
        try:
            yield connection.channel()
        finally:
            connection.close()

    def clear(self) -> None:
        with self.channel() as channel:
            for queue in QUEUES:
                channel.queue_delete(queue)
            channel.exchange_delete(EXCHANGE)
            channel.exchange_delete(UNROUTED)

    def settle(self) -> None:
        """Wait until queues just declared are safe from a kill: RabbitMQ writes their names down twice a second, and one
        that is killed before that never finds the queue again."""
        declared = time.monotonic()
        eventually(lambda: time.monotonic() - declared > 1.2)

    def depth(self, queue: str) -> int:
        """Messages ready in the queue; 0 also while its leader is busy, so wait for more than that."""
        with self.channel() as channel:
            count: int = channel.queue_declare(queue, passive=True).method.message_count
            return count

    def publish(self, *messages: tuple[str, bytes]) -> None:
        """Routing keys and bodies, straight to the exchange."""
        with self.channel() as channel:
            channel.confirm_delivery()
            for routing_key, body in messages:
                channel.basic_publish(EXCHANGE, routing_key, body, mandatory=True)

    def take(self, queue: str) -> list[tuple[Any, pika.BasicProperties, bytes]]:
        """All messages of the queue, taken off it."""
        with self.channel() as channel:
            found = []
            while (message := channel.basic_get(queue, auto_ack=True))[0] is not None:
                found.append(message)
            return found


@contextmanager
def running(loop: Relay | Consumer) -> Iterator[threading.Thread]:
    """A relay or consumer at work in a thread."""
    stop = threading.Event()
    failed: list[BaseException] = []

    def body() -> None:
        try:
            loop.run(stop)
        except Exception as error:
            failed.append(error)

    thread = threading.Thread(target=body)
    thread.start()
    try:
        yield thread
    finally:
        stop.set()
        thread.join(10)
    assert not thread.is_alive()
    assert not failed, failed


def totals(database: Database) -> dict[str, int]:
    """What was counted, by subject."""
    with database.read(ALL_ACCOUNTS) as session:
        return {row.subject: row.amount for row in session.execute(text("SELECT subject, amount FROM totals"))}


class Worker:
    """The shop's worker as a process. What it logs goes into a file: nobody reads along, and a full pipe would stop it."""

    def __init__(self, database: Database, amqp_url: str, failpoints: str, port: int, log: Path) -> None:
        self.port, self.log = port, log
        with log.open("w") as written:
            self.process = subprocess.Popen(
                [sys.executable, "-c", "from chassis.worker import run_worker; run_worker('shop')"],
                env={
                    **os.environ,
                    "PYTHONPATH": os.pathsep.join([str(SERVICES), os.environ.get("PYTHONPATH", "")]),
                    "MOSTRADOR_DATABASE_URL": database.url.render_as_string(hide_password=False),
                    "MOSTRADOR_AMQP_URL": amqp_url,
                    "MOSTRADOR_WORKER_BIND": f"127.0.0.1:{port}",
                    "MOSTRADOR_FAILPOINTS": failpoints,
                    "MOSTRADOR_RETRY_DELAY": "0.05",
                },
                stderr=written,
            )

    def terminate(self) -> int:
        """SIGTERM; its exit code, which must come within five seconds."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(5)


def make_event(
    type_: str = "Counted", subject: str = "a", *, version: int = 1, account_id: int = 1, **data: Any
) -> Event:
    """An event as another service would tell it."""
    return Event(str(uuid7()), "/till", type_, subject, datetime.now(UTC), account_id, version, data)


def tell(database: Database, *subjects: str, type_: str = "Counted", **data: Any) -> None:
    """Emit an event for each subject in one transaction."""
    with database.transaction(1) as session:
        for subject in subjects:
            emit(session, type_, subject=subject, version=1, data=data)


def waiting(database: Database) -> int:
    """How many events stand in the outbox."""
    with database.read(ALL_ACCOUNTS) as session:
        return session.execute(text("SELECT count(*) FROM outbox")).scalar_one()


@contextmanager
def closed(database: Database) -> Iterator[None]:
    """Within the block nobody gets into the database: PostgreSQL refuses and cuts sessions, SQLite is locked by another."""
    if database.dialect == "sqlite":
        holder = sqlite3.connect(str(database.url.database), isolation_level=None)
        holder.execute("BEGIN EXCLUSIVE")
        yield
        holder.rollback()
        holder.close()
        return
    name = database.url.database
    admin = create_engine(database.url.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false"))
        connection.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"), {"name": name}
        )
        yield
        connection.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true"))
    admin.dispose()
