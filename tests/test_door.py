"""The platform from outside: what the gateway lets in, and what stays apart."""

from __future__ import annotations

import re
import socket
import time
import uuid
from pathlib import Path

import pytest
import requests

from cashier import Api, eventually
from native.platform import Platform
from native.ports import SERVICES
from processes import children

ONE_PATH_A_SERVICE = (
    "/api/users/me/",
    "/api/products/",
    "/api/orders/",
    "/api/customers/",
    "/api/analytics/sales-summary/",
)


@pytest.mark.parametrize("path", ONE_PATH_A_SERVICE)
def test_every_service_wants_a_token(platform: Platform, path: str) -> None:
    answer = requests.get(platform.url + path, timeout=5)
    assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
    assert answer.json() == {"detail": "Authentication credentials were not provided."}
    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["X-Request-Id"])


def test_the_front_page_tells_how_the_services_are(platform: Platform) -> None:
    answer = requests.get(platform.url, timeout=5).json()
    assert answer["services"] == dict.fromkeys(("auth", "catalog", "sales", "customers", "analytics"), "ok")
    page = requests.get(platform.url, headers={"Accept": "text/html", "Accept-Language": "es"}, timeout=5)
    assert "Todos los servicios funcionan." in page.text


LISTS = (
    "/api/users/", "/api/products/", "/api/suppliers/", "/api/promotions/", "/api/orders/", "/api/customers/",
    "/api/chatbotusers/", "/api/sessions/", "/api/auth/audit/", "/api/analytics/reports/low-stock/",
    "/api/v1/product", "/api/v1/order", "/api/v1/client", "/api/v1/user",
)  # fmt: skip


@pytest.mark.parametrize("path", LISTS)
def test_a_long_unknown_argument_of_a_list_takes_no_service_away(api: Api, path: str) -> None:
    search = "search=" + "%F0%9F%8C%AE" * 190
    for query in (f"unknown={'x' * 2500}&limit=1", f"{search}&unknown={'%2C' * 800}", f"{search}&{search}"):
        answer = api.ask("GET", f"{path}?{query}")
        assert answer.status_code == 200, (answer.status_code, answer.text[:200])
        assert "unknown" not in answer.headers.get("Link", "")
    assert api.ask("GET", path).status_code == 200


def test_a_logged_out_session_is_refused_at_once_on_every_service(platform: Platform) -> None:
    for path in ONE_PATH_A_SERVICE:
        user = Api(platform.url, platform.admin.username, platform.admin.password)
        assert user.ask("GET", path).status_code != 401
        assert user.post("/api/auth/logout/", {"refresh": user.tokens["refresh"]}, 200) == {
            "message": "Sesión cerrada exitosamente"
        }
        refused = user.ask("GET", path)
        assert (refused.status_code, refused.json()["code"]) == (401, "token_revoked")


def test_a_revoked_token_is_refused_on_every_service_s_own_port_within_a_second(platform: Platform, api: Api) -> None:
    paths = dict(zip(SERVICES, ONE_PATH_A_SERVICE, strict=True))
    user = Api(platform.url, platform.admin.username, platform.admin.password)
    headers = {"Authorization": f"Bearer {user.tokens['access']}"}

    def ask(service: str) -> requests.Response:
        return requests.get(platform.service_url(service) + paths[service], headers=headers, timeout=5)

    assert 401 not in {ask(service).status_code for service in SERVICES}
    user.post("/api/auth/logout/", {"refresh": user.tokens["refresh"]}, 200)
    began, late = time.monotonic(), {}
    for service in SERVICES:
        eventually(lambda service=service: ask(service).status_code == 401, f"{service} refuses it", 5)
        late[service] = time.monotonic() - began
        assert ask(service).json()["code"] == "token_revoked"
    assert max(late.values()) < 1, late


def test_nobody_on_the_machine_passes_for_another_address(platform: Platform, api: Api) -> None:
    body = {"username": platform.admin.username, "password": platform.admin.password}
    forged = {"X-Forwarded-For": "203.0.113.77", "X-Gateway-Credential": "forged"}
    url = platform.service_url("auth") + "/api/auth/login/"
    assert requests.post(url, json=body, headers=forged, timeout=5).status_code == 200
    assert api.get("/api/auth/audit/?ip_address=203.0.113.77") == []


def test_what_the_gateway_lets_through_is_answered_by_the_service_itself(platform: Platform, api: Api) -> None:
    long = api.ask("GET", "/api/products/?search=" + "x" * 8000)
    assert (long.status_code, long.json()) == (400, {"search": ["Ensure this field has no more than 200 characters."]})
    assert api.ask("GET", "/api/products/", **{f"X-{n}": "1" for n in range(400)}).status_code == 200
    assert api.ask("GET", "/api/products/", **{"X-Long": "1" * 8000}).status_code == 200
    odd = api.ask("GET", "/api/products/", **{"X-Odd": "a\x01b"})
    assert (odd.status_code, odd.headers["Content-Type"], odd.json()) == (
        400,
        "application/json",
        {"detail": "Bad request."},
    )
    with socket.create_connection(("127.0.0.1", platform.settings.ports.gateway)) as connection:  # as curl sends it
        head = f"Host: a\r\nAuthorization: Bearer {api.tokens['access']}\r\nConnection: close\r\n\r\n"
        connection.sendall(f"GET /api/products/?search=jalapeño&page=1 HTTP/1.1\r\n{head}".encode())
        assert connection.makefile("rb").readline() == b"HTTP/1.1 200 OK\r\n"


def test_a_large_body_that_is_refused_unread_does_no_harm_to_who_comes_next(platform: Platform, api: Api) -> None:
    name = f"cajero_{uuid.uuid4().hex[:8]}"
    who = {"username": name, "email": f"{name}@example.com", "password": "securePass123"}
    api.post("/api/users/", {**who, "first_name": "Juan", "last_name": "Lopez"})
    employee = Api(platform.url, name, "securePass123")
    for _ in range(40):
        refused = employee.ask("POST", "/api/suppliers/", {"name": "x" * 200_000})
        assert (refused.status_code, api.ask("POST", "/api/suppliers/", {}).status_code) == (403, 400)


def test_a_refresh_token_works_once(platform: Platform, api: Api) -> None:
    first = api.tokens["refresh"]
    renewed = api.post("/api/auth/refresh/", {"refresh": first}, 200)
    assert set(renewed) == {"access", "refresh"}
    assert api.ask("POST", "/api/auth/refresh/", {"refresh": first}).status_code == 401
    api.http.headers["Authorization"] = f"Bearer {renewed['access']}"
    assert api.get("/api/users/me/")["username"] == platform.admin.username


NOT_FOR_THE_OUTSIDE = (
    "/internal/holds/", "/internal/orders/x/", "/internal/revocations/", "//internal/holds/", "/api/../internal/holds/",
    "/INTERNAL/holds/", "/Internal/holds/", "/%69nternal/holds/", "/interna%6c/holds/", "/%49NTERNAL/holds/",
    "/internal%2fholds/", "/internal%2Fholds%2F", "/%2finternal/holds/", "/%2Finternal/holds/", "/%5cinternal/holds/",
    "/internal;/holds/", "/internal;a=b/holds/", "/;/internal/holds/", "/./internal/holds/", "/.%2finternal/holds/",
    "/%2e/internal/holds/", "/internal/./holds/", "/internal//holds/", "/internal/holds/..", "/internal\\holds\\",
    "/api/internal/holds/", "/api/v1/internal/holds/", "/api/products/../internal/holds/", "/api/%2e%2e/internal/holds/",
    "/api/products/..%2f..%2finternal/holds/", "/api/products/%2e%2e/%2e%2e/internal/holds/", "/internal%00/holds/",
    "/api/products/%252e%252e/%252e%252e/internal/holds/", "/api/products/..%252f..%252finternal/holds/",
    "/api/products/..%5c..%5cinternal/holds/", "/api/products/..;/..;/internal/holds/", "/internal%0a/holds/",
    "/api/products/../../internal/holds/", "/api/auth/login/../../../internal/revocations/", "/internal/holds/%23",
    "/api/auth/login/..%2f..%2f..%2finternal/revocations/", "/.well-known/../internal/holds/", "/internal/%3fx/",
    "/api/v1/product/../../../internal/holds/", "/api/v1/product/..%2f..%2f..%2finternal/holds/", "/_auth", "/_error",
    "/_health/auth", "/_moved", "/readyz", "/metrics", "/livez", "/version", "/revocations", "/api/products/../../readyz",
)  # fmt: skip
ANOTHER_SERVICES = (
    "/api/products/../orders/", "/api/products/..%2forders/", "/api/products/%2e%2e/orders/", "/api//orders/",
    "/api/products/;/../orders/", "/api/products/..%5corders/", "/api/auth/login/../../users/", "/api/./orders/",
    "/api/auth/login/..%2f..%2fusers/", "/api/v1/product/../order", "/api/v1/product/..%2forder", "/api/v1//order",
)  # fmt: skip


def test_no_spelling_of_a_path_leads_elsewhere(platform: Platform, api: Api) -> None:
    with requests.Session() as session:
        for path in (*NOT_FOR_THE_OUTSIDE, *ANOTHER_SERVICES):
            request = requests.Request("GET", platform.url).prepare()
            request.url = platform.url + path  # as it stands: no library may tidy it up
            request.headers["Authorization"] = f"Bearer {api.tokens['access']}"
            answer = session.send(request, timeout=5)
            assert answer.status_code in (400, 404), (path, answer.status_code, answer.text)
            assert "detail" in answer.json() or answer.json()["success"] is False, path


def test_web_processes_never_talk_to_the_broker(platform: Platform, api: Api) -> None:
    for path in ONE_PATH_A_SERVICE:
        api.ask("GET", path)
    port = platform.settings.ports.amqp
    webs = {name: state.pid for name, state in platform.states().items() if name.endswith("-web")}
    assert len(webs) == 5
    for name, pid in webs.items():
        family = [pid, *children(pid)]
        assert len(family) > 1, f"{name}: the forked worker was not found"
        for process in family:
            assert port not in remote_ports(process), f"{name} has a connection to the broker"
    sales = platform.states()["sales-worker"].pid
    assert port in remote_ports(sales), "the check itself must be able to see a connection"


def remote_ports(pid: int) -> set[int]:
    """The ports that a process has TCP connections to."""
    sockets = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        try:
            sockets.add(str(link.readlink()))
        except FileNotFoundError:
            continue
    found = set()
    for line in Path(f"/proc/{pid}/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        if f"socket:[{fields[9]}]" in sockets:
            found.add(int(fields[2].split(":")[1], 16))
    return found


def test_a_new_signing_key_is_picked_up_while_old_tokens_live_on(platform: Platform, api: Api) -> None:
    platform.run("auth", "rotate-keys", "--ahead", "0")
    eventually(
        lambda: len(requests.get(platform.url + "/api/auth/jwks/", timeout=5).json()["keys"]) >= 2,
        "both keys published",
    )
    for path in ONE_PATH_A_SERVICE:
        assert api.ask("GET", path).status_code != 401, "a token of the previous key still works"

    def with_new_key() -> bool:
        user = Api(platform.url, platform.admin.username, platform.admin.password)
        return all(user.ask("GET", path).status_code != 401 for path in ONE_PATH_A_SERVICE)

    eventually(with_new_key, "tokens of the new key are accepted everywhere", 30)


def test_all_python_processes_together_stay_within_their_memory(platform: Platform, idle_memory: int) -> None:
    limit = 700_000 if platform.settings.database == "sqlite" else 760_000  # PostgreSQL's driver is 7 MB in each
    assert 100_000 < idle_memory < limit, f"{idle_memory / 1000:.0f} MB"
