"""nginx in a rendered folder: become it, after ending what a killed predecessor left behind, or let it reload."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

from gateway.settings import SettingsError


def become_nginx(home: Path) -> NoReturn:
    """Replace this process by nginx in the foreground; it stops gracefully at SIGQUIT, at once at SIGTERM."""
    argv = command(home)
    for pid in orphans(home):
        os.kill(pid, signal.SIGKILL)
    os.chdir(home)  # marks the workers, which inherit it, as this folder's
    os.execv(argv[0], argv)  # noqa: S606


def reload_nginx(home: Path) -> None:
    """Let the nginx that runs in this folder take over its configuration: new workers, and the old ones finish."""
    pid_file = home / "run" / "nginx.pid"
    tested = subprocess.run([*command(home), "-t", "-q"], capture_output=True, text=True)  # noqa: S603
    if tested.returncode:
        raise SettingsError(f"nginx refuses it and goes on as before: {tested.stderr.strip()}")
    try:
        os.kill(int(pid_file.read_text()), signal.SIGHUP)
    except (OSError, ValueError) as error:
        raise SettingsError(f"no nginx runs in {home}") from error


def command(home: Path) -> list[str]:
    program = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if not program:
        raise SettingsError("nginx is not installed (Debian's packages: nginx libnginx-mod-http-js)")
    return [program, "-e", "stderr", "-p", str(home), "-c", "conf/nginx.conf"]


def orphans(home: Path) -> Iterator[int]:
    """Workers that still hold this gateway's port although their master was killed."""
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal():
            continue
        try:
            if (entry / "comm").read_text().strip() == "nginx" and (entry / "cwd").resolve() == home.resolve():
                parent = (entry / "stat").read_text().rpartition(")")[2].split()[1]
                title = (entry / "cmdline").read_bytes()
                if not title.startswith(b"nginx: master") and Path("/proc", parent, "comm").read_text() != "nginx\n":
                    yield int(entry.name)
        except OSError:
            continue  # it ended meanwhile, or is somebody else's
