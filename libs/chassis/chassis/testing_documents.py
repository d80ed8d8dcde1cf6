"""What the tests' client holds every answer against: the service's OpenAPI document as it is published."""

from __future__ import annotations

import re
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import jsonschema_rs
import yaml
from flask import Flask
from werkzeug.exceptions import HTTPException

from chassis.apidocs.refusals import ALWAYS

_ALWAYS = {refusal.problem.status for refusal in ALWAYS}
_NO_OPERATION = (308, 405)  # a path or method that no operation has


class PublishedDocument:
    """One service's `contracts/openapi/<service>.yaml`."""

    def __init__(self, content: dict[str, Any]) -> None:
        self._paths: dict[str, Any] = content["paths"]
        self._responses: dict[str, Any] = content["components"]["responses"]
        resource = {"components": content["components"]}
        self._registry = jsonschema_rs.Registry([("urn:document", resource)], draft=jsonschema_rs.Draft202012)
        self._validators: dict[tuple[str, str, str, str], Any] = {}

    def check(self, app: Flask, method: str, path: str, status: int, media_type: str, body: Any) -> None:
        """The answer's status, media type and body are documented; what no operation answers is let pass."""
        try:
            rule, _ = app.url_map.bind("").match(path.split("?")[0], method=method, return_rule=True)
        except HTTPException:
            return
        template = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
        operation = self._paths.get(template, {}).get(method.lower())
        if operation is None or status in _NO_OPERATION:
            return
        where = f"{method} {template} answered {status}"
        unknown = f"{where}, which its document doesn't know (`make contracts` writes it anew): {body}"
        listed = "default" if status in _ALWAYS and str(status) not in operation["responses"] else str(status)
        assert listed in operation["responses"], unknown
        response = operation["responses"][listed]
        if "$ref" in response:
            response = self._responses[response["$ref"].rpartition("/")[2]]
        if not media_type:
            assert "content" not in response, f"{where} without the body that its document has"
            return
        assert media_type in response.get("content", {}), f"{where} with {media_type}, which its document doesn't know"
        if media_type == "application/json":
            self._validate((template, method, str(status), media_type), response["content"][media_type], body, where)

    def _validate(self, key: tuple[str, str, str, str], content: dict[str, Any], body: Any, where: str) -> None:
        if key not in self._validators:
            schema = _within_document(content["schema"])
            self._validators[key] = jsonschema_rs.Draft202012Validator(schema, registry=self._registry)
        error = next(iter(self._validators[key].iter_errors(body)), None)
        assert error is None, f"{where}, unlike its document: {error}"


def _within_document(schema: Any) -> Any:
    if isinstance(schema, dict):
        return {
            key: f"urn:document{value}" if key == "$ref" else _within_document(value) for key, value in schema.items()
        }
    return [_within_document(one) for one in schema] if isinstance(schema, list) else schema


@cache
def published_document(service: str) -> PublishedDocument | None:
    """The document of a service, from the `contracts/` above its package; None for one that publishes nothing."""
    for folder in Path(str(import_module(service).__file__)).parents:
        file = folder / "contracts" / "openapi" / f"{service}.yaml"
        if file.exists():
            return PublishedDocument(yaml.load(file.read_text(encoding="utf-8"), yaml.CSafeLoader))
    return None
