"""The Dockerfiles: complete, small, for an ordinary user, from pinned parts."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
import threading
import tomllib
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
import yaml

from platform_facts import ROOT, SERVICES

DOCKERFILES = [*(f"services/{service}/Dockerfile" for service in SERVICES), "gateway/Dockerfile", "demo/Dockerfile"]
NOT_PYTHON = ("gateway/Dockerfile",)


def instructions(dockerfile: str) -> list[tuple[str, str]]:
    """Instruction and argument of each logical line."""
    text = re.sub(r"^\s*#.*\n", "", (ROOT / dockerfile).read_text(), flags=re.MULTILINE)
    lines = re.sub(r"\\\n\s*", " ", text).splitlines()
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in lines if line.strip())]


def of(dockerfile: str, instruction: str) -> list[str]:
    return [argument for word, argument in instructions(dockerfile) if word == instruction]


def kept_in_context(path: str) -> bool:
    """Whether .dockerignore lets a path into the build: the last rule that matches it or a folder above it decides."""
    kept = True
    for rule in (ROOT / ".dockerignore").read_text().splitlines():
        if not rule or rule.startswith("#"):
            continue
        pattern = rule.removeprefix("!")
        expression = "".join(
            {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*"}.get(part, re.escape(part))
            for part in re.split(r"(\*\*/|\*\*|\*)", pattern)
        )
        if re.fullmatch(f"{expression}(/.*)?", path):
            kept = rule.startswith("!")
    return kept


@pytest.mark.parametrize("dockerfile", DOCKERFILES)
def test_it_copies_what_is_there_and_reaches_the_build(dockerfile: str) -> None:
    copies = [shlex.split(argument) for argument in of(dockerfile, "COPY")]
    sources = [source for parts in copies if not parts[0].startswith("--from") for source in parts[:-1]]
    assert sources
    for source in sources:
        assert (ROOT / source).exists(), source
        files = [path for path in (ROOT / source).rglob("*") if path.is_file()] or [ROOT / source]
        shipped = [file for file in files if kept_in_context(str(file.relative_to(ROOT)))]
        assert shipped, f"{source} does not get past .dockerignore"
        assert not [file for file in shipped if {"tests", "__pycache__"} & set(file.parts)], source


@pytest.mark.parametrize("path", [".git/config", ".env", ".venv/bin/python", ".run/secrets/pin-pepper", "deploy/compose/secrets/pin-pepper"])  # fmt: skip
def test_no_history_no_data_and_no_secret_reaches_a_build(path: str) -> None:
    assert not kept_in_context(path)


@pytest.mark.parametrize("dockerfile", DOCKERFILES)
def test_it_runs_as_an_ordinary_user_with_a_fixed_number(dockerfile: str) -> None:
    assert of(dockerfile, "USER") == ["10001:10001"]
    position = [word for word, _ in instructions(dockerfile)].index("USER")
    assert not {"RUN", "COPY", "ADD"} & {word for word, _ in instructions(dockerfile)[position:]}, "code is root's"
    assert not of(dockerfile, "ADD")
    assert "--home-dir /nonexistent" in "".join(of(dockerfile, "RUN"))


@pytest.mark.parametrize("dockerfile", DOCKERFILES)
def test_its_bases_are_pinned_to_a_minor_version(dockerfile: str) -> None:
    versions = dict(argument.split("=", 1) for argument in of(dockerfile, "ARG") if " " not in argument)
    for base in of(dockerfile, "FROM"):
        image = base.split(" AS ")[0].replace("${PYTHON}", versions.get("PYTHON", ""))
        assert re.fullmatch(r"[a-z]+:\d+\.\d+(-[a-z]+)?", image), image
    if dockerfile not in NOT_PYTHON:
        assert versions["PYTHON"] >= "3.11"


@pytest.mark.parametrize("dockerfile", DOCKERFILES)
def test_it_says_what_it_is_and_from_which_commit(dockerfile: str) -> None:
    title = "mostrador-" + Path(dockerfile).parent.name
    labels = dict(part.split("=", 1) for part in shlex.split(of(dockerfile, "LABEL")[0]))
    assert labels == {
        "org.opencontainers.image.title": title,
        "org.opencontainers.image.licenses": "MIT",
        "org.opencontainers.image.version": "$VERSION",
        "org.opencontainers.image.revision": "$COMMIT",
    }
    order = [(word, argument) for word, argument in instructions(dockerfile)]
    assert order.index(("ARG", "VERSION=0 COMMIT=")) > max(i for i, (word, _) in enumerate(order) if word == "RUN"), (
        "a new commit must not build everything anew"
    )


@pytest.mark.parametrize("service", SERVICES)
def test_a_services_image_asks_its_own_health_and_runs_its_web(service: str) -> None:
    dockerfile = f"services/{service}/Dockerfile"
    command = json.loads(of(dockerfile, "HEALTHCHECK")[0].partition("CMD ")[2])
    assert command[:2] == ["python", "-ISc"]
    assert "'/readyz'" in command[2]
    assert json.loads(of(dockerfile, "CMD")[0])[-1] == f"{service}.app:create_app()"
    environment = dict(part.split("=", 1) for part in shlex.split(" ".join(of(dockerfile, "ENV"))))
    assert environment["MOSTRADOR_COMMIT"] == "$COMMIT"
    assert environment["MOSTRADOR_BIND"].endswith(":8000")
    assert environment["MOSTRADOR_WORKER_BIND"].endswith(":8001")
    assert of(dockerfile, "EXPOSE") == ["8000 8001"]


def test_the_services_images_differ_by_the_services_name_only_and_begin_with_the_same_layers() -> None:
    texts, beginnings = set(), set()
    for service in SERVICES:
        text = (ROOT / "services" / service / "Dockerfile").read_text()
        texts.add("\n".join(line for line in text.splitlines()[2:]).replace(service, "SERVICE"))
        steps = instructions(f"services/{service}/Dockerfile")
        beginnings.add(
            tuple(steps[: next(i for i, (_, argument) in enumerate(steps) if f"services/{service}" in argument)])
        )
    assert len(texts) == len(beginnings) == 1
    assert any("install" in argument for _, argument in beginnings.pop())


@pytest.mark.parametrize("service", SERVICES)
def test_everything_it_installs_is_pinned(service: str) -> None:
    pinned = {
        re.sub(r"[-_.]+", "-", line.partition("==")[0]).lower()
        for line in (ROOT / "constraints.txt").read_text().splitlines()
    }
    for folder in ("libs/chassis", f"services/{service}"):
        project = tomllib.loads((ROOT / folder / "pyproject.toml").read_text())["project"]
        for dependency in [*project["dependencies"], *project.get("optional-dependencies", {}).get("otel", [])]:
            name = re.sub(r"[-_.]+", "-", re.split(r"[\[<>=~! ]", dependency)[0]).lower()
            assert name in pinned or name == "mostrador-chassis", dependency
    installs = [argument for argument in of(f"services/{service}/Dockerfile", "RUN") if " install " in argument]
    assert len(installs) == 2
    assert all("--constraint constraints.txt" in argument for argument in installs)
    assert "'./libs/chassis[otel]'" in installs[0], (
        "where a collector is named, a process without the packages would not start"
    )


@pytest.mark.parametrize("status", [200, 503])
def test_the_health_checks_tell_well_from_not_well(status: int) -> None:
    web = json.loads(of("services/sales/Dockerfile", "HEALTHCHECK")[0].partition("CMD ")[2])
    worker = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]["sales-worker"]["healthcheck"][
        "test"
    ][1:]
    asked = []

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(status)
            self.end_headers()

        def log_message(self, *_: object) -> None: ...

    with HTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for command, port in ((web, "8000"), (worker, "8001")):
            code = command[2].replace(port, str(server.server_port))
            assert code != command[2]
            done = subprocess.run([sys.executable, command[1], code], capture_output=True, text=True)
            assert (done.returncode, done.stderr) == (0 if status == 200 else 1, "")
        server.shutdown()
    assert asked == ["/readyz", "/readyz"]
