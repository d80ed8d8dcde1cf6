"""Starting and ending one server program: what `rabbitmq.Node` and `postgres.Cluster` have in common."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from native.errors import NotReady
from native.launch import end, is_alive

BASE_ENV = {
    "PATH": f"{Path(sys.executable).parent}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LANG": "C.UTF-8",
    # One heap for two threads is enough where one interpreter lock rules: it saves some 4 MB a process.
    "MALLOC_ARENA_MAX": "2",
    # A fixed threshold gives large blocks back at once; a growing one keeps a password hash's 19 MB for ever.
    "MALLOC_MMAP_THRESHOLD_": "131072",
}
"""What every process gets beside its own environment."""


@dataclass(frozen=True, slots=True)
class Process:
    """One process of the platform, as supervisord or a test starts it."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    """All of it: a process gets no variable that is not here or in BASE_ENV."""
    cwd: Path
    group: str = ""
    health: str = ""
    """URL that answers 200 when the process does its work."""
    stop_signal: str = "TERM"
    stop_seconds: int = 2
    """How long it may take to end before it is killed."""


def dies_with_parent(argv: Sequence[str], number: str = "TERM") -> list[str]:
    """The command, told by the kernel to end when the *thread* that started it ends, however that happens."""
    return ["/usr/bin/setpriv", "--pdeathsig", number, "--", *argv]


@dataclass(slots=True)
class Running:
    """A process started by a test or a command: it ends with this interpreter at the latest."""

    process: Process
    log: Path
    popen: subprocess.Popen[bytes] = field(init=False)

    def __post_init__(self) -> None:
        with self.log.open("ab") as log:
            self.popen = subprocess.Popen(
                dies_with_parent(self.process.argv, self.process.stop_signal),
                env={**BASE_ENV, **self.process.env},
                cwd=self.process.cwd,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self.popen.pid

    def stop(self, number: int) -> None:
        """Ask it to end by that signal, kill it when it takes longer than it may; returns when it is gone."""
        if self.popen.poll() is None:
            self.popen.send_signal(number)
            try:
                self.popen.wait(self.process.stop_seconds + 8)
            except subprocess.TimeoutExpired:
                self.popen.kill()
                self.popen.wait()

    def kill(self) -> None:
        """kill -9, children included; returns when they are gone."""
        children = descendants(self.pid)
        if self.popen.poll() is None:
            self.popen.kill()
        self.popen.wait()
        end([pid for pid in children if is_alive(pid)], grace=1)


def wait_until(ready: Callable[[], bool], *, running: Running, seconds: float, what: str) -> None:
    """Poll until `ready()`; NotReady with the end of the log when the process ends first or time is up."""
    deadline = time.monotonic() + seconds
    while not ready():
        if running.popen.poll() is not None:
            raise NotReady(f"{what} ended at its start.\n{tail(running.log)}")
        if time.monotonic() > deadline:
            raise NotReady(f"{what} was not ready within {seconds:.0f} s.\n{tail(running.log)}")
        time.sleep(0.05)


def tail(log: Path, lines: int = 15) -> str:
    """The last lines of a log, indented; what to show with a failure."""
    try:
        text = log.read_text(errors="replace")[-20_000:]
    except OSError:
        return f"  (no {log})"
    return "\n".join([f"  {log}:", *(f"  | {line}" for line in text.splitlines()[-lines:])])


def descendants(pid: int) -> list[int]:
    """Children, grandchildren … of a process."""
    found: list[int] = []
    queue = [pid]
    while queue:
        parent = queue.pop()
        try:
            children = [
                int(child)
                for task in Path(f"/proc/{parent}/task").iterdir()
                for child in (task / "children").read_text().split()
            ]
        except OSError:
            continue
        found += children
        queue += children
    return found


def private_folder(path: Path) -> Path:
    """The folder, made if need be, for its owner alone."""
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(0o700)
    return path
