"""A platform's home: one `up` at a time, and nothing left of a run that was killed."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from native.errors import AlreadyRunning, PlatformError
from native.launch import end, processes_of
from native.settings import Settings

LEAST_FREE = 200_000_000
"""Bytes; RabbitMQ blocks publishers below 64 MB."""


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


def require_database(settings: Settings) -> None:
    """PlatformError when the home holds a shop on the other kind of database, and none on this one."""
    other = "sqlite" if settings.database == "postgresql" else "postgresql"
    here, there = (settings.home / f"migrated.{kind}.json" for kind in (settings.database, other))
    if there.exists() and not here.exists():
        raise PlatformError(
            f"The shop in {settings.home} is on {other}, and its data can't be moved: start it with "
            f"MOSTRADOR_DATABASE={other}, or set MOSTRADOR_HOME to a new folder for an empty shop on {settings.database}."
        )


def require_room(settings: Settings) -> None:
    """PlatformError when the disk of the home is all but full: the broker would stop taking events, and nobody would say so."""
    free = shutil.disk_usage(settings.home).free
    if free < LEAST_FREE:
        raise PlatformError(
            f"The disk of {settings.home} has {free // 10**6} MB free, and Mostrador needs {LEAST_FREE // 10**6} MB: "
            "free some, or set MOSTRADOR_HOME to a folder on another disk."
        )


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
