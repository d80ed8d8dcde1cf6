"""Imports point one way: edges → clients, usecases, queries → domain; the inner layers know nothing of HTTP."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import sales

PACKAGE = Path(sales.__file__).parent
FORBIDDEN = {
    "domain": ("flask", "urllib3", "pika", "sales.api", "sales.clients", "sales.usecases", "sales.queries"),
    "usecases": ("flask", "urllib3", "pika", "sales.api", "sales.clients"),
    "clients": ("sales.api", "sales.usecases", "sales.queries"),
}


@pytest.mark.parametrize("layer", FORBIDDEN)
def test_a_layer_imports_only_what_lies_below(layer):
    for path in (PACKAGE / layer).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [f"{node.module}.{alias.name}" for alias in node.names]
            for name in names:
                assert not name.startswith(FORBIDDEN[layer]), f"{path.name} imports {name}"
