"""Becomes nginx in a rendered folder, after ending what a killed predecessor left behind."""

import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

from gateway.settings import SettingsError


def become_nginx(home: Path) -> NoReturn:
    """Replace this process by nginx in the foreground; it stops gracefully at SIGQUIT, at once at SIGTERM."""
    program = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
    if not program:
        raise SettingsError("nginx is not installed (Debian's packages: nginx libnginx-mod-http-js)")
    for pid in orphans(home):
        os.kill(pid, signal.SIGKILL)
    os.chdir(home)  # marks the workers, which inherit it, as this folder's
    os.execv(program, [program, "-e", "stderr", "-p", str(home), "-c", "conf/nginx.conf"])  # noqa: S606


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
