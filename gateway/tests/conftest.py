"""One gateway with all its services for most tests; `make_gateway` for those that need one of their own."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from gateway.settings import SERVICES
from gateway.tests.running import Gateway, free_port
from gateway.tests.stubs import Auth, Service


class Platform(NamedTuple):
    """A running gateway and what stands behind it."""

    gateway: Gateway
    auth: Auth
    services: dict[str, Service]

    def seen(self) -> list[dict[str, Any]]:
        return [request for service in self.services.values() for request in service.seen]

    def forget(self) -> None:
        for service in self.services.values():
            service.seen.clear()


@pytest.fixture(scope="session")
def backends() -> Iterator[dict[str, Service]]:
    services: dict[str, Service] = {"auth": Auth(free_port())}
    for name in SERVICES[1:]:
        services[name] = Service(name, free_port())
    yield services
    for service in services.values():
        service.stop()


@pytest.fixture(scope="session")
def running_platform(backends: dict[str, Service], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    auth = backends["auth"]
    assert isinstance(auth, Auth)
    gateway = Gateway(tmp_path_factory.mktemp("gateway") / "home", auth, backends).start()
    yield Platform(gateway, auth, backends)
    gateway.stop()
    assert "exited on signal" not in gateway.log(), "a worker crashed"


@pytest.fixture
def platform(running_platform: Platform) -> Platform:
    running_platform.forget()
    return running_platform


@pytest.fixture
def auth() -> Iterator[Auth]:
    """An auth of the test's own."""
    service = Auth(free_port())
    yield service
    service.stop()


@pytest.fixture
def make_gateway(tmp_path: Path) -> Iterator[Callable[..., Gateway]]:
    """Makes gateways that are not started yet and ends them after the test."""
    made: list[Gateway] = []

    def make(auth: Auth, services: dict[str, Service] | None = None, **environ: str) -> Gateway:
        gateway = Gateway(tmp_path / f"home{len(made)}", auth, services or {}, **environ)
        made.append(gateway)
        return gateway

    yield make
    for gateway in made:
        gateway.stop()
