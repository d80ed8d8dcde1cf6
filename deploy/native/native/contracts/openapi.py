"""The public APIs: `openapi/<service>.yaml`, OpenAPI 3."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from native.contracts.schemas import Comparison, Schema, Side

Document = Mapping[str, Any]
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


def api_breaks(old: Mapping[str, Document], new: Mapping[str, Document]) -> Iterator[str]:
    """A sentence for each breaking change; documents by service. An operation may move to another service's document."""
    served = {key: (document, operation) for document in new.values() for key, operation in operations(document)}
    for service, document in old.items():
        for key, operation in operations(document):
            if key not in served:
                yield f"api {service}: {key}: removed operation"
                continue
            for found in _operation_breaks(document, operation, *served[key]):
                yield f"api {service}: {key}: {found}"


def operations(document: Document) -> Iterator[tuple[str, dict[str, Any]]]:
    """`GET /api/orders/{}/` and the operation, with the parameters of its path item."""
    for path, item in document.get("paths", {}).items():
        for method in METHODS:
            if method in item:
                own = item[method]
                both = [*item.get("parameters", ()), *own.get("parameters", ())]
                security = own.get("security", document.get("security", []))
                yield (
                    f"{method.upper()} {re.sub(r'{[^}]*}', '{}', path)}",
                    {**own, "parameters": both, "security": security},
                )


def _operation_breaks(
    old_document: Document, old: Mapping[str, Any], new_document: Document, new: Mapping[str, Any]
) -> Iterator[str]:
    find_old, find_new = _finder(old_document), _finder(new_document)
    asked, told = (Comparison(side, find_old, find_new) for side in (Side.SENDERS, Side.READERS))
    if new["security"] and (not old["security"] or {} in old["security"]) and {} not in new["security"]:
        yield "wants a token from now on"
    for role in old.get("x-roles", ()):
        if role not in new.get("x-roles", (role,)):
            yield f"{role} may no longer ask it"
    yield from _parameter_breaks(asked, old, new)
    yield from _body_breaks(asked, _found(old.get("requestBody"), find_old), _found(new.get("requestBody"), find_new))
    answers = {str(status): answer for status, answer in new.get("responses", {}).items()}
    for status, answer in old.get("responses", {}).items():
        if str(status) not in answers and "default" not in answers:
            yield f"removed status {status}"
            continue
        found = answers[str(status)] if str(status) in answers else answers["default"]
        before, after = _found(answer, find_old), _found(found, find_new)
        comparison = replace(told, open_ended=True) if str(status) >= "400" else told
        yield from _content_breaks(comparison, before, after, f"answer {status}")


def _parameter_breaks(asked: Comparison, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    before, after = _parameters(old, asked.old), _parameters(new, asked.new)
    for (place, name), parameter in before.items():
        found = after.get((place, name))
        where = f"{place} parameter {name}"
        if found is None:
            yield f"{where}: removed parameter"
            continue
        if found.get("required") and not parameter.get("required"):
            yield f"{where}: is required from now on"
        yield from asked.breaks(parameter.get("schema", {}), found.get("schema", {}), where)
    for (place, name), parameter in after.items():
        if parameter.get("required") and (place, name) not in before:
            yield f"{place} parameter {name}: new required parameter"


def _parameters(operation: Mapping[str, Any], find: Callable[[str], Schema]) -> dict[tuple[str, str], Schema]:
    """By place and name; those in the path by their number, because a client never sees their names."""
    found: dict[tuple[str, str], Schema] = {}
    for parameter in operation["parameters"]:
        parameter = _found(parameter, find)
        number = sum(place == "path" for place, _ in found) + 1
        found[parameter["in"], str(number) if parameter["in"] == "path" else parameter["name"]] = parameter
    return found


def _body_breaks(asked: Comparison, old: Schema, new: Schema) -> Iterator[str]:
    if new.get("required") and not old.get("required"):
        yield "request: a body is required from now on"
    if old and not new:
        yield "request: no body is taken any more"
    else:
        yield from _content_breaks(asked, old, new, "request")


def _content_breaks(comparison: Comparison, old: Schema, new: Schema, where: str) -> Iterator[str]:
    for media, content in old.get("content", {}).items():
        if media not in new.get("content", {}):
            yield f"{where}: no {media} any more"
            continue
        for found in comparison.breaks(content.get("schema", {}), new["content"][media].get("schema", {})):
            yield f"{where}: {found}"


def _finder(document: Document) -> Callable[[str], Schema]:
    return partial(_find, document)


def _find(document: Document, reference: str) -> Schema:
    """What `#/components/schemas/Order` points at."""
    found: Any = document
    for part in reference.removeprefix("#/").split("/"):
        found = found[part.replace("~1", "/").replace("~0", "~")]
    return dict(found)


def _found(thing: Schema | None, find: Callable[[str], Schema]) -> Schema:
    return find(thing["$ref"]) if thing and "$ref" in thing else thing or {}
