"""flask-smorest, subclassed once: our error words for bad bodies, and views that answer with finished responses.

`@blp.response(status, Schema)` documents an answer; views return `json_response(…)`, which goes out as it is, so the hot
paths serialize plain rows once. The test client checks every answer against the schema it is documented with.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import flask_smorest
import marshmallow as ma
import orjson
from flask import Request
from webargs.flaskparser import FlaskParser
from webargs.multidictproxy import MultiDictProxy

from chassis.batches import batch_of
from chassis.problems import Invalid, Problem

View = TypeVar("View", bound=Callable[..., Any])


class _Parser(FlaskParser):
    DEFAULT_UNKNOWN_BY_LOCATION = {"json": ma.EXCLUDE, "query": ma.EXCLUDE}

    def load_json(self, req: Request, schema: ma.Schema) -> Any:
        raw = req.get_data(cache=True)
        if not raw.strip():
            return {}
        try:
            data = orjson.loads(raw)
        except orjson.JSONDecodeError as error:
            raise Problem(f"JSON parse error - {error}") from None
        if not isinstance(data, dict) and not schema.many:
            raise Invalid({"non_field_errors": [f"Invalid data. Expected a dictionary, but got {_kind(data)}."]})
        return data

    def load_querystring(self, req: Request, schema: ma.Schema) -> Any:
        given = {
            name: kept if getattr(schema.fields.get(name), "is_multiple", False) else kept[-1:]
            for name, values in req.args.lists()
            if (kept := [value for value in values if value != ""])  # ?status= filters nothing
        }
        return MultiDictProxy(type(req.args)(given), schema)

    def handle_error(self, error: ma.ValidationError, req: Request, schema: ma.Schema, **_: Any) -> NoReturn:
        messages: dict[str, Any] = dict(error.normalized_messages())  # type: ignore[no-untyped-call]
        if len(messages) == 1 and next(iter(messages)) in ("json", "query"):
            messages = next(iter(messages.values()))
        raise Invalid(validation_errors(messages))


def _kind(data: Any) -> str:
    return {list: "list", str: "str", int: "int", float: "float", bool: "bool", type(None): "null"}[type(data)]


def validation_errors(messages: Any) -> Any:
    """A schema's messages as they are answered. marshmallow says `{1: {…}}` of a list's element, the documents' style is a
    list with `{}` for the good ones.
    """
    if not isinstance(messages, dict):
        return messages
    if messages and all(isinstance(key, int) for key in messages):
        return [validation_errors(messages.get(index, {})) for index in range(max(messages) + 1)]
    return {
        "non_field_errors" if key == "_schema" else key: validation_errors(value) for key, value in messages.items()
    }


class Blueprint(flask_smorest.Blueprint):  # type: ignore[misc]
    """A resource's routes. Function views, marked with `@public`, `@roles(…)` or `@internal(…)` from `chassis.access`."""

    ARGUMENTS_PARSER = _Parser()

    def __init__(self, *args: Any, tag: str = "", **options: Any) -> None:
        """Make a blueprint whose operations the API document lists under `tag`, by default under the blueprint's name."""
        super().__init__(*args, **options)
        self.tag = tag or self.name

    def body(self, schema: type[ma.Schema], *, partial: bool = False) -> Callable[[View], View]:
        """The JSON body, validated; the view gets it as its first argument, a dict. `partial`: no field is required."""
        decorator: Callable[[View], View] = self.arguments(schema(partial=partial), error_status_code=400)
        return decorator

    def query(self, schema: type[ma.Schema]) -> Callable[[View], View]:
        """The query string, validated; the view gets it as a dict."""
        decorator: Callable[[View], View] = self.arguments(schema, location="query", error_status_code=400)
        return decorator

    def batch(self, element: type[Any], *, unique: str | tuple[str, ...] = "uid") -> Callable[[View], View]:
        """The B2B body `{"data": [1–1,000 elements]}`; the view gets the list. Two elements equal in `unique` are refused.

        `element` is a schema, or a field: `blp.batch(schemas.Uid)` takes `{"data": ["a", "b"]}`.
        """
        body = batch_of(element, unique)  # type: ignore[arg-type]  # mypy takes classes for unhashable
        decorator: Callable[[View], View] = self.arguments(body(), error_status_code=400)
        return decorator

    def files(self, *, request: Sequence[str] = (), response: Sequence[str] = ()) -> Callable[[View], View]:
        """Document media types of a view that takes or answers files; `text/csv` and the like."""

        def mark(view: View) -> View:
            view.__dict__["files"] = {"request": request, "response": response}
            return view

        return mark

    if TYPE_CHECKING:  # flask-smorest has no types, and an untyped decorator makes an untyped view

        def route(self, rule: str, **options: Any) -> Callable[[View], View]: ...
        def get(self, rule: str, **options: Any) -> Callable[[View], View]: ...
        def post(self, rule: str, **options: Any) -> Callable[[View], View]: ...
        def put(self, rule: str, **options: Any) -> Callable[[View], View]: ...
        def patch(self, rule: str, **options: Any) -> Callable[[View], View]: ...
        def delete(self, rule: str, **options: Any) -> Callable[[View], View]: ...
        def response(self, status: int, schema: Any = None, **options: Any) -> Callable[[View], View]: ...
        def doc(self, **operation: Any) -> Callable[[View], View]: ...
