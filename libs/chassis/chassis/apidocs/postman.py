"""The merged OpenAPI document as a Postman collection v2.1: a folder a tag, logins that keep their token, all examples."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from chassis.apidocs.examples import Json

SCHEMA = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"
_NAMESPACE = uuid.UUID("6f2d8a52-1c0b-4a52-9d7e-1f6c2f9b7a10")
# Where a login or a refresh answers the pair of tokens: (access, refresh).
_PAIRS = {
    "/api/auth/login/": ("access", "refresh"),
    "/api/auth/refresh/": ("access", "refresh"),
    "/api/auth/register/": ("tokens.access", "tokens.refresh"),
    "/api/v1/auth/token/": ("access", "refresh"),
    "/api/v1/auth/token/refresh/": ("access", "refresh"),
    "/api/v1/auth/login": ("data.access_token", "data.refresh_token"),
    "/api/v1/auth/refresh": ("data.access_token", "data.refresh_token"),
}
_VARIABLES = {
    "base_url": "http://127.0.0.1:8080", "email": "", "username": "", "password": "", "access_token": "", "refresh_token": "",
}  # fmt: skip


def postman_collection(document: Json) -> Json:
    """The collection. Its variables say where the platform is and who logs in."""
    folders = {tag["name"]: {"name": tag["name"], "item": list[Json]()} for tag in document["tags"]}
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            folders[operation["tags"][0]]["item"].append(_item(path, method.upper(), operation))
    return {
        "info": {
            "_postman_id": str(uuid.uuid5(_NAMESPACE, "collection")),
            "name": document["info"]["title"],
            "description": document["info"]["description"],
            "schema": SCHEMA,
        },
        "auth": _bearer(),
        "variable": [{"key": key, "value": value, "type": "string"} for key, value in _VARIABLES.items()],
        "item": list(folders.values()),
    }


def _item(path: str, method: str, operation: Json) -> Json:
    item: Json = {
        "id": str(uuid.uuid5(_NAMESPACE, f"{method} {path}")),
        "name": operation["summary"],
        "request": _request(path, method, operation),
        "response": list(_responses(operation)),
    }
    if path in _PAIRS:
        item["event"] = [{"listen": "test", "script": {"type": "text/javascript", "exec": _keep(*_PAIRS[path])}}]
    return item


def _request(path: str, method: str, operation: Json) -> Json:
    parameters = operation.get("parameters", [])
    raw = "{{base_url}}" + re.sub(r"{(\w+)}", r":\1", path)
    url: Json = {"raw": raw, "host": ["{{base_url}}"], "path": re.sub(r"{(\w+)}", r":\1", path).lstrip("/").split("/")}
    if query := [_argument(one) for one in parameters if one["in"] == "query"]:
        url["query"] = query
    if inside := [{"key": one["name"], "value": str(one["example"])} for one in parameters if one["in"] == "path"]:
        url["variable"] = inside
    headers = [_argument(one) for one in parameters if one["in"] == "header"]
    request: Json = {"method": method, "url": url, "header": headers, "description": operation["description"]}
    content = operation.get("requestBody", {}).get("content", {})
    if "application/json" in content:
        value = next(iter(content["application/json"]["examples"].values()))["value"]
        request["header"] = [{"key": "Content-Type", "value": "application/json"}, *headers]
        body = json.dumps(_personal(path, value), ensure_ascii=False, indent=2)
        request["body"] = {"mode": "raw", "raw": body, "options": {"raw": {"language": "json"}}}
    elif "multipart/form-data" in content:
        request["body"] = {"mode": "formdata", "formdata": [{"key": "file", "type": "file", "src": []}]}
    if not operation["security"]:
        request["auth"] = {"type": "noauth"}
    return request


def _personal(path: str, body: Any) -> Any:
    """A request about one's own tokens takes them, and the names to log in with, from the variables."""
    if path not in _PAIRS and not path.rstrip("/").endswith("/logout"):
        return body
    own = {name: f"{{{{{name}}}}}" for name in ("email", "username", "password", "refresh_token")}
    own["refresh"] = "{{refresh_token}}"
    return {key: own.get(key, value) for key, value in body.items()} if "register" not in path else body


def _argument(parameter: Json) -> Json:
    value = parameter.get("example", parameter["schema"].get("default", ""))
    found: Json = {"key": parameter["name"], "value": str(value), "disabled": not parameter["required"]}
    return {**found, "description": parameter["description"]} if "description" in parameter else found


def _responses(operation: Json) -> Iterator[Json]:
    for status, response in operation["responses"].items():
        if "$ref" in response:
            continue  # the same for every operation: the documentation has them
        for media_type, content in response.get("content", {}).items():
            for name, example in content.get("examples", {}).items():
                yield {
                    "name": f"{status} {example.get('summary', name if name != 'example' else '')}".strip(),
                    "status": HTTPStatus(int(status)).phrase,
                    "code": int(status),
                    "_postman_previewlanguage": "json",
                    "header": [{"key": "Content-Type", "value": media_type}],
                    "body": json.dumps(example["value"], ensure_ascii=False, indent=2),
                }


def _bearer() -> Json:
    return {"type": "bearer", "bearer": [{"key": "token", "value": "{{access_token}}", "type": "string"}]}


def _keep(access: str, refresh: str) -> list[str]:
    return [
        "if (pm.response.code < 300) {",
        "    const answer = pm.response.json();",
        f"    pm.collectionVariables.set('access_token', answer.{access});",
        f"    pm.collectionVariables.set('refresh_token', answer.{refresh});",
        "}",
    ]
