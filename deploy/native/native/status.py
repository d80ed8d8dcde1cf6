"""`status`: one line a process, with what it does to the machine."""

from __future__ import annotations

import time
from pathlib import Path

from native import homes
from native.health import answers_ok
from native.plan import make_plan
from native.servers import descendants
from native.settings import Settings
from native.supervision import Supervisor


def pss_kib(pid: int, *, children: bool = True) -> int:
    """Memory of a process (and its children) in KiB, shared pages divided among those that share them; 0 when not readable."""
    total = 0
    for member in (pid, *(descendants(pid) if children else ())):
        try:
            lines = Path(f"/proc/{member}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total


def status(settings: Settings) -> int:
    """Print the table; 0 when every process runs and is healthy, 1 otherwise. NotRunning when there is no platform."""
    homes.require_database(settings)
    supervisor = Supervisor(settings)
    states = supervisor.states()  # before anything is planned, which makes secrets and a cluster
    health = {process.name: process.health for process in make_plan(settings).processes}
    row = "{:<18}{:<10}{:<10}{:>8}{:>10}{:>10}".format
    print(row("process", "state", "health", "pid", "up", "memory"))
    fine, total = True, 0
    for state in states:
        url = health.get(state.name, "")
        word = "" if not url else "ok" if answers_ok(url) else "failing"
        fine &= state.state == "RUNNING" and word != "failing"
        memory = pss_kib(state.pid) if state.pid else 0
        total += memory
        uptime = _duration(time.time() - state.started) if state.pid else ""
        print(row(state.name, state.state.lower(), word, state.pid or "", uptime, f"{memory / 1024:.0f} MiB"))
    for name, pid in (("supervisord", supervisor.pid()), ("up", homes.holder(settings))):
        memory = pss_kib(pid, children=False)
        total += memory
        print(row(name, "running", "", pid, "", f"{memory / 1024:.0f} MiB"))
    print(row("", "", "", "", "", f"{total / 1024:.0f} MiB"))
    return 0 if fine else 1


def _duration(seconds: float) -> str:
    minutes, seconds = divmod(max(0, round(seconds)), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}"
