"""`python stub_platform.py COMMAND`: the native run with small HTTP servers in the services' and the gateway's place, so
that supervision can be tried without them. STUB_CRASH names a process that ends as soon as it is started.
"""

import os
import sys
from pathlib import Path

from native import cli, plan, up
from native.ports import LOOPBACK, SERVICES
from native.servers import Process

HERE = Path(__file__).parent


def stub(name: str, port: int, group: str, env: dict[str, str] | None = None) -> Process:
    what = "crash" if name == os.environ.get("STUB_CRASH") else str(port)
    argv = [sys.executable, "-S", str(HERE / "stub_server.py"), what]
    return Process(name, argv, env or {}, HERE, group=group, health=f"http://{LOOPBACK}:{port}/")


def service_processes(service, settings, env):
    return [
        stub(f"{service}-web", settings.ports.web(service), "webs", env),
        stub(f"{service}-worker", settings.ports.worker(service), "workers", env),
    ]


plan.service_processes = service_processes
plan.gateway_processes = lambda settings, secrets: [stub("gateway", settings.port, "gateway")]
up.migrate = lambda settings, environments: list(SERVICES)
sys.exit(cli.main())
