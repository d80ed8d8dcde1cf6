"""Which port each process listens on, whether it is free, and who sits on it if not."""

from __future__ import annotations

import errno
import os
import random
import socket
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from native.errors import PortBusy

SERVICES = ("auth", "catalog", "sales", "customers", "analytics")
BLOCK = 50
"""One platform takes the ports P … P+49."""

LOOPBACK = "127.0.0.1"
_LOWEST, _HIGHEST = 11000, 31999
# Below 32768 on purpose: the kernel hands the ports above to outgoing connections, and a client that retries a closed
# loopback port up there ends up connected to itself, so that the server can't come back.


@dataclass(frozen=True, slots=True)
class Ports:
    """The ports of one platform, all derived from the gateway's."""

    base: int

    @property
    def gateway(self) -> int:
        return self.base

    @property
    def gateway_internal(self) -> int:
        return self.base + 1

    def web(self, service: str) -> int:
        return self.base + 11 + SERVICES.index(service)

    def worker(self, service: str) -> int:
        return self.base + 21 + SERVICES.index(service)

    @property
    def amqp(self) -> int:
        return self.base + 31

    @property
    def erlang(self) -> int:
        return self.base + 32

    @property
    def epmd(self) -> int:
        return self.base + 33

    @property
    def postgresql(self) -> int:
        return self.base + 41


TEST_PORTS = "MOSTRADOR_TEST_PORTS"
"""The variable with the range, `low-high`, that free ports are taken from: test runs side by side have different ones."""


def is_free(port: int) -> bool:
    """Whether a server could listen on this loopback port now; PermissionError for a port that needs root."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as candidate:
        candidate.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            candidate.bind((LOOPBACK, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                return False
            raise
    return True


def free_ports(count: int, *, consecutive: bool = False) -> list[int]:
    """`count` free loopback ports below 32768, in a row if asked; two callers at once rarely get the same."""
    given = os.environ.get(TEST_PORTS)
    lowest, highest = map(int, given.split("-")) if given else (_LOWEST, _HIGHEST)
    for _ in range(200):
        if consecutive:
            first = random.randint(lowest, highest - count)
            ports = list(range(first, first + count))
        else:
            ports = random.sample(range(lowest, highest), count)
        if all(is_free(port) for port in ports):
            return ports
    raise PortBusy(f"No {count} free ports were found between {lowest} and {highest}.")


def require_free(wanted: Iterable[tuple[str, int]]) -> None:
    """Raise PortBusy with a sentence that names the first port in use, what it is for, and who holds it."""
    for purpose, port in wanted:
        try:
            if is_free(port):
                continue
        except PermissionError:
            raise PortBusy(
                f"Port {port} ({purpose}) may only be used by root: set MOSTRADOR_PORT to 1024 or more."
            ) from None
        holder = holder_of(port)
        by = f" by {holder}" if holder else ""
        raise PortBusy(f"Port {port} ({purpose}) is in use{by}: stop that, or set MOSTRADOR_PORT to another number.")


def holder_of(port: int) -> str:
    """`name (pid 12)` of the process that listens on a port; empty when it can't be seen (another user's)."""
    inodes = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            lines = Path(table).read_text().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            listening = fields[3] == "0A"
            if listening and int(fields[1].rsplit(":", 1)[1], 16) == port:
                inodes.add(f"socket:[{fields[9]}]")
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if any(str(fd.readlink()) in inodes for fd in (process / "fd").iterdir()):
                return f"{(process / 'comm').read_text().strip()} (pid {process.name})"
        except OSError:
            continue
    return ""
