"""A private RabbitMQ node: an ordinary process in a folder of its own, beside any other node of the machine.

with Node(folder) as node:
    connect(node.url)
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from native.errors import NotInstalled
from native.ports import LOOPBACK, free_ports
from native.secrets import write_private
from native.servers import Process, Running, private_folder, wait_until

_ERLANG_ARGUMENTS = "+S 1:1 +A 4 +SDio 2 +sbwt none -kernel inet_dist_use_interface {127,0,0,1}"
# One scheduler that does not spin: a node for one machine leaves the other cores to the services.

_CONFIGURATION = """\
listeners.tcp.default = 127.0.0.1:{port}
num_acceptors.tcp = 2
default_user = {user}
default_pass = {password}
heartbeat = 30
log.console = true
log.console.level = warning
log.file = false
vm_memory_high_watermark.absolute = 512MiB
disk_free_limit.absolute = 64MB
background_gc_enabled = false
load_definitions = {definitions}
"""


def program() -> Path:
    """The server's own start script: the distribution's wrapper insists on its own user and folders."""
    found = sorted(Path("/usr/lib/rabbitmq/lib").glob("rabbitmq_server-*/sbin/rabbitmq-server"))
    if not found:
        raise NotInstalled("RabbitMQ is not installed (Debian's package is rabbitmq-server).")
    return found[-1]


class Node:
    """A node with its user, its data and its epmd (Erlang's port mapper). Ports that are not given are free ones below 32768.

    `user` may do anything; `services` (passwords by service) have users of their own, see `definitions`. They are made at every
    start; the data outlives stop() and kill().
    """

    def __init__(
        self,
        folder: Path,
        port: int | None = None,
        *,
        erlang_port: int | None = None,
        epmd_port: int | None = None,
        user: str = "mostrador",
        password: str = "mostrador",
        cookie: str = "mostrador",
        services: Mapping[str, str] | None = None,
    ) -> None:
        spare = free_ports(3)
        self.folder = Path(folder)
        self.port = port or spare[0]
        self.erlang_port = erlang_port or spare[1]
        self.epmd_port = epmd_port or spare[2]
        self.user, self.password, self.cookie = user, password, cookie
        self.services = dict(services or {})
        self._server: Running | None = None
        self._epmd: Running | None = None

    @property
    def url(self) -> str:
        return f"amqp://{self.user}:{self.password}@{LOOPBACK}:{self.port}/%2F"

    def url_of(self, service: str) -> str:
        """Where a service of `services` connects, as its own user."""
        return f"amqp://{service}:{self.services[service]}@{LOOPBACK}:{self.port}/%2F"

    @property
    def pid(self) -> int:
        """The Erlang machine's pid; only between start() and stop()."""
        assert self._server
        return self._server.pid

    def processes(self) -> list[Process]:
        """Write the configuration; what has to run, epmd first (else the server starts one that nobody ends)."""
        home = private_folder(self.folder) / "home"
        home.mkdir(exist_ok=True)
        cookie = home / ".erlang.cookie"
        if not cookie.exists() or cookie.read_text() != self.cookie:
            cookie.unlink(missing_ok=True)
            cookie.touch(mode=0o600)
            cookie.write_text(self.cookie)
            cookie.chmod(0o400)
        file = self.folder / "definitions.json"
        write_private(file, json.dumps(definitions(self.user, self.password, self.services), indent=1))
        configuration = _CONFIGURATION.format(port=self.port, user=self.user, password=self.password, definitions=file)
        (self.folder / "rabbitmq.conf").write_text(configuration)
        (self.folder / "enabled_plugins").write_text("[].\n")
        (self.folder / "env.conf").write_text("")
        epmd = ["/usr/bin/epmd", "-port", str(self.epmd_port), "-address", LOOPBACK]
        return [
            Process("epmd", epmd, self._env(), self.folder, group="broker"),
            Process("rabbitmq", [str(program())], self._env(), self.folder, group="broker", stop_seconds=4),
        ]

    def _env(self) -> dict[str, str]:
        folder = self.folder
        return {
            "HOME": str(folder / "home"),
            "RABBITMQ_CONF_ENV_FILE": str(folder / "env.conf"),
            "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
            "RABBITMQ_MNESIA_BASE": str(folder / "data"),
            "RABBITMQ_GENERATED_CONFIG_DIR": str(folder / "data" / "config"),
            "RABBITMQ_FEATURE_FLAGS_FILE": str(folder / "data" / "feature_flags"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_LOGS": "-",
            "RABBITMQ_NODENAME": "mostrador@localhost",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_NODE_IP_ADDRESS": LOOPBACK,
            "RABBITMQ_DIST_PORT": str(self.erlang_port),
            "ERL_EPMD_PORT": str(self.epmd_port),
            "ERL_EPMD_ADDRESS": LOOPBACK,
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": _ERLANG_ARGUMENTS,
            # The script then execs Erlang instead of waiting for it: signals reach the server itself.
            "detached": "true",
        }

    def start(self, *, wait: bool = True) -> Self:
        """Start it; with `wait` until it takes connections (4–6 s). Call it from the main thread: the node ends with the
        thread that started it.
        """
        epmd, server = self.processes()
        if self._epmd is None or self._epmd.popen.poll() is not None:
            self._epmd = Running(epmd, self.folder / "epmd.log")
        self._server = Running(server, self.folder / "rabbitmq.log")
        if wait:
            self.wait_ready()
        return self

    def wait_ready(self, seconds: float = 60) -> None:
        """Until it takes connections; NotReady with the end of its log otherwise."""
        assert self._server
        wait_until(lambda: answers(self.port), running=self._server, seconds=seconds, what="RabbitMQ")

    def stop(self) -> None:
        """End it in order (about a second); nothing that was confirmed is lost."""
        for running in (self._server, self._epmd):
            if running:
                running.stop(signal.SIGTERM)

    def kill(self) -> None:
        """kill -9 the server; start() brings it back with what was confirmed."""
        assert self._server
        self._server.kill()

    def ctl(self, *arguments: str) -> str:
        """What `rabbitmqctl ARGUMENTS` answers (0.5 s a call), e.g. `list_queues -q name messages`."""
        command = [str(program().with_name("rabbitmqctl")), *arguments]
        env = {**os.environ, **self._env(), "LANG": "C.UTF-8"}
        return subprocess.run(command, env=env, check=True, capture_output=True, text=True).stdout

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()


def definitions(user: str, password: str, services: Mapping[str, str]) -> dict[str, Any]:
    """RabbitMQ's users: `user` for the operator, and one a service, which publishes events under its own name only and
    declares, reads and writes its own queues and what all share (`mostrador.…`).

    deploy/compose/prepare.sh and deploy/kubernetes/platform/rabbitmq.yaml say the same of the services.
    """
    permissions = [{"user": user, "vhost": "/", "configure": ".*", "write": ".*", "read": ".*"}]
    topics = []
    for service in services:
        own = rf"^(mostrador|{service})\..*"
        rights = {"configure": own, "write": rf"{own}|^amq\.default$", "read": own}
        permissions.append({"user": service, "vhost": "/", **rights})
        topic = {"exchange": "mostrador.events", "write": rf"^{service}\..*", "read": ".*"}
        topics.append({"user": service, "vhost": "/", **topic})
    users = [{"name": user, "password": password, "tags": "administrator"}]
    users += [{"name": name, "password": secret, "tags": ""} for name, secret in services.items()]
    return {
        "vhosts": [{"name": "/"}],
        "users": users,
        "permissions": permissions,
        "topic_permissions": topics,
    }


def answers(port: int, host: str = LOOPBACK) -> bool:
    """Whether a broker there greets an AMQP 0-9-1 client (an open port alone says too little during its start)."""
    try:
        with socket.create_connection((host, port), timeout=1) as connection:
            connection.sendall(b"AMQP\x00\x00\x09\x01")
            return connection.recv(1) == b"\x01"
    except OSError:
        return False
