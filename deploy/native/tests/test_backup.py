"""A backup made while everything is written to is of one moment, and comes back as it was."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest

from native import homes
from native.backup import backup, restore
from native.errors import PlatformError
from native.ports import SERVICES, free_ports
from native.secrets import Secrets
from native.settings import Settings


def open_sqlite(home: Path, service: str) -> sqlite3.Connection:
    return sqlite3.connect(home / "data" / f"{service}.db", timeout=10, isolation_level=None)


@pytest.fixture
def home(tmp_path: Path) -> Settings:
    """A home with secrets and five databases of one counter each."""
    settings = Settings(home=tmp_path / "home")
    (settings.home / "data").mkdir(parents=True)
    Secrets(settings.home).get("pin-pepper")
    (settings.home / "migrated.sqlite.json").write_text("{}")
    for service in SERVICES:
        with closing(open_sqlite(settings.home, service)) as database:
            database.execute("PRAGMA journal_mode=WAL")
            database.execute("CREATE TABLE steps (n INTEGER)")
            database.execute("CREATE TABLE ballast (bytes BLOB)")
            database.execute("INSERT INTO ballast VALUES (zeroblob(2000000))")  # so that copying takes its time
    return settings


@contextmanager
def stepping(write: Callable[[str, int], None]) -> Iterator[None]:
    """One writer goes through the services again and again: what n did in one it then does in the next."""
    stop, wrote = threading.Event(), threading.Event()

    def go() -> None:
        n = 0
        while not stop.is_set():
            n += 1
            for service in SERVICES:
                write(service, n)
            wrote.set()

    thread = threading.Thread(target=go)
    thread.start()
    assert wrote.wait(20)
    try:
        yield
    finally:
        stop.set()
        thread.join()


def one_moment(counts: list[int]) -> bool:
    """Each service as far as the one before it, or one step behind; and no two steps are open at once."""
    return counts == sorted(counts, reverse=True) and counts[0] - counts[-1] <= 1


def test_sqlite_comes_back_as_of_one_moment_while_it_is_written_to(home: Settings, tmp_path: Path) -> None:
    writers = {
        service: sqlite3.connect(
            home.home / "data" / f"{service}.db", timeout=10, isolation_level=None, check_same_thread=False
        )
        for service in SERVICES
    }
    counts: list[list[int]] = []
    with stepping(lambda service, n: writers[service].execute("INSERT INTO steps VALUES (?)", [n]) and None):
        for n in range(4):
            backup(home, str(tmp_path / f"copy{n}"))
            counts.append([])
            for service in SERVICES:
                with closing(sqlite3.connect(tmp_path / f"copy{n}" / "data" / f"{service}.db")) as copy:
                    counts[-1] += copy.execute("SELECT count(*) FROM steps").fetchone()
    for writer in writers.values():
        writer.close()
    assert all(one_moment(found) for found in counts), counts
    assert counts[0][0] < counts[3][0]

    secret = Secrets(home.home).file("pin-pepper")
    kept = secret.read_text()
    secret.write_text("another")
    restore(home, str(tmp_path / "copy2"))
    restored = []
    for service in SERVICES:
        with closing(open_sqlite(home.home, service)) as database:
            restored += database.execute("SELECT count(*) FROM steps").fetchone()
    assert restored == counts[2]
    assert secret.read_text() == kept
    assert (secret.stat().st_mode & 0o777, (tmp_path / "copy2").stat().st_mode & 0o777) == (0o600, 0o700)
    assert (home.home / "migrated.sqlite.json").exists()
    [aside] = home.home.glob("before-restore-*")
    with closing(sqlite3.connect(aside / "data" / "sales.db")) as before:
        assert before.execute("SELECT count(*) FROM steps").fetchone()[0] > counts[3][0]


def test_postgresql_comes_back_as_of_one_moment_while_it_is_written_to(tmp_path: Path) -> None:
    from native.backup import _cluster

    [port] = free_ports(1)
    home = Settings(home=tmp_path / "home", database="postgresql", port=port - 41)
    cluster = _cluster(home)
    cluster.fast = True
    with cluster:
        cluster.ensure_databases(dict.fromkeys(SERVICES, "secret"))
        writers = {
            service: psycopg.connect(
                f"host=127.0.0.1 port={port} user={service} password=secret dbname={service}", autocommit=True
            )
            for service in SERVICES
        }
        for writer in writers.values():
            writer.execute("CREATE TABLE steps (n int)")
        with stepping(lambda service, n: writers[service].execute("INSERT INTO steps VALUES (%s)", [n]) and None):
            backup(home, str(tmp_path / "copy"))
        for writer in writers.values():
            writer.close()
        last = int(cluster.sql("SELECT count(*) FROM steps", "sales"))
    restore(home, str(tmp_path / "copy"))
    with cluster:
        counts = [int(cluster.sql("SELECT count(*) FROM steps", service)) for service in SERVICES]
    assert one_moment(counts), counts
    assert 0 < counts[0] < last


@pytest.mark.parametrize(
    ("harm", "said"),
    [
        (lambda copy: (copy / "data" / "sales.db").write_bytes(b"x"), "damaged, nothing was touched: data/sales.db"),
        (lambda copy: (copy / "secrets" / "pin-pepper").unlink(), "damaged, nothing was touched: secrets/pin-pepper"),
        (lambda copy: (copy / "backup.json").unlink(), "Say which backup"),
        (lambda copy: (copy / "backup.json").write_text('{"database": "postgresql"}'), "MOSTRADOR_DATABASE=postgresql"),
    ],
)
def test_a_backup_that_is_not_whole_touches_nothing(
    home: Settings, tmp_path: Path, harm: Callable[[Path], object], said: str
) -> None:
    copy = tmp_path / "copy"
    backup(home, str(copy))
    harm(copy)
    with pytest.raises(PlatformError, match=said):
        restore(home, str(copy))
    assert sorted(path.name for path in home.home.iterdir()) == ["data", "migrated.sqlite.json", "secrets"]


def test_a_disk_that_fills_up_is_told_and_leaves_no_half_backup(
    home: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full(sqlite3.Connection):
        def backup(self, *_args: object, **_options: object) -> None:
            raise sqlite3.OperationalError("database or disk is full")

    monkeypatch.setattr("native.backup._reading", lambda *_: sqlite3.connect(":memory:", factory=Full))
    folder = tmp_path / "copy"
    with pytest.raises(PlatformError, match=f"^The database of auth can't be copied to {folder}: database or disk is"):
        backup(home, str(folder))
    assert not folder.exists()


def test_a_platform_that_runs_is_not_restored_over(home: Settings, tmp_path: Path) -> None:
    backup(home, str(tmp_path / "copy"))
    with homes.held(home), pytest.raises(PlatformError, match="already runs"):
        restore(home, str(tmp_path / "copy"))
    assert not list(home.home.glob("before-restore-*"))


def test_a_backup_is_never_written_over_another_nor_made_of_nothing(home: Settings, tmp_path: Path) -> None:
    backup(home, str(tmp_path / "copy"))
    with pytest.raises(PlatformError, match="there already"):
        backup(home, str(tmp_path / "copy"))
    with pytest.raises(PlatformError, match="nothing to back up"):
        backup(Settings(home=tmp_path / "nowhere"), str(tmp_path / "other"))
    assert json.loads((tmp_path / "copy" / "backup.json").read_text())["database"] == "sqlite"
