"""The ten processes of the five services: their commands, and to each the environment that is its own and no more."""

from __future__ import annotations

import subprocess
import sys
from functools import cache
from pathlib import Path

from native.errors import PlatformError
from native.ports import LOOPBACK, SERVICES
from native.secrets import Secrets
from native.servers import Process
from native.settings import ROOT, Settings

PAIRS = (
    "sales>catalog",
    "sales>customers",
    "sales>auth",
    "catalog>sales",
    "customers>sales",
    "customers>auth",
    "auth>customers",
    "gateway>auth",
    "auth>gateway",
    "gateway>catalog",
    "gateway>sales",
    "gateway>customers",
    "gateway>analytics",
)
"""Who calls whom under /internal/, each with a secret of its own; by the gateway's, services know it."""

BOOTSTRAP_ONLY = {"MOSTRADOR_ADMIN_EMAIL", "MOSTRADOR_ADMIN_USERNAME", "MOSTRADOR_ADMIN_PASSWORD"}
"""What only the command that makes the first account gets."""
WORKER_ONLY = {"MOSTRADOR_AMQP_URL", "MOSTRADOR_WORKER_BIND"}
"""What a web has no use for: it reaches no broker."""


def program(name: str) -> str:
    """A program of this virtualenv."""
    return str(Path(sys.executable).with_name(name))


def pair_keys(who: str, secrets: Secrets) -> str:
    """MOSTRADOR_SERVICE_KEYS of one process: the pairs that it takes part in."""
    mine = [pair.split(">") for pair in PAIRS if who in pair.split(">")]
    return ",".join(f"{caller}>{callee}={secrets.pair(caller, callee)}" for caller, callee in mine)


def require_service(service: str) -> None:
    """PlatformError unless it is a service whose folder is here."""
    if service not in SERVICES or not (ROOT / "services" / service).is_dir():
        raise PlatformError(f"There is no services/{service} here.")


@cache
def commit() -> str:
    """What the repository stands at, `-dirty` with changes that are not committed; empty where git can't say."""
    command = ["git", "-C", str(ROOT), "describe", "--always", "--dirty", "--exclude=*", "--abbrev=12"]
    try:
        return subprocess.run(command, capture_output=True, text=True).stdout.strip()
    except FileNotFoundError:
        return ""


def environment(
    service: str, settings: Settings, secrets: Secrets, *, database_url: str, amqp_url: str
) -> dict[str, str]:
    """The environment of a service's commands; its web and worker get less, see `service_processes`."""
    ports = settings.ports

    def url(callee: str) -> str:
        return f"http://{LOOPBACK}:{ports.web(callee)}"

    env = {
        "HOME": str(settings.home),
        "MOSTRADOR_DATABASE_URL": database_url,
        "MOSTRADOR_AMQP_URL": amqp_url,
        "MOSTRADOR_BIND": f"{LOOPBACK}:{ports.web(service)}",
        "MOSTRADOR_WORKER_BIND": f"{LOOPBACK}:{ports.worker(service)}",
        "MOSTRADOR_JWKS_URL": f"{url('auth')}/api/auth/jwks/",
        "MOSTRADOR_SERVICE_KEYS": pair_keys(service, secrets),
        "MOSTRADOR_COMMIT": commit(),
        **settings.tunables,
    }
    for pair in PAIRS:
        caller, callee = pair.split(">")
        if caller == service and callee in SERVICES:
            env[f"MOSTRADOR_{callee.upper()}_URL"] = url(callee)
    if service == "auth":
        admin = secrets.admin(settings)
        env |= {
            "MOSTRADOR_ADMIN_EMAIL": admin.email,
            "MOSTRADOR_ADMIN_USERNAME": admin.username,
            "MOSTRADOR_ADMIN_PASSWORD": admin.password,
            "MOSTRADOR_SIGNING_KEY_PASSPHRASE": secrets.get("signing-key-passphrase"),
            "MOSTRADOR_GATEWAY_INTERNAL_URLS": f"http://{LOOPBACK}:{ports.gateway_internal}",
        }
    if service == "customers":
        env["MOSTRADOR_PIN_PEPPER"] = secrets.get("pin-pepper")
    return env


def service_processes(service: str, settings: Settings, env: dict[str, str]) -> list[Process]:
    """A service's web and worker."""
    folder = ROOT / "services" / service
    web = [program("gunicorn"), "-c", "python:chassis.gunicorn_conf", f"{service}.app:create_app()"]
    worker = [program("chassis"), service, "worker"]
    bind, worker_bind = env["MOSTRADOR_BIND"], env["MOSTRADOR_WORKER_BIND"]
    env = {name: value for name, value in env.items() if name not in BOOTSTRAP_ONLY}
    of_web = {name: value for name, value in env.items() if name not in WORKER_ONLY}
    return [
        Process(f"{service}-web", web, of_web, folder, group="webs", health=f"http://{bind}/readyz"),
        Process(f"{service}-worker", worker, env, folder, group="workers", health=f"http://{worker_bind}/readyz"),
    ]
