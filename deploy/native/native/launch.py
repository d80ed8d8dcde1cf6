"""Becomes one process of the platform: supervisord runs `python -IS launch.py SPEC`, which ends what a killed predecessor
left behind (nginx's workers hold its port, PostgreSQL's its memory), opens the log and execs the command.

Standard library only and no package imports: it runs without site-packages, in some 20 ms.
"""

# Every start of a process pays for these imports, so there is no pathlib and no contextlib among them.
# ruff: noqa: PTH123, PTH208, SIM105

import json
import os
import signal
import sys
import time
from collections.abc import Iterator

KEEP_OPEN = 9


def processes_of(home: str, name: str = "") -> Iterator[int]:
    """Pids of the processes that were launched for this home (and under this name); not this one.

    MOSTRADOR_HOME alone is no mark: a person may have exported it in the shell that their editor runs in.
    """
    home_mark, process_mark = b"MOSTRADOR_HOME=" + os.fsencode(home), b"MOSTRADOR_PROCESS=" + name.encode()
    for entry in os.listdir("/proc"):
        if not entry.isdigit() or int(entry) == os.getpid():
            continue
        try:
            with open(f"/proc/{entry}/environ", "rb") as file:
                environ = file.read().split(b"\0")
        except OSError:
            continue
        if home_mark in environ and any(
            mark == process_mark if name else mark.startswith(process_mark) for mark in environ
        ):
            yield int(entry)


def is_alive(pid: int) -> bool:
    """Whether a process runs; a zombie does not."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] not in ("Z", "X")
    except (OSError, IndexError):
        return False


def end(pids: list[int], *, grace: float) -> None:
    """TERM, `grace` seconds, then KILL; returns when they are gone."""
    for number, patience in ((signal.SIGTERM, grace), (signal.SIGKILL, 5.0)):
        deadline = time.monotonic() + patience
        for pid in pids:
            try:
                os.kill(pid, number)
            except ProcessLookupError:
                pass
        while any(map(is_alive, pids)) and time.monotonic() < deadline:
            time.sleep(0.02)
        pids = [pid for pid in pids if is_alive(pid)]


def main(path: str) -> None:
    """Exec the command of a spec file: `argv`, `env`, `cwd`, `log`."""
    with open(path) as file:
        spec = json.load(file)
    end(list(processes_of(spec["env"]["MOSTRADOR_HOME"], spec["env"]["MOSTRADOR_PROCESS"])), grace=0)
    # supervisord wakes up when this pipe closes, that is when the process and its children are gone; it reaps at once
    # instead of at its next tick. The log itself does not pass through it: that would cost it CPU for every request.
    os.dup2(1, KEEP_OPEN, inheritable=True)
    log = os.open(spec["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(log, 1)
    os.dup2(log, 2)
    os.close(log)
    try:
        os.chdir(spec["cwd"])
        os.execve(spec["argv"][0], spec["argv"], spec["env"])
    except OSError as error:
        sys.exit(f"{spec['argv'][0]} can't be started in {spec['cwd']}: {error.strerror}")


if __name__ == "__main__":
    main(sys.argv[1])
