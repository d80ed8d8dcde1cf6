"""The API's document and its pages: public, from here alone, in the form that is asked for."""

import gzip
import json

import pytest
import yaml

from gateway.documents import docs
from gateway.tests.conftest import Platform
from gateway.tests.running import Answer

DOCUMENT = "/api/v1/schema/"
PAGES = ("/api/v1/schema/swagger-ui/", "/api/v1/schema/redoc/")


def get(platform: Platform, path: str, **headers: str) -> Answer:
    return platform.gateway.call(
        "GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )


@pytest.mark.parametrize(
    "accept",
    [
        *("", "*/*", "text/html", "application/json", "application/json, application/yaml"),
        *("application/vnd.oai.openapi+json", "application/vnd.oai.openapi+json, application/vnd.oai.openapi;q=0.5"),
    ],
)
def test_the_document_is_json(platform: Platform, accept: str) -> None:
    answer = get(platform, DOCUMENT, **({"Accept": accept} if accept else {}))
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/json")
    assert answer.json["openapi"].startswith("3.")
    assert "Accept" in ", ".join(answer.headers.get_all("Vary"))


@pytest.mark.parametrize(
    "accept",
    [
        *("application/yaml", "application/vnd.oai.openapi", "text/yaml", "application/x-yaml", "Application/YAML"),
        *("application/yaml, application/json;q=0.9, */*;q=0.1", "text/html, application/vnd.oai.openapi+yaml, */*"),
    ],
)
def test_or_yaml_on_demand(platform: Platform, accept: str) -> None:
    answer = get(platform, DOCUMENT, Accept=accept)
    assert (answer.status, answer.headers["Content-Type"]) == (200, "application/yaml")
    assert yaml.load(answer.body, yaml.CSafeLoader) == get(platform, DOCUMENT).json


def test_format_says_it_too(platform: Platform) -> None:
    assert get(platform, f"{DOCUMENT}?format=yaml").headers["Content-Type"] == "application/yaml"
    assert (
        get(platform, f"{DOCUMENT}?format=json", Accept="application/yaml").headers["Content-Type"]
        == "application/json"
    )


def test_it_is_small_on_the_way_and_not_sent_twice(platform: Platform) -> None:
    packed = get(platform, DOCUMENT, Accept_Encoding="gzip")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert len(packed.body) < 100_000
    assert json.loads(gzip.decompress(packed.body)) == get(platform, DOCUMENT).json
    again = get(platform, DOCUMENT, If_None_Match=get(platform, DOCUMENT).headers["ETag"])
    assert (again.status, again.body) == (304, b"")


def test_every_operation_of_the_document_is_routed_and_open_only_where_it_says_so(platform: Platform) -> None:
    for path, operations in get(platform, DOCUMENT).json["paths"].items():
        for method, operation in operations.items():
            answer = platform.gateway.call(method.upper(), path.replace("{", "").replace("}", ""), body=b"{}")
            assert answer.status == (401 if operation["security"] else 200), (method, path)


@pytest.mark.parametrize("page", PAGES)
def test_a_page_loads_nothing_but_its_own_files(platform: Platform, page: str) -> None:
    answer = get(platform, page)
    assert (answer.status, answer.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    text = answer.body.decode()
    assert "<script>" not in text
    policy = answer.headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "http" not in policy
    for name in docs().assets:
        if name in text:
            assert get(platform, f"/api/v1/schema/assets/{name}").status == 200
    assert platform.seen() == []


@pytest.mark.parametrize("path", [DOCUMENT, *PAGES])
def test_it_is_only_for_reading(platform: Platform, path: str) -> None:
    for method in ("POST", "PUT", "DELETE"):
        answer = platform.gateway.call(method, path, body=b"{}")
        assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD")
    head = platform.gateway.call("HEAD", path)
    assert (head.status, head.body) == (200, b"")


@pytest.mark.parametrize(
    "path", ["assets/", "assets/README.md", "assets/../routes.yaml", "swagger-ui", "mostrador.json", "x"]
)
def test_nothing_else_is_there(platform: Platform, path: str) -> None:
    assert get(platform, DOCUMENT + path).status in (400, 404)
