"""What the black-box tests read of the platform's processes."""

from __future__ import annotations

import re
from pathlib import Path

from native.platform import Platform


def children(pid: int) -> list[int]:
    """The pids that a process has forked."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def python_memory(platform: Platform) -> int:
    """Proportional memory of all Python processes together, kB."""
    total = 0
    for state in platform.states().values():
        for pid in [state.pid, *children(state.pid)]:
            if "python" in Path(f"/proc/{pid}/exe").resolve().name:
                rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
                total += int(re.search(r"^Pss:\s+(\d+) kB", rollup, re.MULTILINE).group(1))  # type: ignore[union-attr]
    return total
