"""The code keeps the shape that the documents promise: layers, names, routes."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from cashier import ROOT
from native.services import PAIRS

SERVICES = ("auth", "catalog", "sales", "customers", "analytics")
OUTSIDE = {"flask", "flask_smorest", "requests", "urllib3", "pika", "gunicorn"}
WEB_CHASSIS = {
    "access",
    "blueprint",
    "conditional",
    "current",
    "errors",
    "http",
    "idempotency",
    "pagination",
    "service",
    "web",
}
BANNED = {"utils", "helpers", "common", "manager", "base_service"}


def package(service: str) -> Path:
    return ROOT / "services" / service / service


def imports(file: Path) -> Iterator[str]:
    """Full names of all that a module imports."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{name.name}" for name in node.names)


def layer(service: str, name: str) -> list[Path]:
    """The files of a layer: a module, or a package once it is large."""
    folder = package(service) / name
    return (
        sorted(folder.rglob("*.py"))
        if folder.is_dir()
        else [path for path in [folder.with_suffix(".py")] if path.exists()]
    )


@pytest.mark.parametrize("service", SERVICES)
def test_domain_and_use_cases_know_nothing_of_http_or_the_broker(service: str) -> None:
    files = layer(service, "domain") + layer(service, "usecases") + layer(service, "queries")
    assert files
    for file in files:
        for name in imports(file):
            assert name.split(".")[0] not in OUTSIDE, f"{file}: imports {name}"
            if name.startswith("chassis.") and name.split(".")[1] in WEB_CHASSIS:
                raise AssertionError(f"{file}: imports {name}")


@pytest.mark.parametrize("service", SERVICES)
def test_a_worker_loads_no_web_framework(service: str) -> None:
    """It would cost each of them some 10 MB."""
    parts = [f"{service}.{part}" for part in ("config", "consumers", "sweeps") if layer(service, part)]
    code = f"import sys, chassis.worker, {', '.join(parts)}; sys.exit('flask' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("service", SERVICES)
def test_a_web_tells_no_figures_that_are_its_workers(service: str) -> None:
    """An outbox of depth 0, told by a process that never looks into it, would be believed."""
    code = f"import sys, {service}.app; sys.exit('chassis.messaging.metrics' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("service", SERVICES)
def test_imports_point_inwards(service: str) -> None:
    inner = {
        "domain": ("api", "consumers", "usecases", "queries", "clients", "sweeps"),
        "usecases": ("api", "consumers", "sweeps", "clients"),
        "queries": ("api", "consumers", "sweeps", "clients"),
        "clients": ("api", "consumers", "sweeps", "usecases"),
    }
    for name, forbidden in inner.items():
        for file in layer(service, name):
            for imported in imports(file):
                for outer in forbidden:
                    assert not (imported + ".").startswith(f"{service}.{outer}."), f"{file}: imports {imported}"


@pytest.mark.parametrize("service", SERVICES)
def test_services_share_nothing_but_the_chassis(service: str) -> None:
    others = set(SERVICES) - {service}
    for file in package(service).rglob("*.py"):
        assert not {name.split(".")[0] for name in imports(file)} & others, file


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_has_the_same_parts(service: str) -> None:
    folder = ROOT / "services" / service
    for part in ("README.md", "CHANGELOG.md", "Dockerfile", "pyproject.toml", "migrations", "tests"):
        assert (folder / part).exists(), f"{service} has no {part}"
    for module in ("app", "config", "consumers", "sweeps", "queries", "usecases", "domain", "api"):
        assert layer(service, module), f"{service} has no {module}"
    assert len((package(service) / "app.py").read_text().splitlines()) <= 40


def test_only_config_reads_the_environment_and_no_name_is_a_cupboard() -> None:
    for service in SERVICES:
        for file in package(service).rglob("*.py"):
            assert file.stem not in BANNED, file
            assert "os.environ" not in file.read_text(), file
            assert "getenv" not in file.read_text(), file


def routes_of(service: str, folder: Path) -> list[tuple[str, str, str]]:
    """Method, path and rule of each route, as `chassis <service> routes` prints them."""
    env = {
        **os.environ,
        "MOSTRADOR_DATABASE_URL": f"sqlite:///{folder}/{service}.db",
        "MOSTRADOR_SERVICE_KEYS": ",".join(f"{pair}=0123456789abcdef0123456789abcdef" for pair in PAIRS),
        "MOSTRADOR_SIGNING_KEY_PASSPHRASE": "passphrase",
        "MOSTRADOR_PIN_PEPPER": "pepper",
    }
    command = [sys.executable, "-m", "chassis", service, "routes"]
    printed = subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout
    return [(line[:7].strip(), line[7:57].strip(), line[57:].strip()) for line in printed.splitlines()]


@pytest.mark.parametrize("service", SERVICES)
def test_the_gateway_and_the_service_agree_on_what_is_public_and_what_is_internal(service: str, tmp_path: Path) -> None:
    routes = routes_of(service, tmp_path)
    assert any(path.startswith("/api/") for _, path, _ in routes)
    public = public_routes()
    for method, path, rule in routes:
        if path in ("/livez", "/readyz", "/version", "/metrics"):
            continue
        if path.startswith("/internal/"):
            assert rule.startswith("services: "), (method, path)
        elif rule == "public":
            assert (method, path) in public, f"{method} {path} is public in {service}, not at the gateway"
        else:
            assert rule
            assert (method, path) not in public, f"{method} {path} is public at the gateway, not in {service}"


def public_routes() -> set[tuple[str, str]]:
    """Method and path of what routes.yaml calls public."""
    routes = yaml.safe_load((ROOT / "gateway" / "routes.yaml").read_text())["routes"]
    return {(method, route["path"]) for route in routes for method in route.get("public", [])}
