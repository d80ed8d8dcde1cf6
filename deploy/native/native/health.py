"""Whether the processes do their work: asked over HTTP, until they all do."""

from __future__ import annotations

import http.client
import time
from collections.abc import Callable, Sequence
from urllib.parse import urlsplit

from native.errors import NotReady
from native.servers import Process, tail
from native.settings import Settings
from native.supervision import Supervisor


def answers_ok(url: str, timeout: float = 2.0) -> bool:
    """Whether a GET is answered with 200."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(str(parts.hostname), parts.port or 80, timeout=timeout)
    try:
        connection.request("GET", parts.path or "/", headers={"Connection": "close"})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def wait_until_ready(
    settings: Settings,
    processes: Sequence[Process],
    supervisor: Supervisor,
    *,
    seconds: float,
    progress: Callable[[str], None],
) -> None:
    """Ask every process that has a health URL until each has said yes once; `progress` hears their names.

    NotReady, with the end of the log, for a process that keeps ending or is not ready in time.
    """
    waiting = {process.name: process.health for process in processes if process.health}
    deadline = time.monotonic() + seconds
    while True:
        for name, url in list(waiting.items()):
            if answers_ok(url):
                del waiting[name]
                progress(name)
        failed = [state.name for state in supervisor.states() if state.state == "FATAL"]
        if failed:
            raise NotReady(f"{failed[0]} ends as soon as it is started.\n{tail(settings.logs / f'{failed[0]}.log')}")
        if not waiting:
            return
        if time.monotonic() > deadline:
            name = next(iter(waiting))
            raise NotReady(
                f"Not ready within {seconds:.0f} s: {', '.join(waiting)}.\n{tail(settings.logs / f'{name}.log')}"
            )
        time.sleep(0.1)
