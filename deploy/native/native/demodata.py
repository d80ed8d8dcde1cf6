"""The demo shop, loaded into a platform once: at its first start, if wanted then."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from native.errors import PlatformError
from native.secrets import Secrets, write_private
from native.servers import dies_with_parent
from native.settings import ROOT, Settings

EMPLOYEES_PASSWORD = "employees.password"
"""Secret that the demo shop's cashiers log in with."""


def load_demo_once(settings: Settings, say: Callable[[str, str], None]) -> None:
    """Load it if this home was first started with MOSTRADOR_DEMO=1 and has not got it yet.

    The first start decides: a shop that began without must not find a stranger's orders among its own later.
    """
    record = _record(settings)
    if not record.exists() or not record.read_text():
        write_private(record, "wanted" if settings.demo else "declined")
    if record.read_text() != "wanted":
        return
    say("demo data", "loading")
    load_demo(settings)
    write_private(record, "loaded")


def load_demo(settings: Settings) -> None:
    """Fill the running platform through its own doors; PlatformError when that fails (it can be tried again)."""
    secrets = Secrets(settings.home)
    secrets.password(EMPLOYEES_PASSWORD)
    command = [sys.executable, "-m", "demo.load", "--url", settings.url, "--login", secrets.get("admin.email")]
    command += ["--password-file", str(secrets.file("admin.password"))]
    command += ["--employees-password-file", str(secrets.file(EMPLOYEES_PASSWORD))]
    command += ["--import-command", shlex.join([sys.executable, "-m", "native", "run", "sales", "import-orders"])]
    env = {**os.environ, "MOSTRADOR_HOME": str(settings.home), "PYTHONUNBUFFERED": "1"}
    if settings.certificate:
        env["REQUESTS_CA_BUNDLE"] = str(settings.certificate)
    if subprocess.run(dies_with_parent(command), cwd=ROOT, env=env).returncode:
        raise PlatformError(
            "The demo data could not be loaded. The next `make up` tries again; "
            f"`echo declined > {_record(settings)}` makes it go on without."
        )


def cashiers(settings: Settings) -> tuple[list[str], str]:
    """The demo shop's cashiers and their password; no cashiers when it is not loaded."""
    from demo.catalogue import employees

    if not _record(settings).exists() or _record(settings).read_text() != "loaded":
        return [], ""
    return [employee.email for employee in employees()], Secrets(settings.home).password(EMPLOYEES_PASSWORD)


def _record(settings: Settings) -> Path:
    return settings.home / f"demo.{settings.database}"
