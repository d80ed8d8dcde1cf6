"""A new version of a service, instance by instance, while the shop works: no request fails, and nothing is done twice.

Two instances of catalog stand behind one name, as containers do. Each in turn leaves the name, is ended once the gateway has
followed (what a pod's `preStop` waits for), starts anew, and joins again when it is ready.
"""

from __future__ import annotations

import json
import os
import signal
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
def gateway(tmp_path: Path, auth: Auth, catalog: Catalog) -> Iterator[Gateway]:
    (tmp_path / "sitecustomize.py").write_text(NAME_SERVICE)
    environ = {
        "PYTHONPATH": f"{tmp_path}:{PACKAGE.parent}",
        "NAMES": str(catalog.names),
        "MOSTRADOR_CATALOG_ADDR": f"{NAME}:{catalog.port}",
    }
    running = Gateway(tmp_path / "gateway", auth, {}, **environ)
    yield running.start()
    running.stop()


def test_no_request_is_lost_while_the_instances_are_replaced_in_turn(
    gateway: Gateway, catalog: Catalog, auth: Auth
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
        """What the name stands for from now on; returns when no worker accepts that knows another."""
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
