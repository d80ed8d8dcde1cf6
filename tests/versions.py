"""A service as it was before: its code at an earlier commit, run by the same platform."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import requests

from cashier import ROOT, eventually
from native.platform import Platform
from native.secrets import write_private

MARK = "+before"
"""What is added to the chassis' version in such code: `/version` shows that it is what runs."""


def git(*arguments: str) -> bytes | None:
    """What git prints; None when it can't say."""
    try:
        done = subprocess.run(["git", "-C", str(ROOT), *arguments], capture_output=True, check=False)
    except FileNotFoundError:
        return None
    return done.stdout if done.returncode == 0 else None


def previous_version(service: str) -> str | None:
    """The commit that a service's present code follows: MOSTRADOR_TEST_BASE, the newest release, else what its last
    change changed; with a cut-off history the oldest commit that is there. None without any history.
    """
    if base := os.environ.get("MOSTRADOR_TEST_BASE"):
        return base
    if tag := git("describe", "--tags", "--abbrev=0", "HEAD^"):
        return tag.decode().strip()
    code = (f"services/{service}/{service}", f"services/{service}/migrations")
    last = (git("rev-list", "-1", "HEAD", "--", *code) or b"").decode().strip()
    if parent := last and git("rev-parse", "--verify", "--quiet", f"{last}^"):
        return parent.decode().strip()
    commits = (git("rev-list", "HEAD") or b"").decode().split()
    return commits[-1] if len(commits) > 1 else None


def unpack(service: str, revision: str, folder: Path) -> Path:
    """A service and its chassis as they were, marked; the folder that holds them."""
    archive = git("archive", "--format=tar", revision, f"services/{service}", "libs/chassis")
    assert archive, f"{revision} has no {service}"
    target = folder / f"{service}-before"
    target.mkdir()
    subprocess.run(["tar", "-x", "-C", str(target)], input=archive, check=True)
    with (target / "libs" / "chassis" / "chassis" / "__init__.py").open("a") as file:
        file.write(f'\n__version__ += "{MARK}"\n')
    return target


def run_code(platform: Platform, service: str, code: Path) -> list[str]:
    """From their next start on, a service's web and worker run the code below that folder; their names."""
    names = [f"{service}-web", f"{service}-worker"]
    for name in names:
        file = platform.settings.processes / f"{name}.json"
        process = json.loads(file.read_text())
        process["cwd"] = str(code / "services" / service)
        process["env"]["PYTHONPATH"] = f"{code / 'services' / service}:{code / 'libs' / 'chassis'}"
        write_private(file, json.dumps(process))
    return names


def restart(platform: Platform, names: Iterable[str]) -> None:
    """Start processes anew, all at once, and wait for all of them."""
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(platform.restart, names))
    platform.wait_healthy()


def runs_before(platform: Platform, service: str) -> bool:
    """Whether a service's web runs code of before."""

    def told() -> str:
        version: str = requests.get(platform.service_url(service) + "/version", timeout=5).json()["chassis"]
        return version

    found: str = eventually(told, f"{service} tells its version")
    return found.endswith(MARK)
