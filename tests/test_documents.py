"""The API's documents: as the code has it, valid, true to the seed documents' words; and the two pages in a real browser."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import uuid
from collections.abc import Iterator
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import jsonschema_rs
import pytest
import yaml
from browser import Browser
from openapi_spec_validator import OpenAPIV31SpecValidator

from cashier import ROOT, Api
from native.platform import Platform

CONTRACTS = ROOT / "contracts"
Operation = tuple[str, str, dict[str, Any]]


@cache
def document() -> dict[str, Any]:
    found: dict[str, Any] = json.loads((CONTRACTS / "openapi" / "mostrador.json").read_text())
    return found


def operations() -> Iterator[Operation]:
    for path, methods in document()["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def answers(operation: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for status, response in operation["responses"].items():
        name = response.get("$ref", "").rpartition("/")[2]
        yield status, document()["components"]["responses"][name] if name else response


def test_the_committed_documents_are_what_the_code_says() -> None:
    run = subprocess.run([sys.executable, "-m", "chassis.apidocs", "--check"], cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, f"`make contracts` would change them:\n{run.stdout}{run.stderr}"


def test_json_and_yaml_are_one_document() -> None:
    content = (CONTRACTS / "openapi" / "mostrador.yaml").read_text()
    assert yaml.load(content, yaml.CSafeLoader) == document()


def test_it_is_valid_openapi() -> None:
    assert list(OpenAPIV31SpecValidator(document()).iter_errors()) == []


def test_every_operation_says_what_it_does_who_may_and_how_it_is_refused() -> None:
    names = [operation["operationId"] for _, _, operation in operations()]
    assert len(names) == len(set(names)) > 150
    assert [name for name in names if not re.fullmatch(r"[a-z]+(B2B|[A-Z][a-z]+)+", name)] == [], (
        "a view without a mark"
    )
    tags = {tag["name"] for tag in document()["tags"]}
    for method, path, operation in operations():
        where = f"{method} {path}"
        assert operation["summary"], where
        assert len(operation["tags"]) == 1, where
        assert operation["tags"][0] in tags, where
        assert operation["x-roles"] == ["anybody"] or set(operation["x-roles"]) <= {
            "ADMIN",
            "OWNER",
            "EMPLOYEE",
            "CLIENT",
        }, where
        statuses = operation["responses"].keys()
        assert "default" in statuses, where
        assert ("401" in statuses and "bearer" in str(operation["security"])) or operation["x-roles"] == ["anybody"], (
            where
        )
        assert any(status.startswith("2") for status in statuses), where
        assert "404" in statuses or "{" not in path, where
        assert "400" in statuses or not operation.get("requestBody"), where


def parts(value: Any) -> Iterator[dict[str, Any]]:
    """Every object in the document, outside of its examples."""
    if isinstance(value, dict):
        yield value
        for key, one in value.items():
            if key not in ("example", "examples"):
                yield from parts(one)
    elif isinstance(value, list):
        for one in value:
            yield from parts(one)


def kinds(schema: dict[str, Any]) -> list[str]:
    kind = schema.get("type", [])
    return [kind] if isinstance(kind, str) else kind if isinstance(kind, list) else []


def test_a_value_has_one_spelling_in_an_enum() -> None:
    enums = [part["enum"] for part in parts(document()) if isinstance(part.get("enum"), list)]
    assert len(enums) > 50
    for enum in enums:
        spellings = [str(value).casefold() for value in enum]
        assert len(spellings) == len(set(spellings)), enum


def test_roles_are_spelled_as_each_surface_answers_them() -> None:
    schemas = document()["components"]["schemas"]
    for name, field in (("B2bUserUpsert", "user_role"), ("B2bUserOut", "user_role"), ("B2bUserOut", "role")):
        assert schemas[name]["properties"][field]["enum"] == ["admin", "employee", "owner"], name
    for name in ("UserCreate", "UserOut"):
        assert schemas[name]["properties"]["role"]["enum"] == ["ADMIN", "EMPLOYEE", "OWNER"], name


def test_every_array_says_what_it_holds() -> None:
    assert [part for part in parts(document()) if "array" in kinds(part) and "items" not in part] == []


def test_every_integer_says_how_wide_it_is() -> None:
    integers = [part for part in parts(document()) if "integer" in kinds(part)]
    assert len(integers) > 200
    for integer in integers:
        assert integer.get("format") in ("int32", "int64"), integer
        assert integer["format"] == "int64" or integer.get("maximum", 0) < 2**31, integer
    schemas = document()["components"]["schemas"]
    assert schemas["DeviceLogin"]["properties"]["telegram_user_id"]["format"] == "int64"
    assert schemas["ProductOut"]["properties"]["id"]["format"] == "int64"


def test_what_any_request_may_get_is_described_once() -> None:
    for method, path, operation in operations():
        assert operation["responses"]["default"]["$ref"].rpartition("/")[2] in ("Error", "B2bError", "B2bAuthError")
        own = {status for status, answer in operation["responses"].items() if "$ref" not in answer}
        assert not own & {"413", "414", "431", "500", "502", "504"}, f"{method} {path}"


def test_tags_are_resources() -> None:
    used = {operation["tags"][0] for _, _, operation in operations()}
    tags = document()["tags"]
    assert used == {tag["name"] for tag in tags} >= {"Products", "Orders", "Customers", "Reports", "B2B products"}
    assert all(tag["description"] for tag in tags)
    assert not used & {"auth", "catalog", "sales", "customers", "analytics"}
    assert [name for group in document()["x-tagGroups"] for name in group["tags"]] == [tag["name"] for tag in tags]


def test_every_list_names_the_fields_it_can_be_ordered_by() -> None:
    orderings = {path: one for _, path, operation in operations() for one in operation.get("parameters", [])
                 if one["name"] == "ordering"}  # fmt: skip
    assert len(orderings) >= 14
    for path, parameter in orderings.items():
        names = parameter["schema"]["items"]["enum"]
        assert names, path
        assert {name.removeprefix("-") for name in names} == {name for name in names if name[0] != "-"}, path


def test_a_report_has_one_type_of_json() -> None:
    for method, path, operation in operations():
        for status, answer in answers(operation):
            schema = answer.get("content", {}).get("application/json", {}).get("schema", {})
            assert "string" not in kinds(schema), f"{method} {path} {status}"
            assert not any("string" in kinds(one) for one in schema.get("anyOf", [])), f"{method} {path} {status}"


def test_pages_of_other_origins_may_read_every_documented_header() -> None:
    documented = {name for part in parts(document()) for name in part.get("headers", {})}
    assert documented >= {"X-Total-Count", "Link", "ETag", "Retry-After", "Idempotent-Replayed", "X-Data-As-Of"}
    template = (ROOT / "gateway" / "nginx.conf.j2").read_text()
    [exposed] = re.findall(r'\$cors_exposed \{\s+default\s+"([^"]+)"', template)
    assert documented <= set(exposed.split(", "))


def test_every_example_is_of_the_shape_that_it_stands_for() -> None:
    registry = jsonschema_rs.Registry(
        [("urn:document", {"components": document()["components"]})], draft=jsonschema_rs.Draft202012
    )
    checked = 0
    for method, path, operation in operations():
        contents = [("request", operation.get("requestBody", {}))]
        contents += [(status, answer) for status, answer in answers(operation)]
        for where, one in contents:
            for media_type, content in one.get("content", {}).items():
                if media_type != "application/json":
                    continue
                schema = json.loads(json.dumps(content["schema"]).replace('"#/', '"urn:document#/'))
                validator = jsonschema_rs.Draft202012Validator(schema, registry=registry)
                assert content["examples"], f"{method} {path} {where}"
                for example in content["examples"].values():
                    error = next(iter(validator.iter_errors(example["value"])), None)
                    assert error is None, f"{method} {path} {where}: {error}"
                    checked += 1
    assert checked > 1500


WORDS = {
    "POST /api/users/": [
        "new_user",
        "custom user with this email already exists.",
        "Este email ya está registrado",
        "Has alcanzado el límite de 5 usuarios para tu plan",
        "Solo inventaristas pueden crear usuarios",
    ],
    "POST /api/auth/register/": ["Este email ya está registrado", "inventarista"],
    "POST /api/auth/login/": ["No active account found with the given credentials"],
    "POST /api/v1/auth/token/": ["You are already logged in on telegram bot. Please logout first..."],
    "GET /api/users/me/": [
        "Authentication credentials were not provided.",
        "Token has been revoked. Please login again.",
        "token_revoked",
    ],
    "GET /api/v1/auth/users/me/": ["user@example.com", "First"],
    "DELETE /api/v1/auth/tokens/{token_uid}": ["cannot revoke token from another user", "token revoked successfully"],
    "POST /api/customers/": [
        "customer with this phone number already exists.",
        "This field is required.",
        "Date has wrong format. Use one of these formats instead: YYYY-MM-DD.",
    ],
    "POST /api/customers/{customer_id}/pay-credit/": ["El monto del abono debe ser positivo."],
    "POST /api/chatbotusers/": [
        "chat bot users with this mobile number already exists.",
        "Ensure this field has no more than 20 characters.",
        "You do not have permission to perform this action.",
    ],
    "POST /api/products/": ["product with this sku already exists."],
    "POST /api/products/{product_id}/reserve/": ["Insufficient stock.", "Cannot release more items than reserved."],
    "POST /api/promotions/": [
        "La fecha de finalización debe ser posterior a la fecha de inicio.",
        "Ya existe una promoción activa para este producto en las fechas seleccionadas (2024-01-01 a 2024-01-05).",
    ],
    "POST /api/orders/": ["Stock insuficiente para 'Coca Cola'. Disponible: 5, Solicitado: 10", "F47AC10B"],
    "POST /api/orders/{order_id}/pay/": [
        "El cliente excede su límite de crédito. Límite: 1000.00, Saldo actual: 950.00, Compra: 200.00",
        "Saldo de puntos insuficiente. Puntos disponibles: 50.00, Total a pagar: 120.00",
    ],
    "POST /api/orders/{order_id}/cancel/": [
        "No se puede cancelar esta orden. Solo se permiten cancelar órdenes PENDIENTES.",
        "La orden 102 fue cancelada y el stock restaurado.",
    ],
    "GET /api/analytics/sales-summary/": ["No sales found for the date 2024-12-31 in the system.", "2023-01-15"],
    "GET /api/analytics/customer-sales/": [
        "Customer not registered in the system.",
        "This customer made no purchases during the selected period.",
    ],
    "GET /api/analytics/sales-velocity/": ["Product identifier (Name or SKU) is required.", "Indefinida"],
    "GET /api/analytics/inventory-valuation/": ["No products available in the selected scope."],
    "GET /api/v1/auth/me": ["unauthorized", "token-abc123"],
    "POST /api/v1/product": ["prod-123", "cat-456", "status_message"],
}


@pytest.mark.parametrize("name", WORDS)
def test_it_speaks_with_the_words_of_the_seed_documents(name: str) -> None:
    method, path = name.split()
    operation = document()["paths"][path][method.lower()]
    told = json.dumps([operation, list(answers(operation))], ensure_ascii=False)
    for words in WORDS[name]:
        assert json.dumps(words, ensure_ascii=False)[1:-1] in told


def test_the_events_document_has_every_event_with_its_examples_and_listeners() -> None:
    content = yaml.load((CONTRACTS / "asyncapi" / "mostrador.yaml").read_text(), yaml.CSafeLoader)
    assert content["asyncapi"] == "3.0.0"
    files = {file.stem: file.parent.name for file in (CONTRACTS / "events").glob("*/*.json")}
    messages = content["components"]["messages"]
    assert messages.keys() == content["channels"].keys() == files.keys()
    for name, producer in files.items():
        channel, message = content["channels"][name], messages[name]
        assert channel["address"] == f"{producer}.{name}"
        assert channel["messages"][name] == {"$ref": f"#/components/messages/{name}"}
        assert content["operations"][f"{producer}.tells.{name}"]["action"] == "send"
        assert message["payload"]["schemaFormat"] == "application/schema+json;version=draft-2020-12"
        validator = jsonschema_rs.Draft202012Validator(message["payload"]["schema"])
        assert message["examples"]
        assert all(validator.is_valid(example["payload"]) for example in message["examples"])
        assert not validator.is_valid({**message["examples"][0]["payload"], "type": "Other"})
    for operation in content["operations"].values():
        assert operation["channel"]["$ref"].rpartition("/")[2] in content["channels"]
    assert content["operations"]["analytics.hears.OrderPaid"]["action"] == "receive"
    assert "catalog.hears.PointsChanged" not in content["operations"]


@pytest.mark.parametrize("started", ["sqlite"], indirect=True)
def test_lists_take_every_ordering_that_the_document_names(started: Platform) -> None:
    api = Api(started.url, started.admin.username, started.admin.password)
    asked = 0
    for method, path, operation in operations():
        for one in operation.get("parameters", []):
            if one["name"] == "ordering" and "{" not in path:
                repeated = "&".join(f"ordering={name}" for name in one["schema"]["items"]["enum"])
                answer = api.ask(method, f"{path}?{repeated}")
                assert answer.status_code == 200, answer.text
                asked += 1
    assert asked >= 9


# --- in a browser --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    opened = Browser()
    yield opened
    opened.close()


def nothing_from_elsewhere(browser: Browser, platform: Platform) -> None:
    own = urlsplit(platform.url).netloc
    assert {urlsplit(url).netloc for url in browser.requests if url.startswith(("http:", "https:", "ws"))} == {own}
    assert browser.messages == []


@pytest.mark.parametrize("started", ["sqlite"], indirect=True)
def test_redoc_shows_every_operation(started: Platform, browser: Browser) -> None:
    browser.open(f"{started.url}/api/v1/schema/redoc/")
    count = sum(1 for _ in operations())
    browser.wait(
        f'document.querySelectorAll(\'[data-section-id^="tag/"][data-section-id*="/operation/"]\').length >= {count}'
    )
    browser.wait("document.querySelector('h1').textContent.startsWith('Mostrador')")
    nothing_from_elsewhere(browser, started)


@pytest.mark.parametrize("started", ["sqlite"], indirect=True)
def test_a_login_and_a_call_are_done_by_clicking_in_swagger_ui(started: Platform, browser: Browser) -> None:
    def block(name: str) -> str:
        return f'[id$="-{name}"]'

    def execute(name: str) -> tuple[str, str]:
        row = f"document.querySelector('{block(name)} .live-responses-table .response')"
        if browser.value(f"!!{row}"):  # the answer to what was tried before
            browser.click(f"{block(name)} .btn-clear")
            browser.wait(f"!{row}")
        browser.click(f"{block(name)} .execute")
        browser.wait(f"!!{row}?.querySelector('.response-col_status')?.textContent.match(/\\d/)")
        status = browser.value(f"{row}.querySelector('.response-col_status').textContent")
        return str(status), str(browser.value(f"{row}.querySelector('.highlight-code pre')?.textContent"))

    browser.open(f"{started.url}/api/v1/schema/swagger-ui/")
    for tag in ("Users", "Login", "Accounts"):
        browser.click(f'[data-tag="{tag}"]')
    browser.click(f"{block('getMe')} .opblock-summary-control")
    status, body = execute("getMe")
    assert "401" in status
    assert "Authentication credentials were not provided." in body

    browser.click(f"{block('logIn')} .opblock-summary-control")
    login = {"username": started.admin.username, "password": started.admin.password}
    browser.type(f"{block('logIn')} textarea", json.dumps(login))
    status, body = execute("logIn")
    assert "200" in status
    token = json.loads(body)["access"]

    browser.click(".auth-wrapper .authorize")  # the login has authorised the page; now by hand
    browser.click(".auth-btn-wrapper [aria-label='Remove authorization']")
    browser.type("#auth-bearer-value", token)
    browser.click(".auth-btn-wrapper [type=submit]")
    browser.wait("document.querySelector('.auth-container h6')?.textContent === 'Authorized'")
    browser.click(".auth-btn-wrapper .btn-done")

    status, body = execute("getMe")
    assert "200" in status
    assert json.loads(body)["username"] == started.admin.username

    browser.click(f"{block('registerAccount')} .opblock-summary-control")
    owner = {"email": f"ana-{uuid.uuid4().hex[:8]}@example.com", "password": "securePass123", "full_name": "Ana Ruiz"}
    browser.type(f"{block('registerAccount')} textarea", json.dumps({**owner, "company_name": "Abarrotes Ruiz"}))
    assert "201" in execute("registerAccount")[0]
    status, body = execute("getMe")
    assert (json.loads(body)["email"], "200" in status) == (owner["email"], True), "who registers is logged in"
    assert [text for text in browser.messages if "401" not in text] == []  # the console tells of the refused call
    browser.messages.clear()
    nothing_from_elsewhere(browser, started)
