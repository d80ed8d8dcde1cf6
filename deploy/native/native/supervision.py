"""supervisord: its configuration, its start, and the conversation with it over a socket in the home.

It restarts what dies, and ends everything in order: gateway, webs, workers, broker, database.
"""

from __future__ import annotations

import http.client
import json
import os
import shlex
import socket
import subprocess
import sys
import xmlrpc.client
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from supervisor.xmlrpc import Faults

from native import launch
from native.errors import NotRunning, PlatformError
from native.secrets import write_private
from native.servers import BASE_ENV, Process, dies_with_parent, private_folder
from native.settings import Settings

GROUPS = ("database", "broker", "workers", "webs", "gateway")
"""In the order of their start; they stop the other way round."""

_SERVER = """\
[supervisord]
nodaemon = true
silent = true
logfile = {home}/logs/supervisord.log
logfile_maxbytes = 5MB
logfile_backups = 1
pidfile = {home}/supervisord.pid
childlogdir = {home}/logs
{user}
[unix_http_server]
file = {socket}
chmod = 0700

[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
"""

_PROGRAM = """
[program:{process.name}]
command = {command}
autostart = false
autorestart = true
startsecs = 1
startretries = 5
stopsignal = {process.stop_signal}
stopwaitsecs = {process.stop_seconds}
killasgroup = true
redirect_stderr = true
stdout_logfile = NONE
"""

_GROUP = """
[group:{name}]
programs = {programs}
priority = {priority}
"""


@dataclass(frozen=True, slots=True)
class State:
    """What supervisord says of one process."""

    name: str
    group: str
    state: str
    """RUNNING, STARTING, BACKOFF (it ended too soon and is tried again), FATAL (given up), STOPPED …"""
    pid: int
    started: int
    """Seconds since 1970."""


def write_configuration(settings: Settings, processes: Iterable[Process]) -> Path:
    """Write supervisord's file, and for each process one that launch.py reads; the former's path."""
    folder = private_folder(settings.processes)
    for old in folder.iterdir():
        old.unlink()
    private_folder(settings.logs)
    if not settings.control_socket.is_relative_to(settings.home):
        private_folder(settings.control_socket.parent)
    user = "user = root\n" if os.getuid() == 0 else ""
    parts = [_SERVER.format(home=_escape(settings.home), socket=_escape(settings.control_socket), user=user)]
    groups: dict[str, list[str]] = {}
    for process in processes:
        write_launch_file(settings, process)
        launched = [sys.executable, "-IS", launch.__file__, str(settings.processes / f"{process.name}.json")]
        command = _escape(shlex.join(dies_with_parent(launched, process.stop_signal)))
        parts.append(_PROGRAM.format(process=process, command=command))
        groups.setdefault(process.group, []).append(process.name)
    for name, programs in groups.items():
        parts.append(_GROUP.format(name=name, programs=",".join(programs), priority=100 * (GROUPS.index(name) + 1)))
    path = settings.home / "supervisord.conf"
    write_private(path, "".join(parts))
    return path


def write_launch_file(settings: Settings, process: Process) -> None:
    """What launch.py execs; it holds secrets. Read at each start, so a change counts from the next one."""
    marks = {"MOSTRADOR_HOME": str(settings.home), "MOSTRADOR_PROCESS": process.name}
    content = {
        "argv": list(process.argv),
        "env": {**BASE_ENV, **process.env, **marks},
        "cwd": str(process.cwd),
        "log": str(settings.logs / f"{process.name}.log"),
    }
    write_private(settings.processes / f"{process.name}.json", json.dumps(content, indent=1))


def start_supervisord(settings: Settings, configuration: Path) -> subprocess.Popen[bytes]:
    """Start it in a session of its own (Ctrl-C must not reach it past us); it ends when we do, however that happens."""
    return subprocess.Popen(
        dies_with_parent([sys.executable, "-m", "supervisor.supervisord", "-c", str(configuration)]),
        env={**BASE_ENV, "MOSTRADOR_HOME": str(settings.home), "MOSTRADOR_PROCESS": "supervisord"},
        cwd=settings.home,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )


class Supervisor:
    """The running supervisord of a home; NotRunning when there is none."""

    def __init__(self, settings: Settings) -> None:
        self._proxy = xmlrpc.client.ServerProxy(
            "http://localhost/RPC2", transport=_UnixTransport(settings.control_socket)
        )

    def _call(self, method: str, *arguments: Any) -> Any:
        try:
            return getattr(self._proxy.supervisor, method)(*arguments)
        except (OSError, http.client.HTTPException):
            raise NotRunning("Mostrador does not run here: `make up` starts it.") from None
        except xmlrpc.client.Fault as fault:
            if fault.faultCode == Faults.NOT_RUNNING:
                return None  # it was to be stopped: so it is, for instance given up after it had died too often
            raise PlatformError(f"supervisord: {fault.faultString.lower()}.") from None
        finally:
            self._proxy("close")()

    def answers(self) -> bool:
        """Whether it takes commands already."""
        try:
            self.pid()
        except NotRunning:
            return False
        return True

    def pid(self) -> int:
        """supervisord's own pid."""
        return int(self._call("getPID"))

    def states(self) -> list[State]:
        """All processes, in the order of their start."""
        states = [
            State(info["name"], info["group"], info["statename"], info["pid"], info["start"])
            for info in cast(list[dict[str, Any]], self._call("getAllProcessInfo"))
        ]
        return sorted(states, key=lambda state: GROUPS.index(state.group))

    def state(self, name: str) -> State:
        """One process; PlatformError when there is none of that name."""
        for state in self.states():
            if state.name == name:
                return state
        raise PlatformError(f"There is no process {name!r}; `make status` lists them.")

    def start_group(self, group: str) -> None:
        """Start all processes of a group; returns at once."""
        self._call("startProcessGroup", group, False)

    def start(self, name: str) -> None:
        """Start a process, or all of a group, and wait until it has run for a second."""
        self._each("start", name)

    def stop(self, name: str) -> None:
        """End a process, or all of a group; returns when none is there. It is not started again by itself."""
        self._each("stop", name)

    def _each(self, verb: str, name: str) -> None:
        if name in GROUPS:
            self._call(f"{verb}ProcessGroup", name)
        else:
            self._call(f"{verb}Process", f"{self.state(name).group}:{name}")


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost")
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self.sock.connect(str(self._path))
        except OSError:
            self.sock.close()
            raise


class _UnixTransport(xmlrpc.client.Transport):
    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def make_connection(self, host: Any) -> http.client.HTTPConnection:
        connection = _UnixConnection(self._path)
        self._connection = host, connection  # what close() closes
        return connection


def _escape(value: object) -> str:
    return str(value).replace("%", "%%")
