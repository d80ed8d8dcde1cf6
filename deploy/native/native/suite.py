"""`test` and `check`: lint, types, and every test folder in a pytest run of its own (they have equal test file names)."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from native.errors import PlatformError
from native.ports import SERVICES, TEST_PORTS
from native.postgres import Cluster
from native.rabbitmq import Node
from native.servers import dies_with_parent
from native.settings import ROOT

SERVICE_FOLDERS = tuple(f"services/{service}" for service in SERVICES)
TESTED = ("libs/chassis", *SERVICE_FOLDERS, "gateway", "deploy/native", "deploy/tests", "demo", "tests")
"""Every folder with tests; the last is the black box, through the gateway."""

LONGEST_FIRST = (
    "tests (postgresql)", "tests (sqlite)", "services/catalog", "deploy/native", "services/auth", "libs/chassis", "gateway",
    "services/sales", "services/customers", "services/analytics", "mypy", "demo", "deploy/tests", "ruff", "form",
)  # fmt: skip
"""The order of a whole run, so that all lanes are done at about the same time. The black box is two steps, one a database.
What is not named comes last.
"""

LANES = ("11000-17999", "18000-24999", "25000-31999")
"""Steps run side by side, each lane with a range of ports of its own. Three for two cores: much of the time is waited for
servers that start, and for delays.
"""

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


@dataclass(frozen=True, slots=True)
class Result:
    """How a step went; `tests` and `failures` count what pytest ran in it."""

    name: str
    passed: bool
    seconds: float
    tests: int = 0
    failures: int = 0


def run_tests(folders: Sequence[str] = ()) -> int:
    """Everything that proves the product, or the tests of some folders, with one PostgreSQL cluster and one RabbitMQ node
    for the whole run; 0 when all passes.
    """
    unknown = [folder for folder in folders if folder not in TESTED]
    if unknown:
        raise PlatformError(f"{unknown[0]} has no tests of its own; these have: {', '.join(TESTED)}.")
    steps = [Step(folder, [*_PYTEST, folder]) for folder in folders] or _everything()
    with tempfile.TemporaryDirectory(prefix="mostrador-test-") as folder:
        cluster, node = Cluster(Path(folder, "postgresql"), fast=True), Node(Path(folder, "rabbitmq"))
        try:
            node.start(wait=False)
            cluster.start()
            servers = {"MOSTRADOR_TEST_POSTGRESQL_URL": cluster.url, "MOSTRADOR_TEST_AMQP_URL": node.url}
            node.wait_ready()
            return _run(steps, servers, LANES[:1] if folders else LANES)
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


def _everything() -> list[Step]:
    black_box = [
        Step("tests (postgresql)", [*_PYTEST, "tests", "-k", "postgresql"]),
        Step("tests (sqlite)", [*_PYTEST, "tests", "-k", "not postgresql"]),
    ]
    others = [Step(folder, [*_PYTEST, folder]) for folder in TESTED if folder != "tests"]
    steps = {step.name: step for step in (*black_box, *others, *_static())}
    return [*(steps.pop(name) for name in LONGEST_FIRST), *steps.values()]


def _static() -> list[Step]:
    return [
        Step("ruff", [sys.executable, "-m", "ruff", "check", "."]),
        Step("form", [sys.executable, "-m", "ruff", "format", "--check", "."]),
        Step("mypy", [sys.executable, "-m", "mypy", "--exclude", "(^|/)tests/", *TYPED]),
    ]


def _run(steps: Sequence[Step], servers: Mapping[str, str], lanes: Sequence[str] = LANES[:1]) -> int:
    """Run the steps in their order, in as many lanes as there are ranges of ports (`low-high`); 0 when all pass.

    A line tells when a step starts and when it ends. What it prints is shown as it comes when there is one lane, else in
    one piece when the step is over.
    """
    waiting, results, printing = deque(steps), list[Result](), threading.Lock()

    def run_lane(ports: str) -> None:
        env = {**os.environ, **servers, TEST_PORTS: ports}
        for step in iter(next_waiting, None):
            with printing:
                print(f"started  {step.name}", flush=True)
            result, output = _run_step(step, env, live=len(lanes) == 1)
            with printing:
                results.append(result)
                if output:
                    print(f"\n── {step.name} {'─' * (100 - len(step.name))}\n{output}")
                print(_told(result), f"({len(results)} of {len(steps)} groups, {_passed(results)} tests)", flush=True)

    def next_waiting() -> Step | None:
        try:
            return waiting.popleft()
        except IndexError:
            return None

    with ThreadPoolExecutor(len(lanes)) as pool:
        list(pool.map(run_lane, lanes))
    print("\n── summary " + "─" * 93)
    for result in results:
        print(f"  {_told(result)}")
    failed = [result.name for result in results if not result.passed]
    print(
        f"\n{len(failed)} of {len(results)} failed: {', '.join(failed)}" if failed else f"\nAll {len(results)} passed."
    )
    # A group that failed without a failed test (lint, types, a crash) must not look like none.
    failures = sum(max(result.failures, not result.passed) for result in results)
    print(f"{_passed(results)} passed, {failures} failed")
    return 1 if failed else 0


def _passed(results: Sequence[Result]) -> int:
    return sum(result.tests for result in results)


def _told(result: Result) -> str:
    tests = f"{result.tests:>6} tests" if result.tests else " " * 12
    return f"{'passed' if result.passed else 'FAILED':<8} {result.name:<24}{tests}{result.seconds:8.1f} s"


def _run_step(step: Step, env: Mapping[str, str], *, live: bool) -> tuple[Result, str]:
    """How it went, and what it printed (nothing when that was shown as it came)."""
    began = time.monotonic()
    output = list[str]()
    is_pytest = tuple(step.argv[:3]) == _PYTEST
    colors = ["--color=yes"] if live and is_pytest and sys.stdout.isatty() else []
    with subprocess.Popen(
        dies_with_parent([*step.argv, *colors]), cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        assert process.stdout
        # As it comes, not by lines: the dots of a group are seen while they appear.
        while piece := os.read(process.stdout.fileno(), 65536).decode(errors="replace"):
            output.append(piece)
            if live:
                print(piece, end="", flush=True)
    text = "".join(output)
    tests, failures = counted(text) if is_pytest else (0, 0)
    result = Result(step.name, process.returncode == 0, time.monotonic() - began, tests, failures)
    return result, "" if live else text


def counted(output: str) -> tuple[int, int]:
    """Passed and failed tests by pytest's closing line; an error of a fixture is a failure."""
    closing = next((line for line in reversed(output.splitlines()) if _CLOSING.search(line)), "")
    found = {what.rstrip("s"): int(count) for count, what in _COUNT.findall(closing)}
    return found.get("passed", 0), found.get("failed", 0) + found.get("error", 0)


_COUNT = re.compile(r"(\d+) (passed|failed|errors?)\b")
_CLOSING = re.compile(r"\d+ (passed|failed|skipped|deselected|errors?)\b.* in [\d.]+s")
