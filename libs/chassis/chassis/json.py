"""JSON by orjson: times end in Z with whole seconds, money is text (a number on the B2B surface), keys keep their order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

import orjson
from flask import Response
from flask.json.provider import JSONProvider

_OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_OMIT_MICROSECONDS


def _default(value: Any) -> Any:
    if isinstance(value, Decimal):
        return f"{value:.2f}"
    raise TypeError(f"not JSON: {type(value).__name__}")


def _number(value: Any) -> Any:
    if isinstance(value, Decimal):
        return orjson.Fragment(f"{value:f}")  # 18.50 as it is, never through a float
    raise TypeError(f"not JSON: {type(value).__name__}")


def dumps(value: Any, *, numbers: bool = False) -> bytes:
    """The bytes an answer is made of. `numbers`: decimals are JSON numbers with all their places, not text in cents."""
    return orjson.dumps(value, _number if numbers else _default, _OPTIONS)


def json_response(
    value: Any, status: int = 200, headers: Mapping[str, str] | None = None, *, numbers: bool = False
) -> Response:
    """An answer with `value` as its JSON body."""
    return Response(dumps(value, numbers=numbers), status, headers, mimetype="application/json")


def streamed_array(
    portions: Iterable[Iterable[Any]], status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """An answer with a JSON array that is never in memory as a whole: portions of its elements are sent as they come."""

    def body() -> Iterator[bytes]:
        separator = b"["
        for portion in portions:
            for value in portion:
                yield separator + dumps(value)
                separator = b","
        yield b"[]" if separator == b"[" else b"]"

    return Response(body(), status, headers, mimetype="application/json")


class OrjsonProvider(JSONProvider):
    """Flask's JSON by the same rules."""

    def dumps(self, obj: Any, **_: Any) -> str:
        return dumps(obj).decode()

    def loads(self, s: str | bytes, **_: Any) -> Any:
        return orjson.loads(s)
