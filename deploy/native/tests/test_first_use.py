"""The first use of the platform: clear sentences, no lost data, no secret shown twice."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path

import pytest

from native import cli, homes, migrations
from native.errors import PlatformError, SettingsError
from native.logs import readable
from native.plan import check_settings, make_plan
from native.platform import Platform
from native.postgres import Cluster
from native.secrets import Secrets
from native.settings import ROOT, read_settings

STUBS = (sys.executable, str(Path(__file__).parent / "stub_platform.py"))


def native(platform: Platform, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
    command = [*platform.command, *arguments]
    return subprocess.run(
        command, env={**platform.env, **env}, capture_output=True, text=True, timeout=30, stdin=subprocess.DEVNULL
    )


def test_the_password_is_printed_by_the_first_start_only(platform: Platform) -> None:
    platform.start()
    platform.stop()  # it prints on after `ready:`
    first, password = platform.log.read_text(), platform.admin.password
    (platform.settings.home / "migrated.sqlite.json").write_text("{}")  # what the stubs leave out
    assert f"password: {password}" in first
    assert f"export SHOP_URL={platform.url} SHOP_LOGIN=admin@mostrador.local SHOP_PASSWORD={password}" in first
    assert f"{platform.url}/api/v1/schema/swagger-ui/" in first
    platform.env["MOSTRADOR_ADMIN_PASSWORD"] = "another password"
    platform.start()
    platform.stop()
    second = platform.log.read_text()
    assert password not in second
    assert "make reset-password USER=admin@mostrador.local" in second
    assert "MOSTRADOR_ADMIN_PASSWORD is ignored" in second
    assert "another password" not in second


@pytest.mark.parametrize(("kept", "asked"), [("sqlite", "postgresql"), ("postgresql", "sqlite")])
@pytest.mark.parametrize("command", ["up", "status", "backup"])
def test_a_shop_on_the_other_database_is_refused_not_emptied(
    tmp_path: Path, kept: str, asked: str, command: str
) -> None:
    platform = Platform(tmp_path / "home", database=asked, command=STUBS)
    (tmp_path / "home" / "secrets").mkdir(parents=True)
    (tmp_path / "home" / f"migrated.{kept}.json").write_text("{}")
    refused = native(platform, command)
    assert refused.returncode == 1
    assert f"MOSTRADOR_DATABASE={kept}" in refused.stderr
    assert "MOSTRADOR_HOME" in refused.stderr
    assert not (tmp_path / "home" / "postgresql").exists()
    assert not (tmp_path / "home" / "data").exists()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MOSTRADOR_TLS", "yes"),
        ("MOSTRADOR_TLS_CERT", "/no/such/file"),
        ("MOSTRADOR_LIMIT_LOGIN", "many"),
        ("MOSTRADOR_CONCURRENT", "-1"),
        ("MOSTRADOR_LOG_LEVEL", "LOUD"),
        ("MOSTRADOR_WEB_THREADS", "eight"),
        ("MOSTRADOR_DEFAULT_CREDIT_LIMIT", "much"),
    ],
)
def test_a_setting_that_no_process_can_use_is_refused_before_anything_starts(
    tmp_path: Path, name: str, value: str
) -> None:
    settings = read_settings({"MOSTRADOR_HOME": str(tmp_path), name: value})
    with pytest.raises(SettingsError, match=name):
        check_settings(make_plan(settings))


def test_the_default_settings_are_usable(tmp_path: Path) -> None:
    before = dict(os.environ)
    check_settings(make_plan(read_settings({"MOSTRADOR_HOME": str(tmp_path), "MOSTRADOR_TLS": "self-signed"})))
    assert dict(os.environ) == before


def test_a_first_start_that_failed_does_not_decide_the_administrator(tmp_path: Path) -> None:
    wrong = read_settings({"MOSTRADOR_HOME": str(tmp_path), "MOSTRADOR_ADMIN_EMAIL": "typo@shop.mx"})
    right = read_settings({"MOSTRADOR_HOME": str(tmp_path), "MOSTRADOR_ADMIN_EMAIL": "right@shop.mx"})
    secrets = Secrets(tmp_path)
    assert secrets.admin(wrong).email == "typo@shop.mx"
    assert secrets.ignored(right) == []
    assert secrets.admin(right).email == "right@shop.mx"
    (tmp_path / "migrated.sqlite.json").write_text("{}")
    assert secrets.ignored(wrong) == ["MOSTRADOR_ADMIN_EMAIL"]
    assert secrets.admin(wrong).email == "right@shop.mx"


def test_status_of_a_home_that_never_ran_makes_nothing(tmp_path: Path) -> None:
    platform = Platform(tmp_path / "home", database="postgresql", command=STUBS)
    answer = native(platform, "status")
    assert (answer.returncode, answer.stdout) == (1, "")
    assert not (tmp_path / "home").exists()


@pytest.mark.parametrize("content", ["", '{"auth": '])
def test_a_half_written_record_of_migrations_only_migrates_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str
) -> None:
    ran: list[str] = []
    monkeypatch.setattr(migrations, "_run", lambda _settings, _environments, commands: ran.extend(commands.values()))
    record = tmp_path / "migrated.sqlite.json"
    record.write_text(content)
    settings = read_settings({"MOSTRADOR_HOME": str(tmp_path)})
    assert migrations.migrate(settings, {"sales": {}}) == ["sales"]
    assert ran == ["migrate"]
    assert migrations.migrate(settings, {"sales": {}}) == []


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_reset_before_the_migrations_of_a_new_version_names_the_command_to_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setenv("MOSTRADOR_HOME", str(tmp_path))
    record = tmp_path / f"migrated.{kind}.json"
    record.write_text(json.dumps({"auth": "an older version's"}))
    assert cli.main(["reset-password", "ana@example.com"]) == 1
    assert capsys.readouterr().err == (
        f"mostrador: The databases in {tmp_path} are of another version than this code: "
        "`make up` brings them up to date.\n"
    )
    record.write_text(json.dumps({"auth": migrations.fingerprint(ROOT / "services/auth/migrations")}))
    assert cli.main(["reset-password", "ana@example.com"]) == 1
    assert "was never started" in capsys.readouterr().err, "nothing is said about versions"


def test_a_cluster_whose_making_was_killed_is_made_again(folder: Path) -> None:
    cluster = Cluster(folder / "cluster", fast=True)
    half = folder / "cluster" / "data.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("15")
    (folder / "cluster" / "password").write_text("left behind")
    with cluster:
        assert cluster.sql("SELECT 1") == "1"
    assert not (folder / "cluster" / "password").exists()


def test_a_full_disk_is_told_before_anything_starts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(homes, "LEAST_FREE", 10**18)
    with pytest.raises(PlatformError, match=r"MB free, and Mostrador needs"):
        homes.require_room(read_settings({"MOSTRADOR_HOME": str(tmp_path)}))


@pytest.fixture
def used(tmp_path: Path) -> Platform:
    """A home with data and a backup, in which nothing runs."""
    home = tmp_path / "home"
    for name in ("data", "backups/today"):
        (home / name).mkdir(parents=True)
    (home / "up.lock").touch()
    (home / "data/sales.db").write_text("orders")
    (home / "backups/today/sales.db").write_text("older orders")
    return Platform(home, command=STUBS)


def test_clean_without_somebody_to_ask_deletes_nothing(used: Platform) -> None:
    refused = native(used, "clean")
    assert refused.returncode == 1
    assert "FORCE=1" in refused.stderr
    assert (used.settings.home / "data/sales.db").exists()


@pytest.mark.parametrize(("answer", "deleted"), [("yes", True), ("y", False), ("", False)])
def test_clean_names_what_it_deletes_and_asks(used: Platform, answer: str, deleted: bool) -> None:
    ours, theirs = pty.openpty()
    process = subprocess.Popen([*used.command, "clean"], env=used.env, stdin=theirs, stdout=subprocess.PIPE, text=True)
    os.write(ours, f"{answer}\n".encode())
    said, _ = process.communicate(timeout=30)
    os.close(ours)
    os.close(theirs)
    assert "data, up.lock" in said
    assert (used.settings.home / "data").exists() is not deleted
    assert (used.settings.home / "backups/today/sales.db").read_text() == "older orders"


def test_clean_by_force_keeps_the_backups(used: Platform) -> None:
    assert native(used, "clean", FORCE="1").returncode == 0
    assert [path.name for path in used.settings.home.iterdir()] == ["backups"]
    again = native(used, "clean", FORCE="1")
    assert again.returncode == 0
    assert again.stdout == f"There is nothing to delete in {used.settings.home}. Backups stay.\n"


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (("trace", "nosuch"), "'nosuch' is no request's id. Say which request: "),
        (("restore", "/nowhere"), "There is no backup in /nowhere. Say which backup: "),
    ],
)
def test_an_argument_that_names_nothing_is_not_called_absent(
    tmp_path: Path, command: tuple[str, ...], sentence: str
) -> None:
    answer = native(Platform(tmp_path / "home", command=STUBS), *command)
    assert answer.returncode == 1
    assert answer.stderr.startswith(f"mostrador: {sentence}")


@pytest.mark.parametrize(
    "command", [("trace",), ("restart",), ("run",), ("run", "sales"), ("reset-password",), ("restore",), ("logs",)]
)
def test_a_command_that_lacks_its_argument_is_answered_in_a_sentence(tmp_path: Path, command: tuple[str, ...]) -> None:
    answer = native(Platform(tmp_path / "home", command=STUBS), *command)
    assert answer.returncode == 1
    assert re.fullmatch(r"mostrador: [A-Z][^\n]*\.\n", answer.stderr), answer.stderr
    assert "usage" not in answer.stderr


@pytest.mark.parametrize("example", ["first_sale.py", "pos_client.py", "chatbot.py"])
def test_an_example_with_nothing_running_says_so_in_a_sentence(example: str) -> None:
    env = {**os.environ, "SHOP_URL": "http://127.0.0.1:1", "SHOP_LOGIN": "ana", "SHOP_PASSWORD": "secret12"}
    answer = subprocess.run(
        [sys.executable, str(ROOT / "examples" / example)],
        env=env,
        capture_output=True,
        text=True,
        timeout=60,
        input="",
    )
    assert answer.returncode == 1
    assert "Traceback" not in answer.stderr
    assert len((answer.stdout + answer.stderr).strip().splitlines()) == 1


def test_make_passes_the_user_of_the_command_line_and_not_of_the_shell(tmp_path: Path) -> None:
    def wanted(*arguments: str) -> str:
        command = ["make", "-n", "reset-password", *arguments]
        env = {**os.environ, "USER": "root"}
        return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=True).stdout

    assert "root" not in wanted().split("reset-password")[1]
    assert "'ana@example.com'" in wanted("USER=ana@example.com")


def test_logs_are_readable() -> None:
    lines = [
        "==> /home/.run/logs/sales-web.log <==\n",
        json.dumps({"service": "sales", "level": "info", "event": "order_placed", "timestamp": "2026-12-01T10:11:12.5Z", "order": 7}),
        "",
        "==> /home/.run/logs/gateway.log <==",
        json.dumps({"service": "gateway", "status": 200, "method": "GET", "path": "/api/", "client": "::1", "request_id": "r1"}),
        "not json",
        json.dumps({"event": "failed", "exception": "Traceback:\n  line"}),
    ]  # fmt: skip
    shown = [" ".join(line.split()) for line in readable(lines)]
    assert shown == [
        "10:11:12 info sales-web order_placed order=7",
        "info gateway 200 GET /api/ ::1 r1",
        "gateway not json",
        "gateway failed exception= Traceback: line",
    ]


def test_a_reader_that_goes_away_ends_a_command_without_a_traceback(tmp_path: Path) -> None:
    program = "import sys, native.cli as cli; cli._status = lambda *_: print('x' * 200_000) or 0; sys.exit(cli.main(['status']))"
    first = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert first.stdout
    assert first.stderr
    first.stdout.read(1)
    first.stdout.close()
    assert first.stderr.read() == ""
    first.stderr.close()
    first.wait(10)


def test_checkouts_have_unix_line_ends() -> None:
    command = ["git", "check-attr", "eol", "deploy/secrets.sh", "Makefile", "gateway/start.sh"]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert answer.count(": lf") == 3
