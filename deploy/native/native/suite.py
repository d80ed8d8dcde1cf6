"""`test` and `check`: lint, types, and every test folder in a pytest run of its own (they have equal test file names)."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from native.errors import PlatformError
from native.ports import SERVICES
from native.postgres import Cluster
from native.rabbitmq import Node
from native.servers import dies_with_parent
from native.settings import ROOT

SERVICE_FOLDERS = tuple(f"services/{service}" for service in SERVICES)
TESTED = ("libs/chassis", *SERVICE_FOLDERS, "gateway", "deploy/native", "demo", "tests")
"""Every folder with tests; the last is the black box, through the gateway."""

TYPED = (
    "libs/chassis/chassis",
    *(f"services/{name}/{name}" for name in SERVICES),
    "gateway",
    "deploy/native/native",
    "demo/demo",
)


@dataclass(frozen=True, slots=True)
class Step:
    """One command of a run."""

    name: str
    argv: Sequence[str]


def run_tests(folders: Sequence[str] = ()) -> int:
    """Everything that proves the product, or the tests of some folders, with one PostgreSQL cluster and one RabbitMQ node
    for the whole run; 0 when all passes.
    """
    unknown = [folder for folder in folders if folder not in TESTED]
    if unknown:
        raise PlatformError(f"{unknown[0]} has no tests of its own; these have: {', '.join(TESTED)}.")
    steps = [] if folders else _static()
    steps += [Step(folder, [*_PYTEST, folder]) for folder in folders or TESTED]
    with tempfile.TemporaryDirectory(prefix="mostrador-test-") as folder:
        cluster, node = Cluster(Path(folder, "postgresql"), fast=True), Node(Path(folder, "rabbitmq"))
        try:
            node.start(wait=False)
            cluster.start()
            servers = {"MOSTRADOR_TEST_POSTGRESQL_URL": cluster.url, "MOSTRADOR_TEST_AMQP_URL": node.url}
            return _run(steps, servers, before_tests=node.wait_ready)
        finally:
            node.stop()
            cluster.stop()


def run_checks() -> int:
    """The inner loop: lint, types, and the chassis' and services' tests on SQLite alone; 0 when all passes."""
    tests = [
        Step(folder, [*_PYTEST, folder, "-q", "-k", "not postgresql"]) for folder in ("libs/chassis", *SERVICE_FOLDERS)
    ]
    return _run([*_static(), *tests], {})


def run_format() -> int:
    """Let ruff mend and form all Python code; 0 when nothing is left to say."""
    ruff = [sys.executable, "-m", "ruff"]
    return _run([Step("lint", [*ruff, "check", "--fix", "."]), Step("format", [*ruff, "format", "."])], {})


_PYTEST = (sys.executable, "-m", "pytest")


def _static() -> list[Step]:
    return [
        Step("ruff", [sys.executable, "-m", "ruff", "check", "."]),
        Step("mypy", [sys.executable, "-m", "mypy", "--exclude", "(^|/)tests/", *TYPED]),
    ]


def _run(steps: Sequence[Step], servers: Mapping[str, str], before_tests: Callable[[], None] = lambda: None) -> int:
    env = {**os.environ, **servers}
    results: list[tuple[str, bool, float]] = []
    for step in steps:
        print(f"\n── {step.name} " + "─" * (100 - len(step.name)), flush=True)
        if "pytest" in step.argv:
            before_tests()
        began = time.monotonic()
        passed = subprocess.run(dies_with_parent(step.argv), cwd=ROOT, env=env).returncode == 0
        results.append((step.name, passed, time.monotonic() - began))
    print("\n── summary " + "─" * 93)
    for name, passed, seconds in results:
        print(f"  {'passed' if passed else 'FAILED':<8}{name:<24}{seconds:7.1f} s")
    failed = [name for name, passed, _ in results if not passed]
    print(
        f"\n{len(failed)} of {len(results)} failed: {', '.join(failed)}" if failed else f"\nAll {len(results)} passed."
    )
    return 1 if failed else 0
