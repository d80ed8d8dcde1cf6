"""Runs a real gateway (nginx and its agent) for the tests, and talks HTTP to it byte by byte."""

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from gateway.render import PACKAGE
from gateway.settings import SERVICES
from gateway.tests.stubs import SERVICE_KEYS, Auth, Service
from native.ports import free_ports

POLL_S = 0.02


class Answer(NamedTuple):
    """One HTTP answer, read to its end."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def free_port() -> int:
    """A free port below the ephemeral range: one in it could be taken by a client's own end."""
    return free_ports(1)[0]


def eventually(condition: Callable[[], Any], *, seconds: float = 10.0) -> Any:
    """The condition's first true value; fails when it has none in time."""
    deadline = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < deadline, "did not come true in time"
        threading.Event().wait(POLL_S)
    return value


def call(
    port: int, method: str, path: str, headers: Mapping[str, str] | None = None, body: bytes | None = None
) -> Answer:
    """One request over a connection of its own; the path is sent as it stands."""
    lines = [f"{method} {path} HTTP/1.1", "Host: shop.example:8080", "Connection: close"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    return send(port, "\r\n".join([*lines, "", ""]).encode() + (body or b""), method=method)


def send(port: int, request: bytes, *, method: str = "GET") -> Answer:
    """Raw bytes out, one answer in. A server that answers early may close before all is sent."""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(request)
        response = http.client.HTTPResponse(connection, method=method)
        response.begin()
        return Answer(response.status, response.msg, response.read())


class Gateway:
    """nginx and agent over one folder, started and stopped apart from each other."""

    def __init__(self, home: Path, auth: Auth, services: Mapping[str, Service], **environ: str) -> None:
        self.home, self.port, self.internal_port = home, free_port(), free_port()
        while self.internal_port == self.port:
            self.internal_port = free_port()
        addresses = {name: service.address for name, service in services.items()} | {"auth": auth.address}
        self.environ = {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(PACKAGE.parent),
            "MOSTRADOR_GATEWAY_HOME": str(home),
            "MOSTRADOR_PORT": str(self.port),
            "MOSTRADOR_GATEWAY_INTERNAL_BIND": f"127.0.0.1:{self.internal_port}",
            "MOSTRADOR_SERVICE_KEYS": ",".join(f"{pair}={key}" for pair, key in SERVICE_KEYS.items()),
            **{f"MOSTRADOR_LIMIT_{name}": "100000/100000" for name in ("GENERAL", "PUBLIC", "SESSION", "LOGIN", "PIN")},
            "MOSTRADOR_ACCESS_LOG": str(home / "access.log"),
            **{f"MOSTRADOR_{service.upper()}_ADDR": addresses[service] for service in SERVICES if service in addresses},
            **environ,
        }
        self.nginx: subprocess.Popen[bytes] | None = None
        self.agent: subprocess.Popen[bytes] | None = None

    def command(self, *arguments: str) -> subprocess.Popen[bytes]:
        log = (self.home.parent / f"{self.home.name}-{arguments[0]}.log").open("ab")
        with log:
            argv = [sys.executable, "-m", "gateway", *arguments]
            return subprocess.Popen(argv, env=self.environ, stdout=log, stderr=log, cwd=self.home.parent)

    def start_nginx(self) -> None:
        nginx = self.nginx = self.command("run")
        eventually(lambda: self.listens() or nginx.poll() is not None)
        assert nginx.poll() is None, self.log()

    def listens(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0 and (self.home / "run" / "nginx.pid").exists()

    def start_agent(self) -> None:
        self.agent = self.command("agent")

    def start(self) -> "Gateway":
        self.start_nginx()
        self.start_agent()
        self.wait_ready()
        return self

    def wait_ready(self) -> None:
        eventually(lambda: call(self.internal_port, "GET", "/healthz").status == 200, seconds=30)

    def reload(self) -> None:
        """Let nginx take over its configuration as it stands there, and wait until new workers serve."""
        assert self.nginx
        before = self.workers()
        self.nginx.send_signal(signal.SIGHUP)
        eventually(lambda: self.workers() and not self.workers() & before)

    def workers(self) -> set[str]:
        """Those that accept connections: not the ones that only finish what they have."""
        assert self.nginx
        children = Path(f"/proc/{self.nginx.pid}/task/{self.nginx.pid}/children").read_text().split()
        found = set()
        for child in children:
            with contextlib.suppress(OSError):
                title = Path(f"/proc/{child}/cmdline").read_bytes()
                found |= {child} if b"worker process" in title and b"shutting down" not in title else set()
        return found

    def stop_nginx(self) -> None:
        end(self.nginx)

    def stop_agent(self) -> None:
        end(self.agent)

    def stop(self) -> None:
        self.stop_nginx()
        self.stop_agent()

    def call(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        *,
        token: str = "",
    ) -> Answer:
        sent = {**({"Authorization": f"Bearer {token}"} if token else {}), **(headers or {})}
        return call(self.port, method, path, sent, body)

    def push(self, token: str, body: Any, *, method: str = "POST") -> Answer:
        """What auth does before it answers a logout."""
        text = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        return call(self.internal_port, method, "/revocations", headers, text)

    def log(self) -> str:
        """All that nginx complained about."""
        return (self.home.parent / f"{self.home.name}-run.log").read_text()


def end(process: subprocess.Popen[bytes] | None) -> None:
    if process:
        process.terminate()
        process.wait(10)
