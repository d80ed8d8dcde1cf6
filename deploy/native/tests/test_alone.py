"""One service in a checkout without the other four: its tests, its contracts, and `make run` with played neighbours."""

from __future__ import annotations

import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import urllib.request
import venv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from native.platform import eventually
from native.ports import SERVICES
from native.servers import dies_with_parent
from native.settings import ROOT

SHARED = ("libs", "contracts", "deploy")
FILES = ("pyproject.toml", "requirements.txt", "requirements-dev.txt", "constraints.txt")
NO_BROKER = "amqp://nobody:nothing@127.0.0.1:1/%2F"


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A team's checkout: sales, with what all services stand on, and a virtualenv that knows nothing else of ours."""
    root = tmp_path_factory.mktemp("team") / "mostrador"
    passed_over = shutil.ignore_patterns("__pycache__", "*.egg-info", ".*")
    for folder in (*SHARED, "services/sales"):
        shutil.copytree(ROOT / folder, root / folder, ignore=passed_over)
    for name in FILES:
        shutil.copy(ROOT / name, root / name)
    return with_virtualenv(root)


def with_virtualenv(root: Path) -> Path:
    """The packages of others come from the virtualenv that runs this test; its editable installs do not."""
    venv.create(root / ".venv", symlinks=True)
    site = next((root / ".venv").glob("lib/python*/site-packages"))
    own = [root / "libs" / "chassis", root / "services" / "sales", root / "deploy" / "native"]
    (site / "checkout.pth").write_text("\n".join(map(str, [*own, sysconfig.get_path("purelib")])))
    for name, module, function in (("gunicorn", "gunicorn.app.wsgiapp", "run"), ("chassis", "chassis.cli", "main")):
        script = root / ".venv" / "bin" / name
        script.write_text(f"#!{root}/.venv/bin/python\nfrom {module} import {function}\n{function}()\n")
        script.chmod(0o755)
    # What `make` compares before it installs anything.
    spec = importlib.util.spec_from_file_location("bootstrap_of_checkout", root / "deploy" / "native" / "bootstrap.py")
    assert spec
    assert spec.loader
    bootstrap = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(bootstrap)
    (root / ".venv" / "installed").write_text(bootstrap.fingerprint())
    return root


def clean_env(**more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MOSTRADOR_", "PYTHON"))}
    return {**kept, **more}


def test_the_others_are_not_there(checkout: Path) -> None:
    python = checkout / ".venv" / "bin" / "python"
    for service in SERVICES:
        code = f"import importlib.util as u; raise SystemExit(u.find_spec({service!r}) is None)"
        done = subprocess.run([python, "-c", code], env=clean_env(), cwd="/")
        assert done.returncode == (0 if service == "sales" else 1), service


def test_its_contracts_and_tests_pass_without_them(checkout: Path) -> None:
    tests = ["services/sales/tests/contracts"]
    command = [str(checkout / ".venv" / "bin" / "python"), "-m", "pytest", "-q", "-k", "not postgresql", *tests]
    done = subprocess.run(command, cwd=checkout, env=clean_env(), capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr
    assert " passed" in done.stdout


@pytest.fixture(scope="module")
def running(checkout: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """What `make run` prints, once it is ready."""
    log = tmp_path_factory.mktemp("run") / "log"
    env = clean_env(MOSTRADOR_AMQP_URL=NO_BROKER)
    with log.open("wb") as output:
        make = subprocess.Popen(
            dies_with_parent(["make", "run"]), cwd=checkout / "services" / "sales", env=env, stdout=output, stderr=output,
            start_new_session=True,
        )  # fmt: skip
    try:
        eventually(lambda: "curl" in log.read_text() or make.poll() is not None, 120, "make run is not ready")
        assert make.poll() is None, log.read_text()
        yield log
    finally:
        os.killpg(make.pid, signal.SIGINT)
        assert make.wait(20) is not None
    assert "stopped" in log.read_text()


def asked(running: Path, method: str, path: str, body: Any = None) -> Any:
    lines = running.read_text().splitlines()
    url = next(line.split()[1] for line in lines if line.startswith("ready: "))
    token = Path(next(line.split("$(cat ")[1].split(")")[0] for line in lines if "TOKEN=" in line)).read_text()
    request = urllib.request.Request(url + path, None if body is None else json.dumps(body).encode(), method=method)
    request.add_header("Authorization", f"Bearer {token}")
    request.add_header("Content-Type", "application/json")
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def test_make_run_serves_it_with_played_neighbours(running: Path) -> None:
    assert asked(running, "GET", "/readyz")["status"] == "ok"
    version = asked(running, "GET", "/version")
    assert (version["service"], bool(version["schema"])) == ("sales", True)
    body = {"items": [{"product_id": 1, "quantity": 2}], "customer": 1}
    order = asked(running, "POST", "/api/orders/", body)
    assert (order["status"], order["customer_name"], order["items"][0]["quantity"]) == ("PENDING", "Maria González", 2)
    paid = asked(running, "POST", f"/api/orders/{order['id']}/pay/", {"payment_method": "POINTS"})
    assert paid["status"] == "PAID"
    printed = running.read_text()
    assert "the worker waits for it" in printed
    assert "catalog: POST /internal/holds/ → 200" in printed
    assert "customers: POST /internal/holds/ → 200" in printed


def test_its_neighbours_events_are_played(running: Path, checkout: Path) -> None:
    assert (
        "events     played: AccountRegistered, AccountUpdated, CustomerCreated, CustomerUpdated" in running.read_text()
    )
    make = ["make", "play", "E=CustomerErased"]
    done = subprocess.run(make, cwd=checkout / "services" / "sales", env=clean_env(), capture_output=True, text=True)
    assert done.stdout == "played: CustomerErased\n", done.stderr
    names = [order["customer_name"] for order in asked(running, "GET", "/api/orders/")]
    assert "Maria González" not in names


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_has_the_same_short_makefile(service: str) -> None:
    folder = ROOT / "services" / service
    lines = (folder / "Makefile").read_text().splitlines()
    assert lines[:2] == [f"# {service} alone: `make help`.", f"SERVICE := {service}"]
    assert lines[-1] == "include ../../deploy/service.mk"
    assert len(lines) <= 5
    for target, command in (
        ("test", f"test services/{service}"),
        ("run", f"alone {service} "),
        ("image", f"image {service}"),
    ):
        done = subprocess.run(["make", "-n", target], cwd=folder, capture_output=True, text=True, check=True)
        assert f"bootstrap.py {command}" in done.stdout


def test_an_image_is_built_by_its_version_with_the_builder_that_knows_mounted_caches(tmp_path: Path) -> None:
    docker = tmp_path / "docker"
    docker.write_text('#!/bin/sh\necho "$DOCKER_BUILDKIT" "$PWD" "$@"\n')
    docker.chmod(0o755)
    command = [sys.executable, "-m", "native", "image", "sales"]
    done = subprocess.run(command, env=clean_env(PATH=str(tmp_path)), capture_output=True, text=True, check=True)
    assert done.stdout.startswith(f"1 {ROOT} build --file services/sales/Dockerfile --tag mostrador/sales:")
    assert "built: mostrador/sales:" in done.stdout


def test_without_an_engine_no_image_is_built_and_it_says_so(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "native", "image", "sales"]
    done = subprocess.run(command, env=clean_env(PATH=str(tmp_path)), capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr == "mostrador: Building an image takes Docker or Podman, and neither is installed here.\n"
