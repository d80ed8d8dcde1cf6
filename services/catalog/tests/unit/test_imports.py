"""Imports point one way: edges → clients, usecases, queries → domain; what is inside knows no web and no broker."""

from __future__ import annotations

import ast
from pathlib import Path

import catalog

PACKAGE = Path(catalog.__file__).parent
FORBIDDEN = {
    "domain": ("flask", "requests", "pika", "catalog.usecases", "catalog.queries", "catalog.api", "catalog.clients"),
    "usecases": ("flask", "requests", "pika", "chassis.http", "catalog.api", "catalog.clients", "catalog.consumers"),
    "clients": ("flask", "catalog.api", "catalog.usecases", "catalog.queries"),
}


def test_imports_point_inwards():
    for layer, forbidden in FORBIDDEN.items():
        for path in (PACKAGE / layer).glob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
                names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
                bad = [
                    name for name in names for prefix in forbidden if name == prefix or name.startswith(prefix + ".")
                ]
                assert not bad, f"{path.relative_to(PACKAGE)} imports {bad}"


def test_only_the_config_reads_the_environment():
    for path in PACKAGE.rglob("*.py"):
        assert not {"os.environ", "getenv"} & set(path.read_text().replace("(", " ").split()), path
