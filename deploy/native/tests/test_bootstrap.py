"""What the bootstrap decides and says; that it installs is shown by every start from nothing."""

import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

from native.settings import ROOT


@pytest.fixture
def bootstrap() -> ModuleType:
    specification = importlib.util.spec_from_file_location("bootstrap", ROOT / "deploy/native/bootstrap.py")
    assert specification
    assert specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    ("command", "environ", "wanted"),
    [
        ("up", {}, {"nginx", "libnginx-mod-http-js", "openssl", "rabbitmq-server"}),
        ("up", {"MOSTRADOR_AMQP_URL": "amqp://elsewhere"}, {"nginx", "libnginx-mod-http-js", "openssl"}),
        (
            "up",
            {"MOSTRADOR_DATABASE": "PostgreSQL"},
            {"nginx", "libnginx-mod-http-js", "openssl", "rabbitmq-server", "postgresql"},
        ),
        ("test", {}, {"nginx", "libnginx-mod-http-js", "openssl", "rabbitmq-server", "postgresql", "chromium"}),
        ("check", {}, set()),
    ],
)
def test_only_what_a_command_needs_is_installed(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch, command: str, environ: dict[str, str], wanted: set[str]
) -> None:
    for name in ("MOSTRADOR_AMQP_URL", "MOSTRADOR_DATABASE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    assert set(bootstrap.wanted_system_packages(command)) == wanted


@pytest.mark.parametrize(
    ("log", "sentence"),
    [
        ("Reading…\nE: Unable to locate package nginx\nE: other\n", "Unable to locate package nginx."),
        ("ERROR: No matching distribution found for pika\nend\n", "No matching distribution found for pika."),
        ("WARNING: Retrying (Retry(total=4…\nERROR: Cannot install alembic\n", "the package index can't be reached."),
        ("killed\n", "killed."),
        ("", "no output."),
    ],
)
def test_a_failed_installation_is_told_in_a_sentence(
    bootstrap: ModuleType, tmp_path: Path, log: str, sentence: str
) -> None:
    bootstrap.LOG = tmp_path / "log"
    bootstrap.LOG.write_text(log)
    assert bootstrap.last_error() == sentence


def test_a_changed_pin_or_package_is_installed_anew(bootstrap: ModuleType, tmp_path: Path) -> None:
    files = [
        *bootstrap.REQUIREMENTS,
        bootstrap.CONSTRAINTS,
        *(f"{folder}/pyproject.toml" for folder in bootstrap.EDITABLE),
    ]
    for name in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    bootstrap.ROOT = tmp_path
    seen = {bootstrap.fingerprint()}
    for name in files:
        (tmp_path / name).write_text("changed")
        seen.add(bootstrap.fingerprint())
    assert len(seen) == len(files) + 1


def test_the_generators_of_clients_are_installed_once(
    bootstrap: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    commands, codes = list[list[str]](), [0, 1, 0, 0]
    monkeypatch.setattr(bootstrap, "NODE", tmp_path / "clients")
    monkeypatch.setattr(bootstrap, "LOG", tmp_path / "log")
    monkeypatch.setattr(bootstrap, "stream", lambda command, _: commands.append(command) or codes.pop(0))
    bootstrap.install_client_generators()  # npm fails: the rest of the tests can run, and the next time tries again
    assert "npm could not install the packages of tests/generated" in capsys.readouterr().out
    bootstrap.install_client_generators()
    bootstrap.install_client_generators()
    assert [command[-1] for command in commands] == 2 * [
        str(ROOT / "tests/generated/requirements.txt"), str(tmp_path / "clients"),
    ]  # fmt: skip
    assert (tmp_path / "clients" / "package-lock.json").exists()


def test_the_lock_of_node_packages_names_no_registry() -> None:
    lock = (ROOT / "tests/generated/package-lock.json").read_text()
    assert '"resolved"' not in lock
    assert lock.count('"integrity"') > 20


def test_help_lists_every_target(bootstrap: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    makefile = ROOT / "Makefile"
    bootstrap.show_help(makefile)
    listed = re.findall(r"^  ([a-z-]+) ", capsys.readouterr().out, re.MULTILINE)
    phony = re.search(r"^\.PHONY: (.*)$", makefile.read_text(), re.MULTILINE)
    assert phony
    assert listed == phony[1].split()


def test_every_requirement_is_pinned() -> None:
    def key(name: str) -> str:
        return re.split(r"[\[=]", name)[0].lower().replace("_", "-")

    pinned = {key(line) for line in (ROOT / "constraints.txt").read_text().splitlines()}
    wanted = {
        key(line)
        for name in ("requirements.txt", "requirements-dev.txt", "tests/generated/requirements.txt")
        for line in (ROOT / name).read_text().splitlines()
        if line and not line.startswith("#")
    }
    assert wanted <= pinned
