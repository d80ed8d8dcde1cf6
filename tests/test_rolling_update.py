"""A new version of a service, instance by instance, while the shop works: no request fails, and nothing is done twice.

Two instances of catalog stand behind one name, as Compose's containers do, or behind one address, as Kubernetes' pods do. Each in
turn is no longer asked by who begins a connection, is ended (a pod's `preStop` waits until all have heard of it), starts anew,
and is asked again when it is ready. With a name the gateway follows the addresses; with one address it knows of nothing, and the
connections that it has keep leading to the instance that ends.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import select
import signal
import socket
import subprocess
import sys
import threading
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from chassis.testing import SERVICE_KEYS
from gateway.addresses import recorded
from gateway.render import PACKAGE
from gateway.tests.running import Gateway, eventually, free_port
from gateway.tests.stubs import Auth
from native.servers import dies_with_parent

HOSTS = ("127.0.0.1", "127.0.0.2")
NAME = "catalog.shop"
NAME_SERVICE = """
import json, os, socket
really = socket.getaddrinfo
def getaddrinfo(host, *rest):
    if host != "catalog.shop":
        return really(host, *rest)
    with open(os.environ["NAMES"]) as file:
        return [entry for address in json.load(file) for entry in really(address, *rest)]
socket.getaddrinfo = getaddrinfo
"""


class Address:
    """One address for several instances: a connection is led to one that is asked, and stays there (kube-proxy's way)."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int]] = []
        self.server = socket.create_server((HOSTS[0], 0))
        self.led: Counter[str] = Counter()
        self.threads = [threading.Thread(target=self.serve)]
        self.threads[0].start()

    def serve(self) -> None:
        with contextlib.suppress(OSError):  # shut down
            while True:
                client, _ = self.server.accept()
                self.threads.append(threading.Thread(target=self.lead, args=(client, *random.choice(self.asked))))
                self.threads[-1].start()

    def lead(self, client: socket.socket, host: str, port: int) -> None:
        self.led[host] += 1
        with contextlib.suppress(ConnectionError), client, socket.create_connection((host, port)) as instance:
            other = {client: instance, instance: client}
            while True:
                for source in select.select(list(other), [], [])[0]:
                    piece = source.recv(65_536)
                    if not piece:
                        return
                    other[source].sendall(piece)

    def close(self) -> None:
        self.server.shutdown(socket.SHUT_RDWR)
        for thread in self.threads:
            thread.join()
        self.server.close()


class Catalog:
    """Two instances over one database, and the name that stands for those that are to be asked."""

    def __init__(self, folder: Path, auth: Auth) -> None:
        self.folder, self.port, self.names = folder, free_port(), folder / "names.json"
        self.environ = {
            **os.environ,
            "MOSTRADOR_DATABASE_URL": f"sqlite:///{folder}/catalog.db",
            "MOSTRADOR_JWKS_URL": f"http://{auth.address}/api/auth/jwks/",
            "MOSTRADOR_SERVICE_KEYS": ",".join(SERVICE_KEYS),
        }
        subprocess.run([sys.executable, "-m", "chassis", "catalog", "migrate"], env=self.environ, check=True)
        self.processes: dict[str, subprocess.Popen[bytes]] = {}
        for host in HOSTS:
            self.start(host)
        self.stands_for(*HOSTS)

    def start(self, host: str) -> None:
        argv = [sys.executable, "-m", "gunicorn", "-c", "python:chassis.gunicorn_conf", "catalog.app:create_app()"]
        environ = {**self.environ, "MOSTRADOR_BIND": f"{host}:{self.port}"}
        with (self.folder / f"{host}.log").open("ab") as log:
            self.processes[host] = subprocess.Popen(dies_with_parent(argv), env=environ, stdout=log, stderr=log)
        eventually(lambda: self.is_ready(host), seconds=30)

    def is_ready(self, host: str) -> bool:
        try:
            return requests.get(f"http://{host}:{self.port}/readyz", timeout=5).status_code == 200
        except requests.ConnectionError:
            return False

    def end(self, host: str) -> None:
        self.processes[host].send_signal(signal.SIGTERM)
        assert self.processes[host].wait(20) == 0

    def stands_for(self, *hosts: str) -> None:
        beside = self.names.with_suffix(".new")
        beside.write_text(json.dumps(hosts))
        beside.rename(self.names)


@pytest.fixture
def auth() -> Iterator[Auth]:
    service = Auth(free_port())
    yield service
    service.stop()


@pytest.fixture
def catalog(tmp_path: Path, auth: Auth) -> Iterator[Catalog]:
    running = Catalog(tmp_path, auth)
    yield running
    for host in HOSTS:
        running.end(host)


@pytest.fixture
def address(behind: str, catalog: Catalog) -> Iterator[Address | None]:
    if behind == "a name":
        yield None
        return
    one = Address()
    one.asked = [(host, catalog.port) for host in HOSTS]
    yield one
    one.close()


@pytest.fixture
def gateway(tmp_path: Path, auth: Auth, catalog: Catalog, address: Address | None) -> Iterator[Gateway]:
    (tmp_path / "sitecustomize.py").write_text(NAME_SERVICE)
    environ = {
        "PYTHONPATH": f"{tmp_path}:{PACKAGE.parent}",
        "NAMES": str(catalog.names),
        "MOSTRADOR_CATALOG_ADDR": f"{HOSTS[0]}:{address.server.getsockname()[1]}"
        if address
        else f"{NAME}:{catalog.port}",
    }
    running = Gateway(tmp_path / "gateway", auth, {}, **environ)
    yield running.start()
    running.stop()


@pytest.mark.parametrize("behind", ["a name", "an address"])
def test_no_request_is_lost_while_the_instances_are_replaced_in_turn(
    gateway: Gateway, catalog: Catalog, auth: Auth, address: Address | None
) -> None:
    person = {
        "sub": str(uuid.uuid4()),
        "sid": str(uuid.uuid4()),
        "jti": str(uuid.uuid4()),
        "email": "a@x.mx",
        "username": "a",
    }
    token, over = auth.token(**person, client_type="unknown"), threading.Event()
    before = {host: process.pid for host, process in catalog.processes.items()}

    def create() -> list[int]:
        statuses = []
        while not over.is_set():
            body = {"name": "Pan", "sku": uuid.uuid4().hex, "price": "10.00", "tax_rate": "16.00", "current_stock": 5}
            headers = {"Content-Type": "application/json", "Idempotency-Key": uuid.uuid4().hex}
            statuses.append(
                gateway.call("POST", "/api/products/", headers, json.dumps(body).encode(), token=token).status
            )
        return statuses

    def read() -> list[int]:
        statuses = []
        while not over.is_set():
            statuses.append(gateway.call("GET", "/api/products/?page=1", token=token).status)
        return statuses

    def only_ask(*hosts: str) -> None:
        """Whom new connections reach from now on; of a name, once no worker of the gateway accepts that knows another."""
        if address:
            address.asked = [(host, catalog.port) for host in hosts]
            return
        before, wanted = gateway.workers(), [f"{host}:{catalog.port}" for host in hosts]
        catalog.stands_for(*hosts)
        eventually(
            lambda: recorded(gateway.home).get("catalog") == wanted and not gateway.workers() & before, seconds=20
        )

    with ThreadPoolExecutor(4) as pool:
        working = [pool.submit(work) for work in (create, create, read, read)]
        try:
            for host, other in (HOSTS, HOSTS[::-1]):
                only_ask(other)
                catalog.end(host)
                catalog.start(host)
                only_ask(*HOSTS)
        finally:
            over.set()
        created, *others = [Counter(work.result(30)) for work in working]
    created += others[0]
    assert created.keys() == {201}
    assert (others[1] + others[2]).keys() == {200}
    assert created.total() > 20
    total = gateway.call("GET", "/api/products/?page=1&page_size=1", token=token).headers["X-Total-Count"]
    assert int(total) == created.total(), "each of them once"
    assert all(catalog.processes[host].pid != before[host] for host in HOSTS)
    assert address is None or all(address.led[host] for host in HOSTS)
