"""Bringing the five databases' schemas up to date before the services start; nothing to do, no time spent."""

from __future__ import annotations

import hashlib
import json
import subprocess
from collections.abc import Mapping
from pathlib import Path

from native.errors import PlatformError
from native.servers import BASE_ENV, dies_with_parent, tail
from native.services import program
from native.settings import ROOT, Settings


def migrate(settings: Settings, environments: Mapping[str, Mapping[str, str]]) -> list[str]:
    """`chassis SERVICE migrate` for those whose migrations have changed since they were last run here, side by side.

    Which ones those were. PlatformError with the end of the output when one fails.
    """
    record = settings.home / f"migrated.{settings.database}.json"
    done = json.loads(record.read_text()) if record.exists() else {}
    wanted = {service: fingerprint(ROOT / "services" / service / "migrations") for service in environments}
    due = [service for service in environments if done.get(service) != wanted[service]]
    running: dict[str, tuple[subprocess.Popen[bytes], Path]] = {}
    try:
        for service in due:
            log = settings.logs / f"{service}-migrate.log"
            with log.open("wb") as output:
                command = dies_with_parent([program("chassis"), service, "migrate"])
                folder = ROOT / "services" / service
                env = {**BASE_ENV, **environments[service]}
                running[service] = subprocess.Popen(command, env=env, cwd=folder, stdout=output, stderr=output), log
        for service, (migration, log) in running.items():
            if migration.wait() != 0:
                raise PlatformError(f"The migration of {service}'s database failed.\n{tail(log)}")
            done[service] = wanted[service]
            record.write_text(json.dumps(done))
    finally:
        for migration, _ in running.values():
            if migration.poll() is None:
                migration.kill()
                migration.wait()
    return due


def fingerprint(folder: Path) -> str:
    """Changes with any file of the folder."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        digest.update(f"{path.relative_to(folder)}\0{path.read_text()}\0".encode())
    return digest.hexdigest()
