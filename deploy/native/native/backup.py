"""`backup` and `restore`: the five databases as they stood at one moment, and the secrets without which they are worthless.

One moment means: as if the whole platform had lost its power then, broker included. From that it recovers by its own means
(holds are settled by asking, retries find their answers); what only the broker had is told again by `republish`.
"""

from __future__ import annotations

import hashlib
import json
import os
import pwd
import shutil
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from native import homes
from native.errors import PlatformError
from native.ports import LOOPBACK, SERVICES
from native.postgres import SUPERUSER, Cluster, programs
from native.secrets import Secrets
from native.servers import private_folder
from native.settings import Settings

_ATTEMPTS = 30
_MARKS = ("migrated.*.json", "demo.*")
"""What `up` has done already: it belongs to the data."""


def backup(settings: Settings, to: str = "") -> int:
    """Write a backup of the home into the folder `to` (else `<home>/backups/<time>`), while it runs or not; 0."""
    homes.require_database(settings)
    now = datetime.now(UTC)
    folder = Path(to).expanduser().resolve() if to else settings.home / "backups" / f"{now:%Y-%m-%dT%H-%M-%SZ}"
    if folder.exists():
        raise PlatformError(f"{folder} is there already: a backup is never written over another.")
    if not (settings.home / "secrets").is_dir():
        raise PlatformError(f"There is nothing to back up in {settings.home}.")
    private_folder(folder)
    try:
        _write(settings, folder, now)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)  # half a backup is none, and takes the room of a whole one
        raise
    return 0


def _write(settings: Settings, folder: Path, now: datetime) -> None:
    began = time.monotonic()
    held = 0.0
    if settings.database == "sqlite":
        held = _copy_sqlite(settings, folder)
    else:
        _copy_postgresql(settings, folder)
    shutil.copytree(settings.home / "secrets", folder / "secrets")
    for mark in _marks(settings.home):
        shutil.copy(mark, folder)
    seconds = time.monotonic() - began
    files = {str(path.relative_to(folder)): _digest(path) for path in sorted(folder.rglob("*")) if path.is_file()}
    told = {"database": settings.database, "made_at": now.isoformat(), "seconds": round(seconds, 2), "files": files}
    (folder / "backup.json").write_text(json.dumps(told, indent=1))
    size = sum((folder / name).stat().st_size for name in files)
    pause = f", writers waited {held * 1000:.0f} ms" if held else ""
    print(f"{folder}: {size / 1e6:.1f} MB in {seconds:.1f} s{pause}. It holds secrets: keep it as such.")


def restore(settings: Settings, source: str) -> int:
    """Put a backup in the place of the home's data; what was there is kept beside it. Only while nothing runs there."""
    folder = Path(source).expanduser().resolve()
    if not source or not (folder / "backup.json").is_file():
        wrong = f"There is no backup in {folder}. " if source else ""
        raise PlatformError(f"{wrong}Say which backup: `make restore FROM=<the folder that make backup named>`.")
    told = json.loads((folder / "backup.json").read_text())
    if told["database"] != settings.database:
        raise PlatformError(f"That is a backup of {told['database']}: set MOSTRADOR_DATABASE={told['database']}.")
    damaged = [name for name, digest in told["files"].items() if _digest(folder / name) != digest]
    if damaged:
        raise PlatformError(f"The backup is damaged, nothing was touched: {', '.join(damaged)}.")
    began = time.monotonic()
    with homes.held(settings):
        aside = settings.home / f"before-restore-{datetime.now(UTC):%Y-%m-%dT%H-%M-%SZ}"
        private_folder(aside)
        for path in [
            *(settings.home / name for name in ("data", "postgresql", "rabbitmq", "secrets")),
            *_marks(settings.home),
        ]:
            if path.exists():
                path.rename(aside / path.name)
        shutil.copytree(folder / "secrets", settings.home / "secrets")
        for mark in _marks(folder):
            shutil.copy(mark, settings.home)
        if settings.database == "sqlite":
            shutil.copytree(folder / "data", settings.home / "data")
        else:
            _unpack_postgresql(settings, folder)
    print(f"As of {told['made_at']} ({time.monotonic() - began:.1f} s). What was there before lies in {aside}.")
    if settings.amqp_url:
        print("Empty the broker before you start: its messages tell of what is no more.")
    print(
        "Now `make up`, and then, for what only the broker had: `make run S=… C=republish` for auth, catalog, sales, customers."
    )
    return 0


def _copy_sqlite(settings: Settings, folder: Path) -> float:
    """The five files as of one moment; returns for how many seconds writers had to wait for that."""
    target = private_folder(folder / "data")
    with ExitStack() as open_files:
        with _nobody_writes(settings) as began:
            sources = {service: open_files.enter_context(closing(_reading(settings, service))) for service in SERVICES}
        held = time.monotonic() - began
        for service, source in sources.items():
            # In the transaction that is open already: writers go on, and what they write is not in it.
            with closing(sqlite3.connect(target / f"{service}.db")) as copy:
                try:
                    source.backup(copy)
                except sqlite3.Error as error:
                    raise PlatformError(f"The database of {service} can't be copied to {folder}: {error}.") from error
    return held


@contextmanager
def _nobody_writes(settings: Settings) -> Iterator[float]:
    """Hold the write locks of all five databases: at such a moment nothing is half told between them. Since when, by
    `time.monotonic()`.

    Whoever writes waits meanwhile, five seconds at most; so nobody is waited for long here, and then it is tried again.
    """
    with ExitStack() as locks:
        for attempt in range(_ATTEMPTS):
            began = time.monotonic()
            try:
                for service in SERVICES:
                    locks.enter_context(closing(_open(settings, service, patience=0.3))).execute("BEGIN IMMEDIATE")
                break
            except sqlite3.OperationalError as error:
                locks.close()
                if attempt == _ATTEMPTS - 1:
                    raise PlatformError(f"Somebody keeps a database's write lock: {error}.") from error
                time.sleep(0.2)  # tills write meanwhile; SQLite tells nobody when a lock becomes free
        yield began


def _reading(settings: Settings, service: str) -> sqlite3.Connection:
    reader = _open(settings, service, patience=5)
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM sqlite_master").fetchone()  # the moment is that of the first read
    return reader


def _open(settings: Settings, service: str, *, patience: float) -> sqlite3.Connection:
    path = settings.home / "data" / f"{service}.db"
    if not path.exists():
        raise PlatformError(f"There is no {path}.")
    return sqlite3.connect(path, timeout=patience, isolation_level=None)


def _copy_postgresql(settings: Settings, folder: Path) -> None:
    """The whole cluster with the WAL that it wrote meanwhile: all five databases as of the copy's end."""
    cluster = _cluster(settings)
    if not cluster.answers():
        raise PlatformError("PostgreSQL does not run here: `make up` first.")
    command = [str(programs() / "pg_basebackup"), "-D", str(folder / "postgresql"), "-Ft", "-z", "-X", "stream"]
    command += ["-c", "fast", "-h", LOOPBACK, "-p", str(cluster.port), "-U", SUPERUSER]
    env = {"PGPASSWORD": cluster.password, "PATH": "/usr/bin:/bin"}
    done = subprocess.run(command, env=env, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        raise PlatformError(f"pg_basebackup: {done.stderr.strip()}")


def _unpack_postgresql(settings: Settings, folder: Path) -> None:
    data = private_folder(private_folder(settings.home / "postgresql") / "data")
    for archive, into in (("base", data), ("pg_wal", data / "pg_wal")):
        subprocess.run(
            ["/usr/bin/tar", "-xzf", str(folder / "postgresql" / f"{archive}.tar.gz"), "-C", str(into)], check=True
        )
    if os.getuid() == 0:
        user = pwd.getpwnam(SUPERUSER)
        for path in (data.parent, *data.parent.rglob("*")):
            os.chown(path, user.pw_uid, user.pw_gid, follow_symlinks=False)


def _cluster(settings: Settings) -> Cluster:
    password = Secrets(settings.home).get("postgresql.superuser")
    return Cluster(settings.home / "postgresql", settings.ports.postgresql, password=password)


def _marks(folder: Path) -> list[Path]:
    return [path for pattern in _MARKS for path in folder.glob(pattern)]


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return "missing"
