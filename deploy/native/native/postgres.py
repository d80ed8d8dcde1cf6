"""A private PostgreSQL cluster: an ordinary process in a folder of its own, beside any other cluster of the machine.

with Cluster(folder, fast=True) as cluster:
    connect(cluster.url)
"""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Self

from native.errors import NotInstalled, PlatformError
from native.ports import LOOPBACK, free_ports
from native.servers import Process, Running, private_folder, wait_until

SUPERUSER = "postgres"
_SYSTEM_USER = "postgres"
_SEE_ALL_FOLDERS = "+dac_override,+dac_read_search"

_SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "jit": "off",
    "logging_collector": "off",
    "log_min_messages": "warning",
}
_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def programs() -> Path:
    """The folder of the newest server's programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if not found:
        raise NotInstalled("PostgreSQL is not installed (Debian's package is postgresql).")
    return found[-1].parent


class Cluster:
    """A cluster with one superuser, on the loopback only, passwords always asked for. Without a port: a free one below 32768.

    `fast` gives up safety against power cuts (tests). Root can't run the server, so it runs as the system's postgres user then.
    """

    def __init__(
        self, folder: Path, port: int | None = None, *, password: str = "postgres", fast: bool = False
    ) -> None:
        self.folder = Path(folder)
        self.port = port or free_ports(1)[0]
        self.password = password
        self.fast = fast
        self._server: Running | None = None

    @property
    def url(self) -> str:
        """SQLAlchemy's URL for the superuser, in the database postgres."""
        return self.url_of("postgres", SUPERUSER, self.password)

    def url_of(self, database: str, role: str, password: str) -> str:
        """SQLAlchemy's URL for a role in a database."""
        return f"postgresql+psycopg://{role}:{password}@{LOOPBACK}:{self.port}/{database}"

    @property
    def pid(self) -> int:
        """The first server process; only between start() and stop()."""
        assert self._server
        return self._server.pid

    def process(self) -> Process:
        """Make the cluster if it is not there yet (half a second); what has to run."""
        if not (self.folder / "data").exists():
            self._create()
        settings = {**_SETTINGS, "port": str(self.port), **(_FAST if self.fast else {})}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        server = [str(programs() / "postgres"), "-D", str(self.folder / "data"), *options]
        # INT is PostgreSQL's "fast" shutdown; TERM would wait for every client to leave.
        return Process(
            "postgresql",
            self._as_server_user([*server], death_signal="INT"),
            {},
            self.folder,
            group="database",
            stop_signal="INT",
            stop_seconds=4,
        )

    def _create(self) -> None:
        private_folder(self.folder)
        new = self.folder / "data.new"  # renamed when it is whole: initdb may be killed
        if new.exists():
            shutil.rmtree(new)
        password = self.folder / "password"
        password.unlink(missing_ok=True)
        password.touch(mode=0o600)
        password.write_text(self.password)
        if os.getuid() == 0:
            try:
                user, group = pwd.getpwnam(_SYSTEM_USER).pw_uid, grp.getgrnam(_SYSTEM_USER).gr_gid
            except KeyError:
                raise NotInstalled(
                    "Root can't run PostgreSQL, and there is no system user postgres to run it as."
                ) from None
            for path in (self.folder, password):
                os.chown(path, user, group)
        initdb = [str(programs() / "initdb"), "-D", str(new), "-U", SUPERUSER, "-E", "UTF8"]
        initdb += [
            "--locale=C.UTF-8",
            "-A",
            "scram-sha-256",
            f"--pwfile={password}",
            *(["--no-sync"] if self.fast else []),
        ]
        result = subprocess.run(
            self._as_server_user(initdb),
            cwd=self.folder,
            env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
            capture_output=True,
        )
        password.unlink()
        if result.returncode:
            raise PlatformError(f"initdb failed: {result.stderr.decode(errors='replace').strip()}")
        new.rename(self.folder / "data")

    def _as_server_user(self, argv: list[str], death_signal: str = "TERM") -> list[str]:
        if os.getuid() != 0:
            return argv
        demote = ["/usr/bin/setpriv", f"--reuid={_SYSTEM_USER}", f"--regid={_SYSTEM_USER}", "--clear-groups"]
        # A change of user clears the death signal that this process was given, hence once more.
        keep = ["--pdeathsig", death_signal, "--"]
        if subprocess.run([*demote, "--", "/usr/bin/test", "-x", str(self.folder)], cwd="/").returncode:
            # A parent folder is closed to that user (a home below /root, say): let it pass through all the same.
            demote += [f"--inh-caps={_SEE_ALL_FOLDERS}", f"--ambient-caps={_SEE_ALL_FOLDERS}"]
        return [*demote, *keep, *argv]

    def start(self, *, wait: bool = True) -> Self:
        """Start it; with `wait` until it takes connections (0.2 s). Call it from the main thread: the cluster ends with the
        thread that started it.
        """
        self._server = Running(self.process(), self.folder / "postgresql.log")
        if wait:
            self.wait_ready()
        return self

    def wait_ready(self, seconds: float = 30) -> None:
        """Until it takes connections; NotReady with the end of its log otherwise."""
        assert self._server
        wait_until(self.answers, running=self._server, seconds=seconds, what="PostgreSQL")

    def answers(self) -> bool:
        """Whether the server takes connections now."""
        command = [str(programs() / "pg_isready"), "-q", "-h", LOOPBACK, "-p", str(self.port)]
        return subprocess.run(command).returncode == 0

    def stop(self) -> None:
        """End it in order, sessions cut off (0.2 s)."""
        if self._server:
            self._server.stop(signal.SIGINT)

    def kill(self) -> None:
        """kill -9; start() recovers what was committed (not in `fast` mode, if the machine goes down too)."""
        assert self._server
        self._server.kill()

    def sql(self, script: str, database: str = "postgres") -> str:
        """Run a psql script as the superuser; its rows, unaligned."""
        command = [
            str(programs() / "psql"),
            "-X",
            "-q",
            "-At",
            "-v",
            "ON_ERROR_STOP=1",
            "-h",
            LOOPBACK,
            "-p",
            str(self.port),
        ]
        command += ["-U", SUPERUSER, "-d", database]
        env = {"PGPASSWORD": self.password, "PATH": "/usr/bin:/bin"}
        result = subprocess.run(command, input=script, env=env, capture_output=True, text=True)
        if result.returncode:
            raise PlatformError(f"PostgreSQL refused: {result.stderr.strip()}")
        return result.stdout.strip()

    def ensure_databases(self, passwords: Mapping[str, str]) -> None:
        """A database and a role of the same name for each entry; a role can enter its own database only."""
        self.sql("\n".join([_CLOSE_THE_REST, *(_database(name, password) for name, password in passwords.items())]))

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()


_CLOSE_THE_REST = "REVOKE CONNECT ON DATABASE postgres, template1 FROM PUBLIC;"


def _database(name: str, password: str) -> str:
    return f"""
SELECT 'CREATE ROLE {name} LOGIN' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{name}') \\gexec
ALTER ROLE {name} PASSWORD '{password}';
SELECT 'CREATE DATABASE {name} OWNER {name} TEMPLATE template0 ENCODING ''UTF8''
' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '{name}') \\gexec
REVOKE CONNECT ON DATABASE {name} FROM PUBLIC;
"""
