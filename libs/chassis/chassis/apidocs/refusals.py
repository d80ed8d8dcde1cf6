"""The error answers of an operation, in the shape of its surface, with what the code itself would say as examples."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import orjson

from chassis.access import STAFF, Access
from chassis.apidocs.examples import Json, labelled
from chassis.apidocs.shapes import Shapes
from chassis.json import dumps
from chassis.problems import (
    Conflict,
    Forbidden,
    Invalid,
    InvalidToken,
    NonField,
    NotAuthenticated,
    NotFound,
    PreconditionFailed,
    Problem,
    TokenRevoked,
    Unavailable,
)
from chassis.surfaces import Surface, error_body

EVERYBODY = (*STAFF, "CLIENT")
TIMESTAMP = "2023-10-27T10:00:00Z"
_TEXT = {"type": "string"}
SHAPES: dict[str, Json] = {
    "Detail": {
        "type": "object",
        "description": "What went wrong, in a sentence; `code` where a program has to tell cases apart.",
        "properties": {"detail": _TEXT, "code": _TEXT},
        "required": ["detail"],
    },
    "FieldErrors": {
        "type": "object",
        "description": "Messages by field, nested as the body is; `non_field_errors` are of the whole.",
        "additionalProperties": {"anyOf": [{"type": "array", "items": {}}, {"type": "object"}]},
    },
    "Failure": {
        "type": "object",
        "description": "What went wrong on the B2B surface; a batch names every bad element by its index.",
        "properties": {
            "data": {"type": "null"},
            "success": {"type": "boolean", "enum": [False]},
            "status_message": _TEXT,
            "timestamp": {"type": "string", "format": "date-time"},
        },
        "required": ["data", "success", "status_message", "timestamp"],
    },
    "AuthFailure": {
        "type": "object",
        "description": "What went wrong below `/api/v1/auth/` on the B2B surface.",
        "properties": {"status": {"type": "string", "enum": ["error"]}, "message": _TEXT},
        "required": ["status", "message"],
    },
}
_OF_SURFACE = {"b2b": "Failure", "b2b-auth": "AuthFailure"}
_TITLES = {"pos": "", "b2b": "B2b", "b2b-auth": "B2bAuth"}
_HEADERS = {
    "Retry-After": {
        "description": "Seconds after which trying again makes sense.",
        "schema": {"type": "integer", "format": "int32"},
    },
    "WWW-Authenticate": {"description": "Always `Bearer`.", "schema": {"type": "string"}},
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """One way to be refused; `standard`: of any operation of its kind, not of this one."""

    label: str
    problem: Problem
    standard: bool = False


WRONG_KEY = Problem("This Idempotency-Key was used with a different request body.", status=422)
# What the gateway or the service answers to any request, whatever it asks for: each operation's `default`.
ALWAYS = (
    Refusal("too large", Problem("Request body is too large.", status=413), True),
    Refusal("path too long", Problem("Request path is too long.", status=414), True),
    Refusal("headers too large", Problem("Request headers are too large.", status=431), True),
    Refusal("too many requests", Problem("Request was throttled. Expected available in 1 second.", status=429), True),
    Refusal("a bug", Problem("A server error occurred.", status=500), True),
    Refusal("not reachable", Problem("The service could not be reached, try again later.", status=502), True),
    Refusal("not available", Unavailable(), True),
    Refusal("too slow", Problem("The service did not answer in time, try again later.", status=504), True),
)
BY_TOKEN = (
    Refusal("no token", NotAuthenticated(), True),
    Refusal("bad or expired token", InvalidToken(), True),
    Refusal("revoked token", TokenRevoked(), True),
)
NOT_JSON = Refusal("not JSON", Problem("JSON parse error - unexpected end of data: line 1 column 1 (char 0)"))
BY_KEY = (
    Refusal("no key", Invalid({"Idempotency-Key": ["Must be 1 to 255 printable ASCII characters without a comma."]})),
    Refusal("same key, still running", Conflict(), True),
    Refusal("same key, another body", WRONG_KEY, True),
)
_UNTOLD: set[type[Problem]] = {Problem, Invalid, NonField}  # what they say stands where they are raised
STANDARD: dict[type[Problem], str] = {NotFound: "not found", PreconditionFailed: "changed meanwhile"}


def by_role(access: Access) -> list[Refusal]:
    """403 with the words of the view's mark, unless every role may."""
    if set(EVERYBODY) <= set(access.roles):
        return []
    return [Refusal("role", access.refusal(), access.refusal is Forbidden)]


def of_problems(problems: set[type[Problem]]) -> Iterator[Refusal]:
    """Each problem with the arguments that its class is documented with."""
    for problem in sorted(problems - _UNTOLD, key=lambda one: one.__name__):
        standard = STANDARD.get(problem)
        yield Refusal(standard or problem.__name__, problem(**_arguments(problem)), standard is not None)


def _arguments(problem: type[Problem]) -> Mapping[str, Any]:
    """Those of the class whose `__init__` takes them, or of one below it."""
    for one in problem.__mro__:
        if "example" in vars(one):
            found: Mapping[str, Any] = vars(one)["example"]
            return found
        if "__init__" in vars(one):
            return {}
    return {}


def answers(
    refusals: Iterable[Refusal], surface: Surface, shapes: Shapes, responses: dict[str, Json]
) -> dict[str, Json]:
    """OpenAPI's `responses` by status; what is the same for all operations of a surface goes to `responses`.

    What ALWAYS answers already is left out: `default` refers to it.
    """
    always = {one.problem.status: one for one in ALWAYS}
    by_status: dict[int, list[Refusal]] = {}
    for refusal in refusals:
        status = refusal.problem.status
        if status not in always or type(refusal.problem) is not type(always[status].problem):
            by_status.setdefault(status, [always[status]] if status in always else []).append(refusal)
    found: dict[str, Json] = {}
    for status, several in sorted(by_status.items()):
        response = _response(status, several, surface, shapes)
        if all(one.standard for one in several):
            name = _TITLES[surface] + HTTPStatus(status).phrase.replace(" ", "").replace("-", "")
            if responses.setdefault(name, response) == response:
                response = {"$ref": f"#/components/responses/{name}"}
        found[str(status)] = response
    shared = _TITLES[surface] + "Error"
    responses.setdefault(shared, _shared(surface, shapes))
    return {**found, "default": {"$ref": f"#/components/responses/{shared}"}}


def _shared(surface: Surface, shapes: Shapes) -> Json:
    statuses = ", ".join(f"{one.problem.status} ({one.label})" for one in ALWAYS)
    response = _response(max(one.problem.status for one in ALWAYS), list(ALWAYS), surface, shapes)
    return {**response, "description": f"Any request may get one of these: {statuses}."}


def _response(status: int, refusals: list[Refusal], surface: Surface, shapes: Shapes) -> Json:
    examples: Json = {}
    schemas, headers = list[Json](), set[str]()
    for refusal in refusals:
        body = _body(refusal.problem, surface)
        if body not in examples.values():
            examples[refusal.label] = body
        shape = _shape(refusal, body, surface, shapes)
        if shape not in schemas:
            schemas.append(shape)
        headers |= refusal.problem.headers.keys()
    if status in (429, 502, 504):
        headers.add("Retry-After")
    response: Json = {"description": HTTPStatus(status).phrase}
    if headers:
        response["headers"] = {name: _HEADERS[name] for name in sorted(headers)}
    schemas.sort(key=lambda one: one["$ref"])
    schema = schemas[0] if len(schemas) == 1 else {"anyOf": schemas}
    return {**response, "content": {"application/json": {"schema": schema, "examples": labelled(examples)}}}


def _body(problem: Problem, surface: Surface) -> Json:
    shaped = error_body(surface, problem.status, problem.body, problem.summary(), problem.fields)
    plain: Json = orjson.loads(dumps(shaped))
    return {**plain, "timestamp": TIMESTAMP} if "timestamp" in plain and surface == "b2b" else plain


def _shape(refusal: Refusal, body: Json, surface: Surface, shapes: Shapes) -> Json:
    problem, name = refusal.problem, _OF_SURFACE.get(surface, "Detail")
    if surface == "pos" and isinstance(problem, Invalid):
        return shapes.add("FieldErrors", SHAPES["FieldErrors"])
    if set(body) <= set(SHAPES[name]["properties"]):
        return shapes.add(name, SHAPES[name])
    base = SHAPES[name]["properties"] if surface != "pos" else {}
    properties = {**base, **{key: _like(value) for key, value in body.items() if key not in base}}
    title = type(problem).__name__ + (name if surface != "pos" else "")
    described = (type(problem).__doc__ or "").split("\n")[0]
    return shapes.add(
        title, {"type": "object", "description": described, "properties": properties, "required": list(properties)}
    )


def _like(value: Any) -> Json:
    """A shape for a value like this; what may be null too shows a value in the example."""
    if isinstance(value, bool):
        return {"type": "boolean"}
    if isinstance(value, int):
        return {"type": "integer", "format": "int64"}
    if isinstance(value, list):
        return {"type": "array", "items": _like(value[0]) if value else {}}
    if isinstance(value, Mapping):
        return {"type": "object"}
    return {"type": ["string", "null"]}
