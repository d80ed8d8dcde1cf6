"""What a worker does by the clock: a service lists its sweeps in `sweeps.py`, one thread runs them when they are due.

Every worker of a service runs them, so a sweep must bear being run twice at once (conditional updates, small steps).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from chassis import logs, metrics, tracing
from chassis.db import Database
from chassis.outages import database_away
from chassis.pulse import Pulse

_log = logs.get(__name__)

AFTER_OUTAGE_SECONDS = 2.0
"""How soon a sweep that the database's absence interrupted runs again, however seldom its turns are."""


@dataclass(frozen=True, slots=True)
class Sweep:
    """`run(database, settings)` every `every_seconds`; the first time one interval after the worker's start.

    It may return how much it found to do: a number for the metrics.
    """

    name: str
    every_seconds: float
    run: Callable[[Database, Any], int | None]


def run_sweeps(sweeps: Sequence[Sweep], database: Database, settings: Any, stop: threading.Event, pulse: Pulse) -> None:
    """Run each sweep when it is due until `stop` is set. One that fails is logged and runs again at its next turn,
    or soon, if the database was unavailable."""
    due = {sweep.name: time.monotonic() + sweep.every_seconds for sweep in sweeps}
    while not stop.is_set():
        pulse.beat("waiting")
        for sweep in sweeps:
            if stop.is_set() or time.monotonic() < due[sweep.name]:
                continue
            pulse.beat(f"running {sweep.name}")
            pause = min(sweep.every_seconds, _run(sweep, database, settings))
            due[sweep.name] = time.monotonic() + pause
        stop.wait(max(0.05, min(1.0, min(due.values()) - time.monotonic())))


def _run(sweep: Sweep, database: Database, settings: Any) -> float:
    """Run the sweep once; the longest pause until its next turn, in seconds."""
    pause = sweep.every_seconds
    with tracing.tracing(tracing.begin()) as trace:
        try:
            found, outcome = sweep.run(database, settings), "done"
        except Exception as error:
            found, outcome = None, "failed"
            if database_away(error):
                _log.warning("sweep_interrupted", sweep=sweep.name, why="database away", error=str(error))
                pause = AFTER_OUTAGE_SECONDS
            else:
                _log.exception("sweep_failed", sweep=sweep.name)
    metrics.SWEEPS_RUN.labels(sweep.name, outcome).inc()
    metrics.SWEEPS_FOUND.labels(sweep.name).inc(found or 0)
    metrics.SWEEP_SECONDS.labels(sweep.name).set(time.perf_counter() - trace.began)
    return pause
