"""Several instances of a service: who is asked when one is gone, and what is never sent twice."""

from collections.abc import Callable, Iterator

import pytest

from gateway.addresses import recorded
from gateway.settings import SERVICES
from gateway.tests.running import Gateway, eventually, free_port
from gateway.tests.stubs import Auth, BreakingOff, Service

PATHS = {"catalog": "/api/products/", "sales": "/api/orders/", "customers": "/api/customers/"}
REFUSING = "analytics"
MOST_LINK = 16 * 1024  # chassis.pagination.MAX_LINK


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

    # A read is.
    for method in ("GET", "HEAD"):
        assert sent(method, "catalog", 10) == [200] * 10
        assert len(backends["catalog"].seen) == 10

    # One that does not answer the agent is left alone, until it does.
    workers = gateway.workers()
    breaking["sales"].alive = False
    eventually(lambda: recorded(gateway.home)["sales"] == [backends["sales"].address])
    eventually(lambda: gateway.workers() and not gateway.workers() & workers)
    asked = len(breaking["sales"].requests)
    assert sent("PUT", "sales", 6) == [200] * 6
    assert len(breaking["sales"].requests) == asked
    breaking["sales"].alive = True
    eventually(lambda: len(recorded(gateway.home)["sales"]) == 2)

    # Where nobody listens nothing was sent, so an order is: to the one that does.
    assert sent("POST", REFUSING, 6) == [200] * 6
    assert len(backends[REFUSING].seen) == 6


BAD_ANSWERS = {
    "too large": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nLink: " + b"x" * 100_000 + b"\r\n\r\n",
    "invalid": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nBad\0Header: x\r\n\r\n",
}


@pytest.mark.parametrize("bad", BAD_ANSWERS)
def test_an_answer_that_nginx_does_not_take_costs_nobody_else_an_instance(
    bad: str, backends: dict[str, Service], auth: Auth, make_gateway: Callable[..., Gateway]
) -> None:
    both = [BreakingOff(free_port()) for _ in range(2)]
    for instance in both:
        instance.answers = {
            "/api/orders/?bad=1": BAD_ANSWERS[bad],
            "/api/orders/": b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
        }
    gateway = make_gateway(auth, backends, MOSTRADOR_SALES_ADDR=",".join(instance.address for instance in both)).start()
    token = auth.token()
    assert [gateway.call("GET", "/api/orders/?bad=1", token=token).status for _ in range(12)] == [502] * 12
    assert [gateway.call("GET", "/api/orders/", token=token).status for _ in range(12)] == [200] * 12
    assert min(len(instance.requests) for instance in both) > 0
    for instance in both:
        instance.stop()


def test_all_headers_that_a_service_may_send_fit(
    backends: dict[str, Service], auth: Auth, make_gateway: Callable[..., Gateway]
) -> None:
    instance = BreakingOff(free_port())
    link = b"x" * MOST_LINK + b"\r\nLocation: /" + b"x" * 8190
    instance.answers["/api/orders/"] = (
        b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\nLink: " + link + b"\r\n\r\n"
    )
    gateway = make_gateway(auth, backends, MOSTRADOR_SALES_ADDR=instance.address).start()
    assert gateway.call("GET", "/api/orders/", token=auth.token()).status == 200
    instance.stop()
