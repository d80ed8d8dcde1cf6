"""What the bootstrap decides and says; that it installs is shown by every start from nothing."""

import importlib.util
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
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
        ("up", {}, {"nginx", "libnginx-mod-http-js", "openssl", "curl", "rabbitmq-server"}),
        ("up", {"MOSTRADOR_AMQP_URL": "amqp://elsewhere"}, {"nginx", "libnginx-mod-http-js", "openssl", "curl"}),
        (
            "up",
            {"MOSTRADOR_DATABASE": "PostgreSQL"},
            {"nginx", "libnginx-mod-http-js", "openssl", "curl", "rabbitmq-server", "postgresql"},
        ),
        ("test", {}, {"nginx", "libnginx-mod-http-js", "openssl", "curl", "rabbitmq-server", "postgresql", "chromium"}),
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
        ("WARNING: Retrying (Retry(total=4…\nERROR: [Errno 28] No space left on device\n", "the disk is full."),
        ("WARNING: Retrying (Retry(total=4…\nERROR: Cannot install alembic\n", "the package index can't be reached."),
        (
            "WARNING: Retrying (Retry(total=4… CERTIFICATE_VERIFY_FAILED\nERROR: Cannot install alembic\n",
            "the certificate of the package index is not trusted here (pip's setting `cert` names another authority).",
        ),
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
    monkeypatch.setattr(bootstrap, "INSTALLING", tmp_path / "installing")
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


# A pip whose installations take a while, and which needs the rest of its package to work at all.
SLOW_PIP = """
import pathlib, sys, time
root = pathlib.Path.cwd()
if "--version" not in sys.argv:
    with (root / "calls").open("a") as calls:
        calls.write(" ".join(sys.argv[1:]) + "\\n")
    while (root / "slow").exists():
        time.sleep(0.02)
"""


@pytest.fixture
def checkout(bootstrap: ModuleType, tmp_path: Path) -> Path:
    """A checkout whose virtualenvs get a pip that installs nothing."""
    for name in (
        *bootstrap.REQUIREMENTS,
        bootstrap.CONSTRAINTS,
        *(f"{own}/pyproject.toml" for own in bootstrap.EDITABLE),
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    program = (ROOT / "deploy/native/bootstrap.py").read_text()
    (tmp_path / "deploy/native/bootstrap.py").write_text(program)
    python = tmp_path / "python"
    python.write_text(
        "#!/bin/sh\n"
        f'case "$*" in *"-m venv"*) ;; *) exec {sys.executable} "$@" ;; esac\n'
        f'{sys.executable} -m venv --without-pip "$3" || exit 1\n'
        f"pip=$(echo $3/lib/python*/site-packages)/pip; mkdir $pip; cp {tmp_path}/pip.py $pip/__main__.py\n"
        f"while [ -e {tmp_path}/slow-venv ]; do sleep 0.02; done\n"
        "echo '#!'$3/bin/python > $3/bin/pip\n"
    )
    python.chmod(0o755)
    (tmp_path / "pip.py").write_text(SLOW_PIP)
    return tmp_path


INTERRUPTIBLE = ("env", "--default-signal=INT")
"""A run of the tests in the background of a shell ignores SIGINT, and so would all that it starts."""


def install(checkout: Path) -> subprocess.Popen[str]:
    """`make install` in a checkout, without the distribution's packages."""
    program = (
        "import importlib.util, pathlib, sys\n"
        f"spec = importlib.util.spec_from_file_location('bootstrap', '{checkout}/deploy/native/bootstrap.py')\n"
        "bootstrap = importlib.util.module_from_spec(spec); spec.loader.exec_module(bootstrap)\n"
        f"bootstrap.base_python = lambda: '{checkout}/python'\n"
        "bootstrap.install_system_packages = lambda wanted: None\n"
        "sys.exit(bootstrap.main('install', []))\n"
    )
    command = [*INTERRUPTIBLE, sys.executable, "-c", program]
    return subprocess.Popen(
        command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True
    )


def until(condition: Callable[[], object], process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 20
    while not condition():
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
@pytest.mark.parametrize("step", ["virtualenv", "first pip", "second pip"])
def test_an_interrupted_installation_is_made_whole_by_the_next(checkout: Path, step: str, number: int) -> None:
    calls = checkout / "calls"

    def seen(count: int) -> bool:
        return calls.exists() and len(calls.read_text().splitlines()) == count

    (checkout / ("slow-venv" if step == "virtualenv" else "slow")).touch()
    process = install(checkout)
    if step == "virtualenv":
        until(lambda: list(checkout.glob(".venv.new/lib/python*/site-packages/pip")), process)
    else:
        until(lambda: seen(1), process)
        if step == "second pip":
            (checkout / "slow").rename(checkout / "fast")
            until(lambda: seen(2) or (checkout / "fast").rename(checkout / "slow"), process)
    os.killpg(process.pid, number)
    process.communicate()
    for name in ("slow", "slow-venv"):
        (checkout / name).unlink(missing_ok=True)
    calls.unlink(missing_ok=True)
    again = install(checkout)
    output, _ = again.communicate()
    assert again.returncode == 0, output
    assert "Making the virtualenv" in output, "a half-made one is never used"
    assert len(calls.read_text().splitlines()) == 2, "all packages are installed"
    assert (checkout / ".venv/bin/pip").read_text() == f"#!{checkout}/.venv/bin/python\n"
    third = install(checkout)
    assert "Making" not in third.communicate()[0]
    assert len(calls.read_text().splitlines()) == 2, "nothing is left to do"


def test_without_root_the_command_to_run_as_root_is_told(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap.os, "getuid", lambda: 1000)
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: None)
    with pytest.raises(bootstrap.Failure) as failure:
        bootstrap.as_root(["nginx", "curl"])
    assert str(failure.value) == (
        "Installing packages takes root, and there is no sudo: "
        "run `apt-get install --no-install-recommends nginx curl` as root, then make again."
    )


@pytest.mark.parametrize("step", ["virtualenv", "pip"])
def test_what_a_killed_installation_left_running_is_awaited(checkout: Path, step: str) -> None:
    slow = checkout / ("slow-venv" if step == "virtualenv" else "slow")
    slow.touch()
    begun = ".venv.new/lib/python*/site-packages/pip" if step == "virtualenv" else "calls"
    with install(checkout) as killed:
        until(lambda: list(checkout.glob(begun)), killed)
        killed.kill()  # alone: what it had started goes on
    again = install(checkout)
    assert again.stdout
    assert again.stdout.readline() == "==> Waiting for another make that is installing\n"
    slow.unlink()
    output, _ = again.communicate()
    assert again.returncode == 0, output


def test_an_interrupted_program_is_awaited_until_it_has_ended_in_order(checkout: Path) -> None:
    program = (
        f"import sys; sys.path.insert(0, '{checkout}/deploy/native'); import bootstrap\n"
        "bootstrap.stream(['sh', '-c', 'trap \"\" INT; touch begun; "
        "while [ ! -e go-on ]; do sleep 0.02; done; touch ended'], '')\n"
    )
    process = subprocess.Popen(
        [*INTERRUPTIBLE, sys.executable, "-c", program],
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    until((checkout / "begun").exists, process)
    os.killpg(process.pid, signal.SIGINT)
    assert process.stdout
    while "Waiting until" not in process.stdout.readline():
        assert process.poll() is None
    (checkout / "go-on").touch()
    process.communicate()
    assert (checkout / "ended").exists()


def test_no_service_starts_while_the_apt_of_a_killed_installation_goes_on(
    bootstrap: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy, cluster = tmp_path / "policy-rc.d", tmp_path / "createcluster"
    policy.write_text(f"#!/bin/sh\n{bootstrap.MARK}exit 101\n")
    monkeypatch.setattr(bootstrap, "POLICY", policy)
    monkeypatch.setattr(bootstrap, "NO_CLUSTER", cluster)
    monkeypatch.setattr(bootstrap, "as_root", lambda _packages: [])
    monkeypatch.setattr(bootstrap.shutil, "which", lambda name: name if name == "apt-get" else None)
    monkeypatch.setattr(bootstrap, "PYTHON", Path(sys.executable))
    commands: list[str] = []

    def stream(command: list[str], _pattern: str) -> int:
        assert bootstrap.is_ours(policy)
        commands.append(next(word for word in command if word in ("update", "check", "--configure", "install")))
        return 0

    monkeypatch.setattr(bootstrap, "stream", stream)
    bootstrap.install_system_packages({"nginx": str(tmp_path / "missing")})
    assert commands == ["update", "check", "--configure", "install"], "check waits for the lock that dpkg does not"
    assert not policy.exists()
    assert not cluster.exists()


def test_a_virtualenv_without_its_pip_is_made_again(checkout: Path) -> None:
    first = install(checkout)
    assert first.communicate()[0]
    assert first.returncode == 0
    (checkout / ".venv/installed").unlink()
    next(checkout.glob(".venv/lib/python*/site-packages/pip/__main__.py")).unlink()
    again = install(checkout)
    assert "Making the virtualenv" in again.communicate()[0]
    assert again.returncode == 0


def test_what_dpkg_left_half_installed_is_installed_again(
    bootstrap: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = subprocess.CompletedProcess(
        [], 0, stdout="nginx installed\nrabbitmq-server unpacked\nopenssl half-configured\n"
    )
    monkeypatch.setattr(bootstrap.subprocess, "run", lambda *_args, **_options: answer)
    assert bootstrap.half_installed(["nginx", "rabbitmq-server", "openssl"]) == {"rabbitmq-server", "openssl"}


def test_files_of_a_killed_installation_are_removed(
    bootstrap: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy, others = tmp_path / "policy-rc.d", tmp_path / "createcluster"
    policy.write_text(f"#!/bin/sh\n{bootstrap.MARK}exit 101\n")
    others.write_text("somebody else's")
    monkeypatch.setattr(bootstrap, "POLICY", policy)
    monkeypatch.setattr(bootstrap, "NO_CLUSTER", others)
    monkeypatch.setattr(bootstrap, "as_root", lambda _packages: [])
    bootstrap.install_system_packages({})
    assert not policy.exists()
    assert others.exists()


def test_a_disk_without_room_for_the_virtualenv_is_named(
    bootstrap: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    python = tmp_path / "python"  # says what venv says then
    python.write_text("#!/bin/sh\necho Error: Command returned non-zero exit status 1.\nexit 1\n")
    python.chmod(0o755)
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    monkeypatch.setattr(bootstrap, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(bootstrap, "base_python", lambda: str(python))
    with pytest.raises(bootstrap.Failure, match="non-zero exit status"):
        bootstrap.make_virtualenv()
    monkeypatch.setattr(bootstrap, "LEAST_FREE", 2**62)
    with pytest.raises(bootstrap.Failure, match=f"^The virtualenv could not be made: the disk of {tmp_path} is full.$"):
        bootstrap.make_virtualenv()


def test_what_the_file_system_refuses_is_told_in_a_sentence(checkout: Path) -> None:
    (checkout / ".venv.new").touch()  # no folder: as a full disk or a read-only one, an OSError
    command = [sys.executable, str(checkout / "deploy/native/bootstrap.py"), "check"]
    failed = subprocess.run(command, capture_output=True, text=True)
    assert failed.returncode == 1
    assert failed.stderr == f"mostrador: Not a directory: {checkout}/.venv.new.\n"
