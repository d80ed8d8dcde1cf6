"""Imports point one way: edges → clients, usecases, queries → domain; what is inside knows no web and no broker."""

from __future__ import annotations

import ast
from pathlib import Path

import auth

PACKAGE = Path(auth.__file__).parent
FORBIDDEN = {
    "domain": (
        "flask",
        "requests",
        "pika",
        "auth.usecases",
        "auth.queries",
        "auth.api",
        "auth.clients",
        "auth.logins",
        "auth.keystore",
    ),
    "usecases": (
        "flask",
        "requests",
        "pika",
        "chassis.http",
        "auth.api",
        "auth.clients",
        "auth.logins",
        "auth.keystore",
        "auth.revocations",
    ),
    "clients": ("flask", "auth.api", "auth.usecases", "auth.queries"),
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
