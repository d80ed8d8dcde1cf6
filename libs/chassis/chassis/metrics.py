"""What every process of a service measures, and the text in which Prometheus reads it.

Labels have few values by construction: route templates and never paths, callees, names of sweeps. Hot paths keep the
labelled children; `labels()` takes a lock and builds strings.
"""

from __future__ import annotations

import os
from functools import lru_cache

import prometheus_client
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, multiprocess

import chassis
from chassis.db import Database
from chassis.schema_version import head_revision
from chassis.settings import Settings

CONTENT_TYPE = prometheus_client.CONTENT_TYPE_LATEST
_DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"  # set by gunicorn_conf.py where a service has several web processes

prometheus_client.disable_created_metrics()  # type: ignore[no-untyped-call]

REQUESTS = Histogram(
    "http_request_duration_seconds", "Time to answer, by route.", ["method", "route", "status"],
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)  # fmt: skip
INTERNAL_CALLS = Histogram(
    "mostrador_internal_call_seconds", "Calls to another service; outcome is answered, failed, or refused by an open circuit",
    ["callee", "outcome"], buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2),
)  # fmt: skip
CIRCUIT_OPEN = Gauge(
    "mostrador_circuit_open", "1 while calls to a service are refused at once", ["callee"], multiprocess_mode="livemax"
)
DATABASE_TROUBLE = Counter(
    "mostrador_database_unavailable", "Requests answered 503 for the database's sake", ["reason"]
)
POOL_IN_USE = Gauge("mostrador_db_pool_in_use", "Database connections in use", multiprocess_mode="liveall")
POOL_SIZE = Gauge("mostrador_db_pool_size", "Database connections there can be", multiprocess_mode="liveall")
SWEEPS_RUN = Counter("mostrador_sweep_runs", "Runs of a sweep; outcome is done or failed", ["sweep", "outcome"])
SWEEPS_FOUND = Counter("mostrador_sweep_found", "What a sweep found to do", ["sweep"])
SWEEP_SECONDS = Gauge("mostrador_sweep_seconds", "How long a sweep's last run took", ["sweep"])
BUILD = Gauge(
    "mostrador_build_info", "1; its labels say what runs here", ["commit", "chassis", "schema"],
    multiprocess_mode="max",
)  # fmt: skip


def describe(settings: Settings) -> None:
    """Say what this process runs."""
    BUILD.labels(settings.commit, chassis.__version__, head_revision(settings.service)).set(1)


@lru_cache(maxsize=64)
def calls_to(callee: str, outcome: str) -> Histogram:
    """The timer of one callee's calls with one outcome."""
    return INTERNAL_CALLS.labels(callee, outcome)


def exposition(database: Database) -> bytes:
    """All that this service's process (or processes) has measured. Pool use is this process's at this moment."""
    pool = database.engine.pool
    POOL_IN_USE.set(pool.checkedout())  # type: ignore[attr-defined]  # ours are queue pools
    POOL_SIZE.set(pool.size())  # type: ignore[attr-defined]
    if _DIRECTORY not in os.environ:
        return prometheus_client.generate_latest()
    together = CollectorRegistry()
    multiprocess.MultiProcessCollector(together)  # type: ignore[no-untyped-call]
    return prometheus_client.generate_latest(together)
