"""Which migrations a service's code knows. Without Alembic, which a web process never needs."""

from __future__ import annotations

import re
from functools import cache
from importlib import import_module
from pathlib import Path

_FILE = re.compile(r"(\d{4})_\w+\.py")


def folder(service: str) -> Path:
    """`services/<service>/migrations`, beside the package."""
    package = import_module(service).__file__
    assert package is not None
    return Path(package).resolve().parents[1] / "migrations"


@cache
def head_revision(service: str) -> str:
    """The newest revision: they are numbered, `0001_first.py`, and form one line; `0000` when there is none."""
    numbers = [match[1] for path in folder(service).glob("*.py") if (match := _FILE.fullmatch(path.name))]
    return max(numbers, default="0000")
