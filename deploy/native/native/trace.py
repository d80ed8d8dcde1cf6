"""`trace`: one request's way through the logs of all processes, in the order of time: gateway, webs, handlers of events."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from native.errors import PlatformError
from native.settings import Settings

_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_KNOWN = {
    "service",
    "level",
    "event",
    "timestamp",
    "request_id",
    "trace_id",
    "account_id",
    "user_id",
    "caller",
    "logger",
}


@dataclass(frozen=True, slots=True, order=True)
class Step:
    """One line of the logs. `took` is how long it was worked on, or, of an event, how long after it was told."""

    began: datetime
    process: str
    what: str
    status: str
    took: str
    who: str


def trace(settings: Settings, id_: str) -> int:
    """Print the steps of a request id (the answer's `X-Request-Id`) or trace id; 1 when the logs know nothing of it."""
    if not _ID.fullmatch(id_):
        wrong = f"{id_!r} is no request's id. " if id_ else ""
        raise PlatformError(f"{wrong}Say which request: `make trace ID=<the answer's X-Request-Id>`.")
    steps = sorted(_steps(settings.logs, id_))
    if not steps:
        print(f"No log in {settings.logs} knows {id_}. The gateway writes its line up to a second after its answer.")
        return 1
    row = "{:<13}{:>9}  {:<18}{:<48}{:<8}{:>10}  {}".format
    print(row("time (UTC)", "+ms", "process", "what", "status", "took", "who"))
    for step in steps:
        since = (step.began - steps[0].began).total_seconds() * 1000
        began = f"{step.began:%H:%M:%S}.{step.began.microsecond // 1000:03}"
        print(row(began, f"{since:.0f}", step.process, step.what, step.status, step.took, step.who).rstrip())
    return 0


def _steps(logs: Path, id_: str) -> Iterator[Step]:
    mark = f'"{id_}"'.encode()
    for path in logs.glob("*.log*"):
        content = path.read_bytes()
        at = content.find(mark)
        while at >= 0:
            start, end = content.rfind(b"\n", 0, at) + 1, content.find(b"\n", at)
            end = len(content) if end < 0 else end
            try:
                line = json.loads(content[start:end])
            except ValueError:
                line = None
            if isinstance(line, dict) and id_ in (line.get("request_id"), line.get("trace_id")):
                yield _step(path.name.partition(".")[0], line)
            at = content.find(mark, end)


def _step(process: str, line: dict[str, Any]) -> Step:
    if line.get("service") == "gateway":
        ended = datetime.fromtimestamp(float(line["finished"]), UTC)
        seconds = float(line["seconds"])
        what = f"{line['method']} {line['path']}"
        return Step(
            ended - timedelta(seconds=seconds), process, what, str(line["status"]), _ms(seconds * 1000), line["client"]
        )
    written = datetime.fromisoformat(line["timestamp"])
    who = ", ".join(
        f"{name.removesuffix('_id')} {line[name]}" for name in ("account_id", "user_id", "caller") if name in line
    )
    if line["event"] == "request_answered":
        began = written - timedelta(milliseconds=line["ms"])
        return Step(began, process, f"{line['method']} {line['route']}", str(line["status"]), _ms(line["ms"]), who)
    if line["event"] == "event_handled":
        return Step(written, process, f"handled {line['type']}", "", f"{_ms(line['lag_ms'])} after", who)
    rest = " ".join(f"{name}={str(value)[:80]!r}" for name, value in line.items() if name not in _KNOWN)
    return Step(written, process, f"{line['event']} {rest}".strip(), line["level"], "", who)


def _ms(milliseconds: float) -> str:
    return f"{milliseconds:.0f} ms"
