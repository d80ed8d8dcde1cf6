"""The operations of a service's app: every public route and method, with all that its marks, schemas and code tell."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import marshmallow as ma
from flask import Flask, g
from werkzeug.routing import IntegerConverter, Rule

from chassis.access import Access, access_of
from chassis.apidocs import refusals
from chassis.apidocs.examples import Examples, Json, labelled
from chassis.apidocs.reach import Reach, Reader, definition
from chassis.apidocs.shapes import Shapes
from chassis.blueprint import validation_errors
from chassis.problems import Invalid, NotFound, Problem
from chassis.surfaces import Surface, surface_of

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
_TEXT: Json = {"type": "string"}
_COUNT: Json = {"type": "integer", "format": "int64"}
_LAST_ID = 2**63 - 1
_FILE: Json = {"schema": {"type": "string"}}
_BYTES: Json = {"type": "string", "format": "binary"}  # generators of clients look for the format of OpenAPI 3.0
_BINARY: Json = {"schema": {**_BYTES, "contentMediaType": "application/octet-stream"}}
_FORM: Json = {
    "schema": {
        "type": "object", "properties": {"file": {**_BYTES, "contentMediaType": "text/csv"}}, "required": ["file"],
    }
}  # fmt: skip
_FILES = {"application/pdf": _BINARY, "application/octet-stream": _BINARY, "multipart/form-data": _FORM}


@dataclass(slots=True)
class Service:
    """A service being documented: its app, and what the document is to hold."""

    name: str
    app: Flask
    examples: Examples
    shapes: Shapes = field(default_factory=Shapes)
    responses: dict[str, Json] = field(default_factory=dict)
    tags: dict[str, list[str]] = field(default_factory=dict)
    """What each tag's blueprints say of themselves."""

    def paths(self) -> dict[str, dict[str, Json]]:
        """OpenAPI's `paths`: the routes that the outside world may know."""
        with self.app.test_request_context():
            g.user = SimpleNamespace(role="ADMIN")  # some schemas ask who is logged in
            return self._paths(Reader(self.name))

    def _paths(self, reader: Reader) -> dict[str, dict[str, Json]]:
        found: dict[str, dict[str, Json]] = {}
        for rule in sorted(self.app.url_map.iter_rules(), key=lambda one: one.rule):
            access = access_of(self.app, rule.endpoint)
            if access.callers or rule.endpoint.startswith("health."):
                continue
            path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
            for method in METHODS:
                if method in (rule.methods or ()):
                    operation = _Operation(self, rule, path, method, access, reader)
                    found.setdefault(path, {})[method.lower()] = operation.document()
                    self._describe(operation.blueprint)
        return found

    def _describe(self, blueprint: Any) -> None:
        told = self.tags.setdefault(blueprint.tag, [])
        if blueprint.description and (sentence := f"{blueprint.description.rstrip('.')}.") not in told:
            told.append(sentence)


class _Operation:
    """One method of one route."""

    def __init__(self, service: Service, rule: Rule, path: str, method: str, access: Access, reader: Reader) -> None:
        self.service, self.rule, self.path, self.method, self.access = service, rule, path, method, access
        self.view = service.app.view_functions[rule.endpoint]
        self.key = f"{method} {path}"
        self.surface: Surface = surface_of(path)
        self.reach: Reach = reader.view(self.view)
        apidoc = getattr(self.view, "_apidoc", {})
        self.blueprint: Any = service.app.blueprints[rule.endpoint.rpartition(".")[0]]
        self.marked: Json = apidoc.get("manual_doc", {})
        self.answers: dict[int, list[Any]] = apidoc.get("response", {}).get("responses", {})
        self.body, self.query = None, None
        for argument in apidoc.get("arguments", {}).get("parameters", []):
            schema = argument["schema"]
            schema = schema() if isinstance(schema, type) else schema
            self.reach.add(reader.schema(type(schema)))
            if argument["in"] == "json":
                self.body = schema
            else:
                self.query = schema
        self.files: dict[str, Any] = getattr(self.view, "files", {})

    @property
    def idempotent(self) -> bool:
        return "chassis.idempotency.wrapped" in self.reach.functions

    @property
    def name(self) -> str:
        """The operationId: what the view is marked with. PUT on a view that takes PATCH, too, replaces instead of updating."""
        name: str = self.marked.get("operationId") or self.rule.endpoint.replace(".", "_")
        both = {"PUT", "PATCH"} <= (self.rule.methods or set())
        return re.sub("^update", "replace", name) if both and self.method == "PUT" else name

    def document(self) -> Json:
        summary, description = _texts(inspect.getdoc(self.view) or "")
        roles = ["anybody"] if self.access.public else list(self.access.roles)
        told = f"**Roles:** {', '.join(roles)}"
        found: Json = {
            "operationId": self.name,
            "tags": [self.blueprint.tag],
            "summary": summary,
            "description": f"{description}\n\n{told}" if description else told,
            "x-roles": roles,
            "security": [] if self.access.public else [{"bearer": []}],
        }
        if parameters := [*self._path(), *self._query(), *self._headers()]:
            found["parameters"] = parameters
        if body := self._request():
            found["requestBody"] = body
        found["responses"] = {**self._success(), **self._refusals()}
        return found

    def _path(self) -> Iterator[Json]:
        for name in re.findall(r"{(\w+)}", self.path):
            number = isinstance(self.rule._converters[name], IntegerConverter)
            shape: Json = (
                {"type": "integer", "format": "int64", "minimum": 1, "maximum": _LAST_ID}
                if number
                else {"type": "string", "minLength": 1}
            )
            known, after = self.service.examples.fields, self.path.partition(f"/{{{name}}}")[0].rpartition("/")[2]
            named = f"{after}/{name}" if f"{after}/{name}" in known else name
            example = 1 if number and named not in known else self._value(named, shape)
            yield {"name": name, "in": "path", "required": True, "schema": shape, "example": example}

    def _query(self) -> Iterator[Json]:
        for name, one in (self.query.fields if self.query else {}).items():
            shape = self.service.shapes.field(one, "request")
            description = shape.pop("description", None)
            parameter: Json = {"name": one.data_key or name, "in": "query", "required": one.required, "schema": shape}
            if shape.get("type") == "array":
                parameter["explode"] = False  # a,b
            if description:
                parameter["description"] = description
            if one.required:
                parameter["example"] = self._value(parameter["name"], shape)
            yield parameter

    def _headers(self) -> Iterator[Json]:
        if self.idempotent:
            # No example: a page would send it with every request that is tried out.
            yield _header("Idempotency-Key", "Repeat a request under one key: it has one effect and one answer.")
        if "chassis.conditional.check_if_match" in self.reach.functions:
            yield _header("If-Match", "Change it only if it still is in the state with this ETag.")
        if "chassis.conditional.detail" in self.reach.functions:
            yield _header("If-None-Match", "304 instead of what the client has already.")

    def _request(self) -> Json | None:
        content: Json = {}
        if self.body is not None:
            shape = self.service.shapes.of(self.body, "request")
            examples = self.service.examples.of_operation(self.key, "request", shape, self.service.shapes.components)
            content["application/json"] = {"schema": shape, "examples": labelled(examples)}
        content |= {type_: _FILES.get(type_, _FILE) for type_ in self.files.get("request", ())}
        if not content:
            return None
        needed = any(one.required for one in self.body.fields.values()) if self.body is not None else True
        return {"required": needed, "content": content}

    def _success(self) -> dict[str, Json]:
        found: dict[str, Json] = {}
        for status, documented in self.answers.items():
            shapes = [self._answer(one["schema"]) for one in documented if one.get("schema") is not None]
            response: Json = {"description": documented[0]["description"]}
            if headers := {**self._answer_headers(), **documented[0].get("headers", {})}:
                response["headers"] = headers
            if shapes:
                shape = shapes[0] if len(shapes) == 1 else {"anyOf": shapes}
                examples = self.service.examples.of_operation(
                    self.key, "response", shape, self.service.shapes.components
                )
                if (said := _sentence(self.view)) and all(
                    isinstance(body, dict) and isinstance(body.get("data"), str) for body in examples.values()
                ):
                    examples = {label: {**body, "data": said} for label, body in examples.items()}
                response["content"] = {"application/json": {"schema": shape, "examples": labelled(examples)}}
            found[str(status)] = response
        if types := self.files.get("response"):
            response = found.setdefault("200", {"description": "OK"})
            response.setdefault("content", {}).update({type_: _FILES.get(type_, _FILE) for type_ in types})
        if "chassis.conditional.detail" in self.reach.functions:
            found["304"] = {
                "description": "Not Modified: the client's copy, named by `If-None-Match`, is the present one."
            }
        return found

    def _answer(self, schema: Any) -> Json:
        numbers = self.surface != "pos" or "analytics" in self.path
        return self.service.shapes.of(schema, "answer", numbers=numbers)

    def _answer_headers(self) -> Json:
        wanted = {}
        if "chassis.pagination.listed" in self.reach.functions:
            wanted["X-Total-Count"] = ("Rows in all, not only on this page.", _COUNT)
            wanted["Link"] = ("`first`, `prev`, `next`, `last` page (RFC 8288).", _TEXT)
        if {"chassis.conditional.detail", "chassis.conditional.etag_of"} & self.reach.functions:
            wanted["ETag"] = ("Names this state of the row.", _TEXT)
        if self.idempotent:
            wanted["Idempotent-Replayed"] = (
                "`true` when this is the answer to an earlier request with the key.",
                _TEXT,
            )
        return {name: {"description": text, "schema": schema} for name, (text, schema) in wanted.items()}

    def _refusals(self) -> dict[str, Json]:
        found: list[refusals.Refusal] = []
        for schema in (self.body, self.query):
            if schema is not None and (errors := self._missing(schema)):
                found.append(refusals.Refusal("invalid", Invalid(errors)))
        for label, errors in self.service.examples.of_refusals(self.key).items():
            found.append(refusals.Refusal(label, Invalid(errors)))
        if self.body is not None:
            found.append(refusals.NOT_JSON)
        if not self.access.public:
            found += [*refusals.BY_TOKEN, *refusals.by_role(self.access)]
        problems = self.reach.problems | ({NotFound} if "{" in self.path else set())
        never = self.service.examples.never.get(self.key, ())
        problems = {one for one in problems if one.__name__ not in never}
        found += refusals.of_problems(problems)
        if self.query is not None and "ordering" in self.query.fields:
            found.append(refusals.Refusal("ordering", Invalid({"ordering": ['"color" is not a valid choice.']})))
        if self.idempotent:
            found += refusals.BY_KEY
        if "{" in self.path or self.idempotent:
            found.append(refusals.Refusal("malformed", Problem("Bad request.")))
        return refusals.answers(found, self.surface, self.service.shapes, self.service.responses)

    def _missing(self, schema: ma.Schema) -> dict[str, Any] | None:
        """What the schema itself says of a request without its required fields, or of one bad value."""
        first = next((one.data_key or name for name, one in schema.fields.items()), None)
        candidates: list[Json] = [{}, {first: []} if first else {}]
        for candidate in candidates:
            try:
                errors = schema.validate(candidate)
            except Problem:  # a hook with words of its own
                continue
            if errors:
                found: Json = validation_errors(errors)
                return found
        return None

    def _value(self, name: str, shape: Json) -> Any:
        return self.service.examples.of_field(name, shape, self.service.shapes.components)


def _header(name: str, description: str) -> Json:
    return {
        "name": name, "in": "header", "required": False, "description": description, "schema": {"type": "string"},
    }  # fmt: skip


def _sentence(view: Any) -> str | None:
    """What a view that answers with a sentence says: `return b2b.done("product deleted successfully", …)`."""
    function = inspect.unwrap(view)
    for node in ast.walk(definition(function) or ast.Pass()):
        if isinstance(node, ast.Return) and isinstance(node.value, ast.Call):
            for argument in node.value.args:
                value = argument.value if isinstance(argument, ast.Constant) else None
                if isinstance(argument, ast.Name):
                    value = function.__globals__.get(argument.id)
                if isinstance(value, str):
                    return value
    return None


def _texts(docstring: str) -> tuple[str, str]:
    """A view's docstring as a title and the whole of it, where that says more."""
    whole = re.sub(r"\s+", " ", docstring).strip()
    title = re.split(r"[;:.](?:\s|$)", whole, maxsplit=1)[0]
    return title.replace("`", ""), "" if whole.rstrip(".") == title else whole
