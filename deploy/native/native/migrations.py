"""Bringing the five databases' schemas up to date before the services start; nothing to do, no time spent."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

from native.errors import PlatformError
from native.secrets import write_private
from native.servers import BASE_ENV, dies_with_parent, tail
from native.services import program
from native.settings import ROOT, Settings

AFTERWARDS = {"auth": "bootstrap"}
"""What a service wants done once after its migrations: auth makes the first account and its ADMIN."""


def migrate(settings: Settings, environments: Mapping[str, Mapping[str, str]]) -> list[str]:
    """`chassis SERVICE migrate` for those whose migrations have changed since they were last run here, side by side.

    Which ones those were. PlatformError with the end of the output when one fails.
    """
    record = settings.home / f"migrated.{settings.database}.json"
    done = _done(record)
    wanted = {service: _wanted(service) for service in environments}
    due = [service for service in environments if done.get(service) != wanted[service]]
    _run(settings, environments, dict.fromkeys(due, "migrate"))
    _run(settings, environments, {service: command for service, command in AFTERWARDS.items() if service in due})
    if due:
        write_private(record, json.dumps(wanted))
    return due


def require_migrated(settings: Settings, service: str) -> None:
    """PlatformError when the home's database of a service, of either kind, lacks migrations that this code needs."""
    done = [_done(record) for record in settings.home.glob("migrated.*.json")]
    if done and _wanted(service) not in [versions.get(service) for versions in done]:
        raise PlatformError(
            f"The databases in {settings.home} are of another version than this code: `make up` brings them up to date."
        )


def _done(record: Path) -> dict[str, str]:
    try:
        return dict(json.loads(record.read_text()))
    except (FileNotFoundError, ValueError):  # half written by an older version: migrating again does no harm
        return {}


def _wanted(service: str) -> str:
    return fingerprint(ROOT / "services" / service / "migrations")


def _run(settings: Settings, environments: Mapping[str, Mapping[str, str]], commands: Mapping[str, str]) -> None:
    running: dict[str, tuple[subprocess.Popen[bytes], Path]] = {}
    try:
        for service, command in commands.items():
            log = settings.logs / f"{service}-{command}.log"
            with log.open("wb") as output:
                argv = dies_with_parent([program("chassis"), service, command])
                folder = ROOT / "services" / service
                env = {**BASE_ENV, **environments[service]}
                running[service] = subprocess.Popen(argv, env=env, cwd=folder, stdout=output, stderr=output), log
        for service, (process, log) in running.items():
            if process.wait() != 0:
                raise PlatformError(f"`chassis {service} {commands[service]}` failed.\n{tail(log)}")
    finally:
        for process, _ in running.values():
            if process.poll() is None:
                process.kill()
                process.wait()


def fingerprint(folder: Path) -> str:
    """Changes with any file of the folder."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        digest.update(f"{path.relative_to(folder)}\0{path.read_text()}\0".encode())
    return digest.hexdigest()
