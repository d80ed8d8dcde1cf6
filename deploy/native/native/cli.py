"""`python -m native COMMAND`: the front door of the native run; the Makefile's targets end here."""

from __future__ import annotations

import argparse
import errno
import json
import os
import shutil
import sys
from typing import NoReturn

from native import homes
from native.errors import NotRunning, PlatformError
from native.ports import SERVICES
from native.services import program
from native.settings import ROOT, Settings, read_settings


def main(arguments: list[str] | None = None) -> int:
    """Run one command; its exit code. What a person can mend is told in a sentence, without a traceback."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.command(read_settings(), options))
    except PlatformError as error:
        print(f"mostrador: {error}", file=sys.stderr)
    except BrokenPipeError:  # `make status | head`: the reader has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        if error.filename is None and error.errno not in _FULL:
            raise
        print(f"mostrador: {error.strerror}: {error.filename or read_settings().home}.", file=sys.stderr)
    return 1


_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m native", description="Mostrador on this machine.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def add(name: str, command: object, text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text)
        added.set_defaults(command=command)
        return added

    add("up", _up, "start the platform and keep it until Ctrl-C")
    add("down", _down, "stop the platform that runs in this home")
    add("status", _status, "show its processes, their health and memory")
    logs = add("logs", _logs, "follow the logs of one service or process (all without a name)")
    logs.add_argument("name", nargs="?", default="")
    one_way = add("trace", _trace, "show one request's way through the logs of all processes")
    one_way.add_argument("id", nargs="?", default="", help="its X-Request-Id, or a trace id")
    for verb in ("start", "stop", "restart"):
        one = add(verb, _control, f"{verb} one process or a group (database, broker, workers, webs, gateway)")
        one.add_argument("name", nargs="?", default="")
        one.set_defaults(verb=verb)
    run = add("run", _run, "run a command of a service in its environment, e.g. `run sales dead list`")
    run.add_argument("service", nargs="?", default="")
    run.add_argument("arguments", nargs=argparse.REMAINDER)
    reset = add("reset-password", _reset_password, "give a user a new password, which is printed once")
    reset.add_argument("user", nargs="?", default="", help="e-mail or username")
    made = add("backup", _backup, "write the databases as of one moment, and the secrets, into a folder")
    made.add_argument("to", nargs="?", default="")
    back = add("restore", _restore, "put a backup in place of what is there")
    back.add_argument("source", nargs="?", default="")
    test = add("test", _test, "run all tests (or those of the folders named), with servers of their own")
    test.add_argument("folders", nargs="*")
    add("check", _check, "lint, types, and the tests that need no server")
    contracts = add(
        "contracts-check", _contracts_check, "what has broken since a revision: events, calls, APIs, migrations"
    )
    contracts.add_argument(
        "base", nargs="?", default="", help="the newest tag when it is not said, else the last commit"
    )
    fuzz = add("fuzz", _fuzz, "ask the API ever new things: `fuzz -- --help`")
    fuzz.add_argument("arguments", nargs="*")
    add("contracts", _contracts, "write the API's documents anew from the code: OpenAPI, AsyncAPI")
    alone = add("alone", _alone, "run one service without the others, its neighbours played from contracts/")
    alone.add_argument("service")
    alone.add_argument("first_request", nargs="?", default="GET /version", help="what to try: POST /path/ {json}")
    play = add("play", _play, "tell the service that runs alone events of its neighbours, from contracts/")
    play.add_argument("service")
    play.add_argument("types", nargs="*")
    image = add("image", _image, "build a service's image with Docker or Podman")
    image.add_argument("service")
    add("format", _format, "put the Python code into its form")
    add("clean", _clean, "stop the platform and delete its home with all data; backups stay")
    return parser


def _up(settings: Settings, _: argparse.Namespace) -> int:
    from native.up import up

    return up(settings)


def _down(settings: Settings, _: argparse.Namespace) -> int:
    print("Stopped." if homes.stop(settings) else "Nothing was running.")
    return 0


def _status(settings: Settings, _: argparse.Namespace) -> int:
    from native.status import status

    return status(settings)


def _logs(settings: Settings, options: argparse.Namespace) -> int:
    files = sorted(settings.logs.glob(f"{options.name}*.log"))
    if not files:
        raise PlatformError(f"There is no log of {options.name or 'anything'} in {settings.logs}.")
    if os.environ.get("JSON"):
        os.execvp("tail", ["tail", "-n", "40", "-F", *map(str, files)])
    from native.logs import follow

    return follow(files)


def _trace(settings: Settings, options: argparse.Namespace) -> int:
    from native.trace import trace

    return trace(settings, options.id)


def _control(settings: Settings, options: argparse.Namespace) -> int:
    from native.supervision import Supervisor

    if not options.name:
        raise PlatformError(f"Say what to {options.verb}: a process (sales-web) or a group (workers), S=… with make.")
    supervisor = Supervisor(settings)
    if options.verb in ("stop", "restart"):
        supervisor.stop(options.name)
    if options.verb in ("start", "restart"):
        supervisor.start(options.name)
    return 0


def _run(settings: Settings, options: argparse.Namespace) -> int:
    if options.service not in SERVICES or not options.arguments:
        raise PlatformError(
            f'Say the service ({", ".join(SERVICES)}) and its command: `make run S=sales C="dead list"`; C=--help lists them.'
        )
    become_command(settings, options.service, *options.arguments)


def _reset_password(settings: Settings, options: argparse.Namespace) -> int:
    if not options.user:
        raise PlatformError("Say whose: `make reset-password USER=<e-mail or username>`.")
    from native.migrations import require_migrated

    require_migrated(settings, "auth")
    become_command(settings, "auth", "reset-password", options.user)


def become_command(settings: Settings, service: str, *command: str) -> NoReturn:
    """Exec a command of a service in the environment that its worker has; NotRunning where none was ever started."""
    file = settings.processes / f"{service}-worker.json"
    if not file.exists():
        raise NotRunning(f"Mostrador was never started in {settings.home}: `make up` first.")
    env = json.loads(file.read_text())["env"]
    env.pop("MOSTRADOR_PROCESS")
    os.execve(program("chassis"), ["chassis", service, *command], env)


def _backup(settings: Settings, options: argparse.Namespace) -> int:
    from native.backup import backup

    return backup(settings, options.to)


def _restore(settings: Settings, options: argparse.Namespace) -> int:
    from native.backup import restore

    return restore(settings, options.source)


def _test(settings: Settings, options: argparse.Namespace) -> int:
    from native.suite import run_tests

    return run_tests([folder.rstrip("/") for folder in options.folders])


def _check(settings: Settings, _: argparse.Namespace) -> int:
    from native.suite import run_checks

    return run_checks()


def _contracts_check(settings: Settings, options: argparse.Namespace) -> int:
    from native.contracts.check import check

    return check(ROOT, options.base)


def _fuzz(settings: Settings, options: argparse.Namespace) -> int:
    program = str(ROOT / "tests" / "fuzzing.py")
    os.execv(sys.executable, [sys.executable, program, *options.arguments])


def _contracts(settings: Settings, _: argparse.Namespace) -> int:
    os.execv(sys.executable, [sys.executable, "-m", "chassis.apidocs"])


def _alone(settings: Settings, options: argparse.Namespace) -> int:
    from native.alone import run_alone

    return run_alone(settings, options.service, options.first_request)


def _play(settings: Settings, options: argparse.Namespace) -> int:
    from native.alone import play_by_hand

    return play_by_hand(settings, options.service, options.types)


def _image(settings: Settings, options: argparse.Namespace) -> int:
    from native.image import build_image

    return build_image(options.service)


def _format(settings: Settings, _: argparse.Namespace) -> int:
    from native.suite import run_format

    return run_format()


def _clean(settings: Settings, _: argparse.Namespace) -> int:
    if not settings.home.exists():
        print(f"There is no {settings.home}.")
        return 0
    backups = settings.home / "backups"
    doomed = sorted(path for path in settings.home.iterdir() if path != backups)
    if not doomed:
        print(f"There is nothing to delete in {settings.home}.{' Backups stay.' if backups.exists() else ''}")
        return 0
    if not (settings.home / "up.lock").exists():
        raise PlatformError(f"{settings.home} is no home of Mostrador: nothing was deleted.")
    print(f"This deletes all data of the shop in {settings.home}: {', '.join(path.name for path in doomed)}.")
    print(f"{backups} stays." if backups.exists() else "There are no backups: `make backup TO=<folder>` makes one.")
    if not os.environ.get("FORCE"):
        if not sys.stdin.isatty():
            raise PlatformError("Nothing was deleted: nobody is there to ask. `make clean FORCE=1` does not ask.")
        if input("Type yes to delete it: ").strip() != "yes":
            raise PlatformError("Nothing was deleted.")
    homes.stop(settings)
    for path in doomed:
        shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink(missing_ok=True)
    if not backups.exists():
        settings.home.rmdir()
    print("It is gone.")
    return 0
