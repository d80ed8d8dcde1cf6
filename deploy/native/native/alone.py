"""`alone`: one service, its web and its worker, with nothing of the other four: played neighbours, keys for trying it.

It needs `services/<name>`, `libs/`, `contracts/` and `deploy/`. With RabbitMQ installed the worker gets a private node;
without it, it waits for one, and everything else works.
"""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from urllib.parse import urlsplit

from native import homes, rabbitmq
from native.devkeys import jwks_file, neighbour_trust, user_token
from native.errors import NotInstalled, PlatformError
from native.health import answers_ok
from native.migrations import migrate
from native.player import Player
from native.ports import BLOCK, LOOPBACK, SERVICES, free_ports, require_free
from native.secrets import Secrets, write_private
from native.servers import BASE_ENV, Running, private_folder, wait_until
from native.services import PAIRS, environment, require_service, service_processes
from native.settings import ROOT, Settings

_NO_BROKER = f"amqp://mostrador:mostrador@{LOOPBACK}:1/%2F"


def run_alone(settings: Settings, service: str, first_request: str) -> int:
    """Run it in the foreground until Ctrl-C; 0 then. `first_request` is what to try: `POST /path/ {json}`."""
    require_service(service)
    settings = own_settings(settings, service)
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: ended.set())
    with homes.held(settings), ExitStack() as stack:
        _say("home", str(settings.home))
        secrets, logs = Secrets(settings.home), private_folder(settings.logs)
        amqp_url, about = stack.enter_context(_broker(settings))
        played = callees_of(service)
        trust = neighbour_trust(service, secrets)
        player = Player(ROOT / "contracts" / "internal", played, trust=trust, heard=lambda line: _say("played", line))
        stack.callback(player.close)
        env = own_environment(service, settings, secrets, player, amqp_url)
        fresh = migrate(settings, {service: env})
        _say("database", "migrated" if fresh else "up to date")
        _say("events", f"played: {play_events(service, env)}")
        running = []
        for process in service_processes(service, settings, env):
            one = Running(process, logs / f"{process.name}.log")
            stack.callback(one.stop, signal.SIGTERM)
            running.append(one)
        for one in running:
            # A worker is not ready without a broker, but the service runs: it is enough that the worker's threads live.
            ready = one.process.health
            if one.process.group == "workers":
                ready = ready.replace("/readyz", "/healthz")
            wait_until(lambda url=ready: answers_ok(url), running=one, seconds=30, what=one.process.name)  # type: ignore[misc]
        write_private(settings.home / "environment.json", json.dumps(env))
        _say("neighbours", f"played on {player.url('…')}" if played else "none are called")
        _say("broker", about)
        _say_ready(service, settings, secrets, first_request)
        while not ended.wait(0.5):
            for one in running:
                if one.popen.poll() is not None:
                    raise PlatformError(f"{one.process.name} ended by itself: see {one.log}.")
    _say("stopped", "")
    return 0


def play_by_hand(settings: Settings, service: str, types: list[str]) -> int:
    """Tell the service that runs alone an event once more, whatever it has heard before."""
    file = own_settings(settings, service, fixed_port=True).home / "environment.json"
    if not file.exists():
        raise PlatformError(f"{service} has not run alone yet: `make run` in services/{service} first.")
    print(f"played: {play_events(service, json.loads(file.read_text()), *types)}")
    return 0


def own_settings(settings: Settings, service: str, *, fixed_port: bool = False) -> Settings:
    """A home and ports of its own, unless the environment names others."""
    if not os.environ.get("MOSTRADOR_HOME", "").strip():
        settings = replace(settings, home=ROOT / ".run" / "alone" / service)
    if not fixed_port and not os.environ.get("MOSTRADOR_PORT", "").strip():
        settings = replace(settings, port=free_ports(BLOCK, consecutive=True)[0])
    return replace(settings, database="sqlite")


def callees_of(service: str) -> list[str]:
    """The services that it calls."""
    return [
        callee for caller, callee in (pair.split(">") for pair in PAIRS) if caller == service and callee in SERVICES
    ]


def own_environment(
    service: str, settings: Settings, secrets: Secrets, player: Player, amqp_url: str
) -> dict[str, str]:
    """What it gets in the platform, with the player in its neighbours' place and a key set from a file."""
    url = f"sqlite:///{private_folder(settings.home / 'data') / service}.db"
    env = environment(service, settings, secrets, database_url=url, amqp_url=amqp_url)
    env |= {f"MOSTRADOR_{callee.upper()}_URL": player.url(callee) for callee in callees_of(service)}
    if service == "auth":
        env["MOSTRADOR_GATEWAY_INTERNAL_URLS"] = ""  # nobody to tell of revocations
    else:
        env["MOSTRADOR_JWKS_URL"] = jwks_file(secrets).as_uri()
    return env


def play_events(service: str, env: Mapping[str, str], *types: str) -> str:
    """Play events to the service's handlers; which ones those were."""
    command = [sys.executable, "-m", "native.played_events", service, *types]
    done = subprocess.run(command, env={**BASE_ENV, **env}, capture_output=True, text=True, cwd=ROOT)
    if done.returncode:
        raise PlatformError(done.stderr.strip().removeprefix("mostrador: "))
    return done.stdout.strip()


@contextmanager
def _broker(settings: Settings) -> Iterator[tuple[str, str]]:
    """Its URL and a sentence about it: the one of the settings, a private node, or none."""
    if settings.amqp_url:
        parts = urlsplit(settings.amqp_url)
        there = rabbitmq.answers(parts.port or 5672, parts.hostname or "")
        yield (
            settings.amqp_url,
            "MOSTRADOR_AMQP_URL" if there else "MOSTRADOR_AMQP_URL does not answer: the worker waits for it",
        )
        return
    try:
        rabbitmq.program()
    except NotInstalled:
        yield _NO_BROKER, "RabbitMQ is not installed: the worker waits, what happens stays in the outbox"
        return
    ports = settings.ports
    require_free([("RabbitMQ", ports.amqp), ("RabbitMQ's Erlang", ports.erlang), ("epmd", ports.epmd)])
    node = rabbitmq.Node(settings.home / "rabbitmq", ports.amqp, erlang_port=ports.erlang, epmd_port=ports.epmd)
    node.start(wait=False)
    try:
        yield node.url, f"a private RabbitMQ on port {node.port}"
    finally:
        node.stop()


def _say_ready(service: str, settings: Settings, secrets: Secrets, first_request: str) -> None:
    url = f"http://{LOOPBACK}:{settings.ports.web(service)}"
    _say("logs", str(settings.logs))
    print(f"\nready: {url}   (/readyz /version /metrics; the worker: port {settings.ports.worker(service)})\n")
    curl = ["curl", "-s"]
    method, path, body = (*first_request.split(" ", 2), "", "")[:3]
    if service == "auth":
        admin = secrets.admin(settings)
        method, path = "POST", "/api/auth/login/"
        body = json.dumps({"email": admin.email, "password": admin.password})
    else:
        token = settings.home / "token"
        write_private(token, user_token(secrets))
        print(f"  TOKEN=$(cat {shlex.quote(str(token))})    # ADMIN of account 1, for a day")
        curl += ["-H", '"Authorization: Bearer $TOKEN"']
    command = " ".join([*curl, f"{url}{path}" if method == "GET" else f"-X {method} {url}{path}"])
    if body:
        command += f" -H 'Content-Type: application/json' -d {shlex.quote(body)}"
    print(f"  {command}\n", flush=True)


def _say(step: str, detail: str) -> None:
    print(f"  {step:<11}{detail}", flush=True)
