"""A broker of this session's own, the databases of a service made for these tests, its relay, consumer and worker."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

sys.path.insert(0, str(Path(__file__).parent / "services"))

from rig import Broker, Worker
from shop.consumers import SUBSCRIPTIONS

from chassis import migrations
from chassis.db import Base, Database
from chassis.messaging.consumer import Consumer
from chassis.messaging.relay import Relay


@pytest.fixture(scope="session")
def service_name() -> str:
    return "shop"


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """The shop's database, of each kind in turn; the chassis' plugin empties it before every test."""
    migrations.load_models("shop")
    if request.param == "sqlite":
        found = Database(f"sqlite:///{tmp_path_factory.mktemp('db')}/shop.db", service="shop", pool_size=20)
        Base.metadata.create_all(found.engine)
        yield found
        found.dispose()
        return
    base = request.getfixturevalue("postgresql_url")
    name = f"shop_{os.getpid()}"
    admin = create_engine(base, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'"))
    found = Database(base.rsplit("/", 1)[0] + f"/{name}", service="shop", pool_size=20)
    Base.metadata.create_all(found.engine)
    yield found
    found.dispose()
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture(scope="session")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """A RabbitMQ node of this session's own, to be killed at will."""
    with import_module("native.rabbitmq").Node(tmp_path_factory.mktemp("rabbitmq")) as running:
        yield running


@pytest.fixture
def broker(node: Any) -> Broker:
    """The session's broker, with none of our queues in it."""
    found = Broker(node)
    found.clear()
    return found


@pytest.fixture
def relay(database: Database, broker: Broker) -> Relay:
    return Relay(database, broker.url)


@pytest.fixture
def consumer(database: Database, broker: Broker) -> Consumer:
    return Consumer(database, broker.url, SUBSCRIPTIONS, retry_delay=0.05)


@pytest.fixture
def worker(database: Database, broker: Broker, tmp_path: Path) -> Iterator[Callable[..., Worker]]:
    """`worker(failpoints="relay.published=1")` starts one; all are gone at the end of the test."""
    started: list[Worker] = []

    def start(failpoints: str = "", amqp_url: str = broker.url) -> Worker:
        [port] = import_module("native.ports").free_ports(1)
        started.append(Worker(database, amqp_url, failpoints, port, tmp_path / f"worker-{len(started)}.log"))
        return started[-1]

    yield start
    for each in started:
        each.process.kill()
        each.process.wait()
