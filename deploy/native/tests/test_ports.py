"""Ports: one block a platform, free ones for tests, and who sits on a busy one."""

import os
import socket

import pytest

from native.errors import PortBusy
from native.plan import needed_ports
from native.ports import BLOCK, LOOPBACK, free_ports, holder_of, is_free, require_free
from native.settings import Settings


@pytest.fixture
def listener():
    with socket.create_server((LOOPBACK, free_ports(1)[0])) as server:
        yield server.getsockname()[1]


def test_every_process_has_a_port_of_its_own_in_the_block() -> None:
    ports = [port for _, port in needed_ports(Settings(port=9000, database="postgresql"))]
    assert len(set(ports)) == len(ports) == 16
    assert all(9000 <= port < 9000 + BLOCK for port in ports)


def test_a_given_broker_and_sqlite_need_no_ports() -> None:
    purposes = [purpose for purpose, _ in needed_ports(Settings(amqp_url="amqp://elsewhere"))]
    assert not {"RabbitMQ", "epmd", "PostgreSQL"} & set(purposes)


def test_free_ports_are_below_those_of_outgoing_connections() -> None:
    ports = free_ports(10)
    assert len(set(ports)) == 10
    assert all(port < 32768 and is_free(port) for port in ports)


def test_free_ports_in_a_row() -> None:
    ports = free_ports(5, consecutive=True)
    assert ports == list(range(ports[0], ports[0] + 5))


def test_a_busy_port_is_named_with_its_purpose_and_holder(listener: int) -> None:
    assert not is_free(listener)
    with pytest.raises(
        PortBusy, match=rf"Port {listener} \(gateway\) is in use by .*\(pid {os.getpid()}\).*MOSTRADOR_PORT"
    ):
        require_free([("gateway", listener)])


def test_nobody_holds_a_free_port() -> None:
    assert holder_of(free_ports(1)[0]) == ""
