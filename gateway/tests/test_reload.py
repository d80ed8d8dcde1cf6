"""A reload (new routes, addresses, certificate) loses no request."""

import http.client
import re
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from gateway.render import PACKAGE, render
from gateway.routes import load_routes
from gateway.tests.running import Gateway, eventually
from gateway.tests.stubs import Auth, Service
from gateway.tests.test_settings import environ

SLOW = "/api/products/import/"


def test_no_request_is_lost(backends: dict[str, Service], auth: Auth, make_gateway: Callable[..., Gateway]) -> None:
    gateway = make_gateway(auth, backends).start()
    token, over = auth.token(), threading.Event()

    def once_a_connection() -> list[int]:
        statuses = []
        while not over.is_set():
            statuses.append(gateway.call("POST", "/api/orders/", token=token, body=b"{}").status)
        return statuses

    def over_one_connection() -> list[int]:
        """As HTTP clients do: a kept connection that was closed between two requests is opened anew."""
        statuses, kept = [], http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=10)
        while not over.is_set():
            try:
                kept.request("GET", "/api/orders/", headers={"Authorization": f"Bearer {token}"})
                response = kept.getresponse()
            except ConnectionError:
                kept.close()
                continue
            response.read()
            statuses.append(response.status)
        kept.close()
        return statuses

    backends["catalog"].held[SLOW] = released = threading.Event()
    with ThreadPoolExecutor(4) as pool:
        running = [pool.submit(work) for work in (once_a_connection, once_a_connection, over_one_connection)]
        slow = pool.submit(gateway.call, "POST", SLOW, token=token, body=b"sku,name\n")
        eventually(lambda: any(seen["path"] == SLOW for seen in backends["catalog"].seen))
        for _ in range(3):
            gateway.reload()
        assert not slow.done()
        released.set()
        assert slow.result(10).status == 200
        over.set()
        statuses = [work.result(10) for work in running]
    del backends["catalog"].held[SLOW]
    assert [set(each) for each in statuses] == [{200}] * 3
    assert gateway.command("reload").wait(10) == 0
    assert gateway.call("GET", "/api/orders/", token=token).status == 200


def test_an_old_worker_may_finish_the_slowest_route(tmp_path: Path) -> None:
    conf = (render(environ(tmp_path)) / "conf" / "nginx.conf").read_text()
    (patience,) = re.findall(r"worker_shutdown_timeout (\d+)s;", conf)
    assert int(patience) >= load_routes(PACKAGE / "routes.yaml").longest + 30 >= 120
