"""One service's OpenAPI document, and the one merged of all services."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import MISSING, fields
from importlib import import_module
from itertools import permutations
from pathlib import Path
from typing import Any

import chassis
from chassis.apidocs.examples import Examples, Json
from chassis.apidocs.operations import Service

OPENAPI = "3.1.0"
_NAMES = ("auth", "catalog", "sales", "customers", "analytics", "gateway")
_ALL_KEYS = [f"{caller}>{callee}=nothing is signed with it" for caller, callee in permutations(_NAMES, 2)]
_KINDS = ("schemas", "responses")
_HEADINGS = ("Point of sale", "Device sessions", "B2B")
_SECURITY = {
    "bearer": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "The access token of a login: `POST /api/auth/login/`, `/api/v1/auth/token/` or `/api/v1/auth/login`.",
    }
}


def service_document(service: str, folder: Path) -> Json:
    """The document of a service, whose package is below `folder`. Starts and connects to nothing."""
    app = import_module(f"{service}.app").create_app(settings_of(service))
    described = Service(service, app, Examples.read(folder / service / "api" / "examples.yaml"))
    paths = described.paths()
    return {
        "openapi": OPENAPI,
        "info": {"title": f"Mostrador: {service}", "version": chassis.__version__},
        "servers": [{"url": "/"}],
        "tags": [{"name": tag, "description": " ".join(texts)} for tag, texts in described.tags.items()],
        "paths": paths,
        "components": {
            "schemas": dict(sorted(described.shapes.components.items())),
            "responses": dict(sorted(described.responses.items())),
            "securitySchemes": _SECURITY,
        },
    }


def settings_of(service: str) -> Any:
    """A service's Config, good enough to make its app and to never reach anything."""
    config = import_module(f"{service}.config").Config
    needed = {one.name: "" for one in fields(config) if one.default is MISSING and one.default_factory is MISSING}
    return config.from_env(
        **{**needed, "database_url": "sqlite:////none/none.db", "jwks_url": "file:///none", "service_keys": _ALL_KEYS}
    )


def merged(documents: Mapping[str, Json], info: Json) -> Json:
    """All of them as one. What is the same everywhere is there once, what is not goes by its service's name too."""
    components: dict[str, Json] = {"schemas": {}, "responses": {}}
    paths: Json = {}
    tags = sorted(
        (tag for one in documents.values() for tag in one["tags"]), key=lambda tag: _HEADINGS.index(_heading(tag))
    )
    for service, document in documents.items():
        renamed = _renamings(service, document, documents)
        for path, operations in _referring(document["paths"], renamed).items():
            if path in paths:
                raise ValueError(f"{path} is answered by two services")
            paths[path] = operations
        for kind in _KINDS:
            for name, shape in document["components"][kind].items():
                components[kind][renamed.get((kind, name), name)] = _referring(shape, renamed)
    return {
        "openapi": OPENAPI,
        "info": info,
        "servers": [{"url": "/"}],
        "tags": tags,
        "x-tagGroups": [  # the headings of ReDoc's menu
            {"name": heading, "tags": [tag["name"] for tag in tags if _heading(tag) == heading]}
            for heading in _HEADINGS
        ],
        "paths": paths,
        "components": {
            **{kind: dict(sorted(components[kind].items())) for kind in _KINDS},
            "securitySchemes": _SECURITY,
        },
    }


def _renamings(service: str, document: Json, documents: Mapping[str, Json]) -> dict[tuple[str, str], str]:
    """What of a service's components has a name that another service gives to something else."""
    renamed: dict[tuple[str, str], str] = {}
    while True:  # what refers to something renamed differs too
        found = {
            (kind, name): service.capitalize() + name
            for kind in _KINDS
            for name, shape in document["components"][kind].items()
            if any(
                other["components"][kind].get(name, shape) != shape or _refers(shape, renamed)
                for other_name, other in documents.items()
                if other_name != service and name in other["components"][kind]
            )
        }
        if found == renamed:
            return found
        renamed = found


def _refers(value: Any, renamed: Iterable[tuple[str, str]]) -> bool:
    names = {f"#/components/{kind}/{name}" for kind, name in renamed}
    if isinstance(value, dict):
        return value.get("$ref") in names or any(_refers(one, renamed) for one in value.values())
    return isinstance(value, list) and any(_refers(one, renamed) for one in value)


def _referring(value: Any, renamed: Mapping[tuple[str, str], str]) -> Any:
    if isinstance(value, dict):
        reference = value.get("$ref")
        if isinstance(reference, str):
            _, _, kind, name = reference.split("/")
            return {**value, "$ref": f"#/components/{kind}/{renamed.get((kind, name), name)}"}
        return {key: _referring(one, renamed) for key, one in value.items()}
    return [_referring(one, renamed) for one in value] if isinstance(value, list) else value


def _heading(tag: Json) -> str:
    return next((one for one in _HEADINGS if tag["name"].startswith(one.split()[0])), _HEADINGS[0])
