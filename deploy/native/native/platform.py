"""A whole platform for a test, a benchmark or an example: `python -m native up` as a subprocess, in a home of its own.

with Platform(folder) as platform:
    log_in(platform.url, platform.admin)
    platform.kill("sales-worker")
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Self

from native.errors import NotReady
from native.gateway import gateway_health
from native.health import answers_ok
from native.launch import is_alive
from native.ports import BLOCK, SERVICES, free_ports
from native.secrets import Admin, Secrets, write_private
from native.servers import dies_with_parent, tail
from native.settings import Settings, read_settings
from native.supervision import State, Supervisor


class Platform:
    """One platform in `home`, on a free block of ports unless `port` is given; without demo data unless `demo`.

    `env` goes to `up` (MOSTRADOR_… variables). It ends with the thread that started it, however that ends.
    """

    def __init__(
        self,
        home: Path,
        *,
        port: int | None = None,
        database: str = "sqlite",
        demo: bool = False,
        env: Mapping[str, str] | None = None,
        command: Sequence[str] = (sys.executable, "-m", "native"),
    ) -> None:
        self.command = command
        self.env = {
            **{name: value for name, value in os.environ.items() if not name.startswith("MOSTRADOR_")},
            "MOSTRADOR_HOME": str(home),
            "MOSTRADOR_PORT": str(port or free_ports(BLOCK, consecutive=True)[0]),
            "MOSTRADOR_DATABASE": database,
            "MOSTRADOR_DEMO": "1" if demo else "0",
            **(env or {}),
        }
        self.settings: Settings = read_settings(self.env)
        self.log = self.settings.home.with_name(self.settings.home.name + ".up.log")
        """What `up` prints."""
        self._up: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where the gateway answers."""
        return self.settings.url

    @property
    def admin(self) -> Admin:
        """The first administrator's login."""
        return Secrets(self.settings.home).admin(self.settings)

    def service_url(self, service: str) -> str:
        """A service's web itself, past the gateway."""
        return f"http://127.0.0.1:{self.settings.ports.web(service)}"

    @property
    def broker_url(self) -> str:
        """The broker as its operator, who may do anything."""
        password = Secrets(self.settings.home).get("rabbitmq.password")
        return f"amqp://mostrador:{password}@127.0.0.1:{self.settings.ports.amqp}/%2F"

    def start(self, seconds: float = 180) -> Self:
        """Start it and wait for `ready:`; NotReady with what it printed otherwise."""
        self.settings.home.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("wb") as log:
            self._up = subprocess.Popen(
                dies_with_parent([*self.command, "up"]),
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        deadline = time.monotonic() + seconds
        while "\nready: " not in self.log.read_text():
            if self._up.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise NotReady(f"The platform did not start.\n{tail(self.log, 40)}")
            time.sleep(0.1)
        return self

    def stop(self) -> int:
        """End it in order; its exit code."""
        assert self._up
        if self._up.poll() is None:
            self._up.send_signal(signal.SIGTERM)
        return self.wait()

    def wait(self) -> int:
        """Wait until it has ended (something else told it to); its exit code."""
        assert self._up
        return self._up.wait(30)

    @property
    def is_started(self) -> bool:
        """Whether start() was called."""
        return self._up is not None

    @property
    def up_pid(self) -> int:
        """The pid of `up` itself."""
        assert self._up
        return self._up.pid

    def states(self) -> dict[str, State]:
        """What the supervisor says of each process, by name."""
        return {state.name: state for state in Supervisor(self.settings).states()}

    def pid(self, name: str) -> int:
        """The pid of a process, e.g. `sales-worker`, `rabbitmq`, `gateway`; 0 while it does not run."""
        return self.states()[name].pid

    def kill(self, name: str) -> int:
        """kill -9 a process (the supervisor starts it again at once); the dead one's pid, when it is surely dead."""
        pid = self.pid(name)
        if not pid:
            raise NotReady(f"{name} does not run, so it can't be killed.")
        os.kill(pid, signal.SIGKILL)
        eventually(lambda: not is_alive(pid), 5, f"{name} (pid {pid}) survived kill -9")
        return pid

    def stop_process(self, name: str) -> None:
        """End a process or a group (`broker`, `workers` …) and leave it stopped."""
        Supervisor(self.settings).stop(name)

    def start_process(self, name: str) -> None:
        """Start a process or a group again; see `wait_healthy`."""
        Supervisor(self.settings).start(name)

    def restart(self, name: str, env: Mapping[str, str | None] | None = None) -> None:
        """End and start a process, from now on with other variables in its environment (None: without that one)."""
        file = self.settings.processes / f"{name}.json"
        content = json.loads(file.read_text())
        for variable, value in (env or {}).items():
            content["env"].pop(variable, None)
            if value is not None:
                content["env"][variable] = value
        write_private(file, json.dumps(content))
        self.stop_process(name)
        self.start_process(name)

    def run(self, service: str, *command: str) -> str:
        """A command of a service, as `make run` gives it: `run("sales", "dead", "list")`; what it printed."""
        done = subprocess.run(
            [*self.command, "run", service, *command], env=self.env, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise NotReady(f"{service} {' '.join(command)} failed.\n{done.stdout}{done.stderr}")
        return done.stdout

    def wait_healthy(self, seconds: float = 60) -> None:
        """Until all webs, workers and the gateway say that they do their work."""
        ports = self.settings.ports
        urls = [f"http://127.0.0.1:{ports.web(service)}/readyz" for service in SERVICES]
        urls += [f"http://127.0.0.1:{ports.worker(service)}/readyz" for service in SERVICES]
        urls += [gateway_health(self.settings)]
        for url in urls:
            eventually(lambda url=url: answers_ok(url), seconds, f"{url} is not healthy")  # type: ignore[misc]

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()


def eventually(condition: Callable[[], bool], seconds: float, otherwise: str) -> None:
    """Poll until the condition holds; NotReady with `otherwise` when it does not in time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise NotReady(f"{otherwise} within {seconds:.0f} s.")
        time.sleep(0.05)
