"""The worker process of a service: relay, consumer and sweeps as threads, watched by the main one.

It runs until SIGTERM (then it ends the batch in hand and exits 0). A thread that dies or hangs ends the process with a
non-zero code: the supervisor starts it anew, which is simpler to trust than mending it in place.
"""

from __future__ import annotations

import importlib.util
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from chassis import failpoints, idempotency_keys, logs, metrics, revocations, spans
from chassis.db import Database
from chassis.messaging.consumer import Consumer
from chassis.messaging.inbox import PRUNING
from chassis.messaging.relay import Relay
from chassis.messaging.subscriptions import subscriptions_of
from chassis.pulse import Pulse
from chassis.sweeps import Sweep, run_sweeps
from chassis.worker_health import HealthServer

GRACE_SECONDS = 4.5
_WATCH_SECONDS = 0.25
_SWEEP_LIMIT_SECONDS = 600.0  # one sweep may well take longer than a poll

_log = logs.get(__name__)


@dataclass(frozen=True, slots=True)
class Part:
    """A thread of the worker and its sign of life."""

    thread: threading.Thread
    pulse: Pulse


def run_worker(service: str) -> None:
    """Run the worker of the service package `service` (`sales`); ends by SystemExit.

    By convention: `<service>.config.Config` is its settings, `<service>.consumers.SUBSCRIPTIONS` what it listens to (or a
    function of the settings that tells; the chassis adds its own), `<service>.sweeps.SWEEPS` what it does by the clock; either
    may be missing.
    """
    settings = importlib.import_module(f"{service}.config").Config.from_env()
    logs.configure(service, settings.log_level)
    failpoints.arm(settings.failpoints)
    spans.configure(service)
    metrics.describe(settings)
    subscriptions = subscriptions_of(service, settings)
    sweeps = [PRUNING, idempotency_keys.PRUNING, revocations.PRUNING, *_of_service(service, "sweeps", "SWEEPS", [])]
    stop = threading.Event()
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, lambda *_: stop.set())
    database = Database(settings.database_url, service=service, pool_size=4)
    failed = threading.Event()
    parts = _parts(database, settings, subscriptions, sweeps, stop, failed)
    health = HealthServer(settings.worker_bind, service, database, parts)
    for part in parts:
        part.thread.start()
    health.start()
    _log.info("worker_started", parts=[part.pulse.name for part in parts], listens_to=sorted(subscriptions))
    _watch(parts, stop, failed)
    health.stop()
    database.dispose()
    _log.info("worker_stopped", failed=failed.is_set())
    sys.exit(1 if failed.is_set() else 0)


def _parts(
    database: Database,
    settings: Any,
    subscriptions: Any,
    sweeps: list[Sweep],
    stop: threading.Event,
    failed: threading.Event,
) -> list[Part]:
    def part(name: str, limit: float, make: Callable[[Pulse], Callable[[], None]], *, ready: bool = True) -> Part:
        pulse = Pulse(name, limit, ready=ready)
        run = make(pulse)

        def body() -> None:
            try:
                run()
            except Exception:
                _log.exception("thread_died", thread=name)
            if not stop.is_set():
                failed.set()

        return Part(threading.Thread(target=body, name=name, daemon=True), pulse)

    url = settings.amqp_url
    parts = [part("relay", 60.0, lambda pulse: lambda: Relay(database, url, pulse).run(stop))]
    if subscriptions:

        def consumer(pulse: Pulse) -> Callable[[], None]:
            made = Consumer(database, url, subscriptions, retry_delay=settings.retry_delay, pulse=pulse)
            return lambda: made.run(stop)

        parts.append(part("consumer", 60.0, consumer, ready=False))
    parts.append(
        part(
            "sweeps",
            _SWEEP_LIMIT_SECONDS,
            lambda pulse: lambda: run_sweeps(sweeps, database, settings, stop, pulse),
        )
    )
    return parts


def _watch(parts: list[Part], stop: threading.Event, failed: threading.Event) -> None:
    while not stop.wait(_WATCH_SECONDS) and not failed.is_set():
        for part in parts:
            if part.pulse.stuck:
                # A thread that hangs can't be ended from here.
                _log.critical("thread_stuck", thread=part.pulse.name, silent_seconds=round(part.pulse.age))
                os._exit(1)
    stop.set()
    deadline = time.monotonic() + GRACE_SECONDS
    for part in parts:
        part.thread.join(max(0.0, deadline - time.monotonic()))
        if part.thread.is_alive():
            # What it holds is unacknowledged and uncommitted: it comes again.
            _log.warning("thread_abandoned", thread=part.pulse.name)


def _of_service(service: str, module: str, name: str, default: Any) -> Any:
    wanted = f"{service}.{module}"
    if importlib.util.find_spec(wanted) is None:
        return default
    return getattr(importlib.import_module(wanted), name)
