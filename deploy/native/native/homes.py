"""A platform's home: one `up` at a time, and nothing left of a run that was killed."""

from __future__ import annotations

import fcntl
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from native.errors import AlreadyRunning, PlatformError
from native.launch import end, processes_of
from native.settings import Settings


@contextmanager
def held(settings: Settings) -> Iterator[None]:
    """Make the home if need be and hold it; AlreadyRunning when another `up` does. What a killed run left is ended."""
    if not settings.home.exists():
        settings.home.mkdir(parents=True, mode=0o700)
    if not os.access(settings.home, os.W_OK | os.X_OK):
        raise PlatformError(f"This user may not write to {settings.home}: set MOSTRADOR_HOME to another folder.")
    with _lock_file(settings).open("a+") as file:
        if not _locked(file):
            raise AlreadyRunning(
                f"Mostrador already runs in {settings.home} (pid {holder(settings)}): `make down` stops it."
            )
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        end_leftovers(settings)
        yield


def end_leftovers(settings: Settings) -> list[int]:
    """End the processes of a run whose supervisor is gone, and remove its socket; their pids."""
    pids = list(processes_of(str(settings.home)))
    end(pids, grace=3)
    for name in ("supervisord.pid", "supervisor.sock"):
        (settings.home / name).unlink(missing_ok=True)
    settings.control_socket.unlink(missing_ok=True)
    return pids


def holder(settings: Settings) -> int:
    """The pid of the `up` that holds the home; 0 when none does."""
    try:
        with _lock_file(settings).open("r") as file:
            return 0 if _locked(file) else int(file.read() or 0)
    except FileNotFoundError:
        return 0


def stop(settings: Settings, seconds: float = 20) -> bool:
    """End the platform of a home from outside; whether one ran."""
    pid = holder(settings)
    if pid:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + seconds
        while holder(settings):
            if time.monotonic() > deadline:
                raise PlatformError(f"Mostrador (pid {pid}) did not stop within {seconds:.0f} s.")
            time.sleep(0.05)
    return bool(pid or (settings.home.exists() and end_leftovers(settings)))


def _lock_file(settings: Settings) -> Path:
    return settings.home / "up.lock"


def _locked(file: TextIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
