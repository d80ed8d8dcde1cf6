"""The gateway's two processes: nginx, and the agent that feeds it keys and revocations."""

from __future__ import annotations

from native.ports import LOOPBACK, SERVICES
from native.secrets import Secrets
from native.servers import Process
from native.services import pair_keys, program
from native.settings import ROOT, Settings


def gateway_health(settings: Settings) -> str:
    """Where nginx says whether it lets anybody in; without TLS whatever clients see."""
    return f"http://{LOOPBACK}:{settings.ports.gateway_internal}/healthz"


def gateway_environment(settings: Settings, secrets: Secrets) -> dict[str, str]:
    """The environment of both."""
    ports = settings.ports
    auth = f"http://{LOOPBACK}:{ports.web('auth')}"
    return {
        "HOME": str(settings.home),
        "MOSTRADOR_GATEWAY_HOME": str(settings.home / "gateway"),
        "MOSTRADOR_PORT": str(settings.port),
        "MOSTRADOR_GATEWAY_INTERNAL_BIND": f"{LOOPBACK}:{ports.gateway_internal}",
        "MOSTRADOR_JWKS_URL": f"{auth}/api/auth/jwks/",
        "MOSTRADOR_AUTH_URL": auth,
        "MOSTRADOR_SERVICE_KEYS": pair_keys("gateway", secrets),
        **{f"MOSTRADOR_{service.upper()}_ADDR": f"{LOOPBACK}:{ports.web(service)}" for service in SERVICES},
        **settings.tunables,
    }


def gateway_processes(settings: Settings, secrets: Secrets) -> list[Process]:
    """nginx on the platform's port, and its agent."""
    env = gateway_environment(settings, secrets)
    folder = ROOT / "gateway"
    return [
        Process(
            "gateway",
            [program("gateway"), "run"],
            env,
            folder,
            "gateway",
            gateway_health(settings),
            stop_signal="QUIT",
        ),
        Process("gateway-agent", [program("gateway"), "agent"], env, folder, group="gateway"),
    ]
