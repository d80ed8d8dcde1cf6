"""The front page: what this is, where its documentation is, and how the services are."""

import base64
import hashlib
import re
from collections.abc import Callable
from html.parser import HTMLParser

from gateway.settings import SERVICES
from gateway.tests.conftest import Platform
from gateway.tests.running import Gateway, eventually, free_port
from gateway.tests.stubs import Auth, Service

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


class Links(HTMLParser):
    """Everything that a page points to or loads."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.tags: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.found += [value or "" for name, value in attrs if name in ("href", "src", "action")]


def test_programs_get_json(platform: Platform) -> None:
    for accept in ({}, {"Accept": "*/*"}, {"Accept": "application/json"}):
        answer = platform.gateway.call("GET", "/", accept)
        assert answer.headers["Content-Type"] == "application/json"
        assert answer.json == {
            "name": "Mostrador",
            "documentation": {
                "swagger_ui": "/api/v1/schema/swagger-ui/",
                "redoc": "/api/v1/schema/redoc/",
                "openapi": "/api/v1/schema/",
            },
            "health": "/healthz",
            "status": "ok",
            "services": dict.fromkeys(SERVICES, "ok"),
        }
    assert platform.gateway.call("GET", "/healthz").json == {"status": "ok"}


def test_browsers_get_a_page_that_loads_nothing(platform: Platform) -> None:
    answer = platform.gateway.call("GET", "/", BROWSER)
    page = answer.body.decode()
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert {"Accept, Accept-Language", "Origin"} <= set(answer.headers.get_all("Vary", []))
    (style,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; ")
    assert f"style-src 'sha256-{digest}'" in policy
    assert "unsafe" not in policy
    links = Links(page)
    assert "script" not in links.tags
    assert [link for link in links.found if not link.startswith(("/", "data:"))] == []
    assert {"/api/v1/schema/swagger-ui/", "/api/v1/schema/redoc/", "/api/v1/schema/"} <= set(links.found)
    assert "[[" not in page
    assert [page.count(f"<strong>{service}</strong>") for service in SERVICES] == [1] * 5


def test_the_page_speaks_two_languages(platform: Platform) -> None:
    for language, words in (
        ("es-MX", "Todos los servicios funcionan."),
        ("en", "All services are working."),
        ("", "Services"),
    ):
        answer = platform.gateway.call("GET", "/", {**BROWSER, "Accept-Language": language})
        assert words in answer.body.decode()
        assert f'<html lang="{answer.headers["Content-Language"]}">' in answer.body.decode()


def test_only_reading_it_is_possible(platform: Platform) -> None:
    head = platform.gateway.call("HEAD", "/", BROWSER)
    assert (head.status, head.body) == (200, b"")
    answer = platform.gateway.call("POST", "/")
    assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD")


def test_services_are_asked_now_and_then_and_told_nothing(platform: Platform) -> None:
    sent = {"Authorization": f"Bearer {platform.auth.token()}", "X-User-Id": "7", "Cookie": "a=b"}
    eventually(lambda: platform.gateway.call("GET", "/", sent) and platform.services["sales"].seen)
    for _ in range(20):
        assert platform.gateway.call("GET", "/", sent).status == 200
    asked = platform.services["sales"].seen
    assert 1 <= len(asked) <= 3
    for seen in asked:
        assert (seen["method"], seen["path"]) == ("GET", "/readyz")
        assert not {"authorization", "cookie", "x-user-id"} & set(seen["headers"])
    for path in ("/_health/sales", "/_health/", "/readyz"):
        assert platform.gateway.call("GET", path).status == 404


def test_it_tells_who_does_not_work(
    backends: dict[str, Service], auth: Auth, make_gateway: Callable[..., Gateway]
) -> None:
    backends["customers"].answers["/readyz"] = (503, {"secret": "database"})
    gateway = make_gateway(auth, backends, MOSTRADOR_SALES_ADDR=f"127.0.0.1:{free_port()}").start()
    answer = gateway.call("GET", "/")
    assert answer.status == 200
    ill = {"sales": "unavailable", "customers": "unavailable"}
    assert answer.json["services"] == dict.fromkeys(SERVICES, "ok") | ill
    assert b"database" not in answer.body
    page = gateway.call("GET", "/", BROWSER).body.decode()
    assert page.count('<li class="unavailable">') == 2
    assert "Some services are not working" in page
    del backends["customers"].answers["/readyz"]
    eventually(lambda: gateway.call("GET", "/").json["services"]["customers"] == "ok")
