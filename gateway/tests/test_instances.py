"""Several instances of a service: who is asked when one is gone, and what is never sent twice."""

from collections.abc import Callable, Iterator

import pytest

from gateway.settings import SERVICES
from gateway.tests.running import Gateway, free_port
from gateway.tests.stubs import Auth, BreakingOff, Service

PATHS = {"catalog": "/api/products/", "sales": "/api/orders/", "customers": "/api/customers/"}
REFUSING = "analytics"


@pytest.fixture
def breaking() -> Iterator[dict[str, BreakingOff]]:
    instances = {service: BreakingOff(free_port()) for service in PATHS}
    yield instances
    for instance in instances.values():
        instance.stop()


def test_only_reads_are_sent_to_another_instance(
    backends: dict[str, Service], auth: Auth, breaking: dict[str, BreakingOff], make_gateway: Callable[..., Gateway]
) -> None:
    addresses = {service: f"{instance.address},{backends[service].address}" for service, instance in breaking.items()}
    addresses[REFUSING] = f"127.0.0.1:{free_port()},{backends[REFUSING].address}"
    environ = {f"MOSTRADOR_{service.upper()}_ADDR": addresses[service] for service in SERVICES if service in addresses}
    gateway = make_gateway(auth, backends, **environ).start()
    token = auth.token()

    def sent(method: str, service: str, count: int) -> list[int]:
        backends[service].seen.clear()
        path = PATHS.get(service, "/api/analytics/x/")
        return sorted(gateway.call(method, path, token=token, body=b"{}").status for _ in range(count))

    for method, service in (("POST", "catalog"), ("PUT", "sales"), ("DELETE", "customers")):
        assert sent(method, service, 2) == [200, 502], method
        assert breaking[service].requests == [f"{method} {PATHS[service]} HTTP/1.1"]
        assert len(backends[service].seen) == 1
    assert sent("PATCH", "customers", 2) == [200, 502]
    assert len(breaking["customers"].requests) == 2

    # A read is; and an instance that failed three times is left alone for a while.
    for method in ("GET", "HEAD"):
        assert sent(method, "catalog", 10) == [200] * 10
        assert len(backends["catalog"].seen) == 10
    assert len(breaking["catalog"].requests) == 3

    # Where nobody listens nothing was sent, so an order is: to the one that does.
    assert sent("POST", REFUSING, 6) == [200] * 6
    assert len(backends[REFUSING].seen) == 6
