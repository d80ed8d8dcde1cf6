"""A TCP forwarder, as it stands between services and a database in a failover: what is behind it can be exchanged."""

from __future__ import annotations

import contextlib
import selectors
import socket
import threading
from types import TracebackType
from typing import Self

from native.ports import LOOPBACK, free_ports


class Forwarder:
    """Forwards connections to `target`. After `target = …` new ones go there; those that are open stay where they are."""

    def __init__(self, target: int) -> None:
        self.target = target
        [self.port] = free_ports(1)
        self._listener = socket.create_server((LOOPBACK, self.port), backlog=128)
        self._selector = selectors.DefaultSelector()
        self._stop, self._stopping = socket.socketpair()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._selector.register(self._stopping, selectors.EVENT_READ)
        self._thread.start()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        self._stop.close()
        self._thread.join(10)

    def _run(self) -> None:
        while True:
            for key, _ in self._selector.select():
                if key.fileobj is self._stopping:
                    for each in list(self._selector.get_map().values()):
                        each.fileobj.close()  # type: ignore[union-attr]
                    self._selector.close()
                    return
                if key.fileobj is self._listener:
                    self._accept()
                elif key.fd in self._selector.get_map():  # else its other end was closed just now
                    self._forward(key.fileobj, key.data)  # type: ignore[arg-type]

    def _accept(self) -> None:
        client, _ = self._listener.accept()
        try:
            server = socket.create_connection((LOOPBACK, self.target), timeout=2)
        except OSError:
            client.close()
            return
        server.settimeout(None)
        self._selector.register(client, selectors.EVENT_READ, server)
        self._selector.register(server, selectors.EVENT_READ, client)

    def _forward(self, source: socket.socket, sink: socket.socket) -> None:
        try:
            data = source.recv(65536)
            if data:
                sink.sendall(data)
                return
        except OSError:
            pass
        for each in (source, sink):
            with contextlib.suppress(KeyError, ValueError):
                self._selector.unregister(each)
            each.close()
