"""`up`: from nothing to a platform that answers, then keep it until Ctrl-C or SIGTERM, then end all of it."""

from __future__ import annotations

import json
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from types import FrameType
from typing import NoReturn
from urllib.parse import urlsplit

from native import homes, rabbitmq
from native.demodata import cashiers, load_demo_once
from native.errors import NotReady, PlatformError
from native.health import wait_until_ready
from native.launch import end, processes_of
from native.migrations import migrate
from native.plan import Plan, check_settings, make_plan, needed_ports
from native.ports import require_free
from native.secrets import Secrets
from native.servers import tail
from native.settings import Settings
from native.supervision import Supervisor, start_supervisord, write_configuration

READY_SECONDS = 90.0
STOP_SECONDS = 9.0
LOG_BYTES = 20_000_000
_ENGINES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}


class _Stopped(Exception):
    """Somebody wants the platform to end."""


def up(settings: Settings) -> int:
    """Run the platform in the foreground; 0 when it was asked to end, PlatformError when it could not start."""
    began = time.monotonic()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    try:
        with homes.held(settings):
            homes.require_database(settings)
            homes.require_room(settings)
            require_free(needed_ports(settings))
            _say("home", f"{settings.home} ({_ENGINES[settings.database]})")
            for name in Secrets(settings.home).ignored(settings):
                _say("warning", f"{name} is ignored: it counts at the first start only (docs/guides/passwords.md).")
            plan = make_plan(settings)
            check_settings(plan)
            supervisord = start_supervisord(settings, write_configuration(settings, plan.processes))
            try:
                _bring_up(plan, supervisord)
                _say_ready(plan, time.monotonic() - began)
                return _keep(settings, supervisord)
            finally:
                _end(settings, supervisord)
    except _Stopped:
        return 0


def _stop(_number: int, _frame: FrameType | None) -> NoReturn:
    raise _Stopped


def _bring_up(plan: Plan, supervisord: subprocess.Popen[bytes]) -> None:
    settings, supervisor = plan.settings, Supervisor(plan.settings)

    def wait(ready: Callable[[], bool], name: str, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not ready():
            if supervisord.poll() is not None or time.monotonic() > deadline:
                raise NotReady(f"{name} does not start.\n{tail(settings.logs / f'{name}.log')}")
            time.sleep(0.05)

    wait(supervisor.answers, "supervisord", 20)
    # The broker takes longest, so it comes first and everything else happens meanwhile.
    if plan.node:
        supervisor.start_group("broker")
    if plan.cluster:
        supervisor.start_group("database")
        wait(plan.cluster.answers, "postgresql", 60)
        plan.cluster.ensure_databases(plan.role_passwords)
    began = time.monotonic()
    migrated = migrate(settings, plan.environments)
    _say(
        "databases", f"migrated: {', '.join(migrated)} ({time.monotonic() - began:.1f} s)" if migrated else "up to date"
    )
    for group in ("workers", "webs"):
        supervisor.start_group(group)
    print(f"  {'ready':<11}", end="", flush=True)
    try:
        if plan.node:
            node = plan.node
            wait(lambda: rabbitmq.answers(node.port), "rabbitmq", READY_SECONDS)
            _name_ready("rabbitmq")
        else:
            _require_broker(settings.amqp_url)
        # Nobody gets in before every service's queue is bound: an event that one queue takes is not kept for the others.
        for gate in (False, True):
            if gate:
                supervisor.start_group("gateway")
            some = [process for process in plan.processes if (process.group == "gateway") is gate]
            wait_until_ready(settings, some, supervisor, seconds=READY_SECONDS, progress=_name_ready)
    finally:
        print(flush=True)
    load_demo_once(settings, _say)


def _require_broker(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme == "amqp" and not rabbitmq.answers(parts.port or 5672, parts.hostname or ""):
        raise PlatformError(f"No broker answers at {parts.hostname}:{parts.port or 5672} (MOSTRADOR_AMQP_URL).")


def _keep(settings: Settings, supervisord: subprocess.Popen[bytes]) -> int:
    """Sleep until told to stop; once a minute keep the logs from growing without end."""
    signal.signal(signal.SIGALRM, lambda *_: rotate_logs(settings))
    signal.setitimer(signal.ITIMER_REAL, 60, 60)
    supervisord.wait()
    raise PlatformError(f"supervisord ended by itself.\n{tail(settings.logs / 'supervisord.log')}")


def rotate_logs(settings: Settings, limit: int = LOG_BYTES) -> None:
    """Copy logs over `limit` bytes to `….log.1` and start them anew; their writers append, so they go on undisturbed."""
    for log in settings.logs.glob("*.log"):
        if log.stat().st_size > limit:
            shutil.copyfile(log, log.with_name(log.name + ".1"))
            log.open("w").close()


def _end(settings: Settings, supervisord: subprocess.Popen[bytes]) -> None:
    """supervisord ends its groups in order; what is left after STOP_SECONDS is killed."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    signal.setitimer(signal.ITIMER_REAL, 0)
    began = time.monotonic()
    _say("stopping", "")
    supervisord.terminate()
    try:
        supervisord.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        supervisord.kill()
        supervisord.wait()
    end(list(processes_of(str(settings.home))), grace=0)
    settings.control_socket.unlink(missing_ok=True)
    _say("stopped", f"({time.monotonic() - began:.1f} s)")


def _name_ready(name: str) -> None:
    print(name, end=" ", flush=True)


def _say(step: str, detail: str) -> None:
    print(f"  {step:<11}{detail}", flush=True)


def _say_ready(plan: Plan, seconds: float) -> None:
    admin, url, settings = plan.admin, plan.settings.url, plan.settings
    shown = settings.home / "login.shown"
    first = (
        not shown.exists()
    )  # the password may be another one by the second start, and a terminal keeps what it shows
    lost = f"a lost one: `make reset-password USER={admin.email}`"
    password = admin.password if first else f"as the first start printed it; {lost}"
    print(f"\nready: {url}   ({seconds:.1f} s)\n")
    _say("login", f"{admin.email} (or {admin.username})   password: {password}")
    emails, cashiers_password = cashiers(settings)
    if emails:
        _say("cashiers", f"{', '.join(emails)}" + (f"   password: {cashiers_password}" if first else ""))
    _say("read", f"{url}/api/v1/schema/swagger-ui/ (to try), {url}/api/v1/schema/redoc/ (to read)")
    _say("stop", "Ctrl-C, or `make down` in another shell; `make status` and `make logs S=sales` look inside")
    exports = {"SHOP_URL": url, "SHOP_LOGIN": admin.email, "SHOP_PASSWORD": admin.password if first else None}
    if settings.certificate:
        exports |= dict.fromkeys(("CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE"), str(settings.certificate))
    quoted = " ".join(f"{name}={'…' if value is None else shlex.quote(value)}" for name, value in exports.items())
    print(f"\n  In another shell, for the examples and the README's requests:\n    export {quoted}")
    body = json.dumps({"email": admin.email, "password": admin.password if first else "…"}, ensure_ascii=False)
    trusting = f" --cacert {shlex.quote(str(settings.certificate))}" if settings.certificate else ""
    print("\n  A first request:")
    print(
        f"    curl -s{trusting} {url}/api/auth/login/ -H 'Content-Type: application/json' -d {shlex.quote(body)}\n",
        flush=True,
    )
    shown.touch()
