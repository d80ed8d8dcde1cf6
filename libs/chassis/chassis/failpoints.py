"""Places where a test can make the process die as kill -9 would, to prove that no step between two commits loses or doubles.

`MOSTRADOR_FAILPOINTS="relay.published=3,consumer.committed=0.1"`: an integer n dies at the n-th pass, a fraction dies
with that probability at each pass. Nothing is armed by default, and a pass then costs one test of an empty dict.
"""

from __future__ import annotations

import os
import random

from chassis import logs

_armed: dict[str, int | float] = {}
_passes: dict[str, int] = {}
_log = logs.get(__name__)


def arm(spec: str) -> None:
    """Arm the failpoints of `spec` in this process and disarm all others; ValueError when it can't be read."""
    wanted: dict[str, int | float] = {}
    for entry in filter(None, (part.strip() for part in spec.split(","))):
        name, _, when = entry.partition("=")
        try:
            wanted[name] = float(when) if "." in when else int(when or "1")
        except ValueError:
            raise ValueError(f"failpoint {entry!r}: write name=n (n-th pass) or name=0.1 (probability)") from None
    _armed.clear()
    _passes.clear()
    _armed.update(wanted)
    if wanted:
        _log.warning("failpoints_armed", failpoints=wanted)


def failpoint(name: str) -> None:
    """Die here, at once and without any clean-up, if this failpoint is armed and its turn has come."""
    if not _armed or name not in _armed:
        return
    when = _armed[name]
    _passes[name] = _passes.get(name, 0) + 1
    if random.random() < when if isinstance(when, float) else _passes[name] == when:  # noqa: S311 - no secret
        os._exit(137)
