"""`logs`: the processes' JSON lines as a person reads them, as they come."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from native.servers import dies_with_parent

_SHOWN_ELSEWHERE = {"service", "level", "event", "timestamp", "logger", "trace_id"}
_GATEWAY = ("status", "method", "path", "client", "request_id")


def follow(files: Iterable[Path]) -> int:
    """Print the end of each log and then every new line, until Ctrl-C; 0."""
    command = dies_with_parent(["tail", "-v", "-n", "40", "-F", *map(str, files)])
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, errors="replace"
    ) as tail:
        assert tail.stdout
        try:
            for line in readable(tail.stdout):
                print(line, flush=True)
        except KeyboardInterrupt:
            pass
        finally:
            tail.terminate()
    return 0


def readable(lines: Iterable[str]) -> Iterator[str]:
    """Lines of `tail -F` (whose headers name the file) as `time level process event key=value …`."""
    process = ""
    for line in map(str.rstrip, lines):
        if line.startswith("==> ") and line.endswith(" <=="):
            process = Path(line[4:-4]).stem
        elif line:
            yield _line(process, line)


def _line(process: str, line: str) -> str:
    try:
        told = json.loads(line)
    except ValueError:
        told = None
    if not isinstance(told, dict):
        return f"{'':8} {'':7} {process:16} {line}"
    if told.get("service") == "gateway":
        return f"{'':8} {'info':7} {process:16} " + " ".join(f"{told.get(name, '')}" for name in _GATEWAY)
    time, level = str(told.get("timestamp", ""))[11:19], str(told.get("level", ""))
    rest = " ".join(f"{name}={_value(value)}" for name, value in told.items() if name not in _SHOWN_ELSEWHERE)
    return f"{time:8} {level:7} {process:16} {told.get('event', '')} {rest}".rstrip()


def _value(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if "\n" not in text else "\n  " + text.strip().replace("\n", "\n  ")  # a traceback
