"""The B2B surface (004): how its views answer, and the shapes of its answers for their documentation.

    @blp.post("/api/v1/product")
    @roles("ADMIN", "OWNER")
    @blp.batch(ProductUpsert)
    @blp.response(200, b2b.UIDS)
    def upsert(elements): return b2b.respond(upsert_products, elements=elements)

Answers and errors are envelopes; below `/api/v1/auth/` they are `{"status": "success", "data": …}`. Decimals are JSON numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Concatenate, ParamSpec

import marshmallow as ma
from flask import Response, request
from sqlalchemy import Select
from sqlalchemy.orm import Session

from chassis import conditional, schemas
from chassis.current import writing
from chassis.json import json_response
from chassis.pagination import rows_and_total
from chassis.problems import NotFound
from chassis.surfaces import success_body, surface_of

P = ParamSpec("P")
MAX_LIMIT = 1000


class OffsetQuery(schemas.Schema):
    """What every list takes."""

    offset = schemas.Integer(load_default=0, minimum=0, metadata={"description": "Rows to leave out."})
    limit = schemas.Integer(
        load_default=100, minimum=1, maximum=MAX_LIMIT, metadata={"description": "Rows at most."}
    )  # fmt: skip


class WholeQuery(OffsetQuery):
    """For lists of which 004 names no parameters: all that one answer may hold."""

    limit = schemas.Integer(load_default=MAX_LIMIT, minimum=1, maximum=MAX_LIMIT)


def answer(data: Any) -> Response:
    """200 with `data` in the shape of the request's path."""
    return json_response(success_body(surface_of(request.path), data), numbers=True)


def found(row: Any | None) -> Response:
    """200 with `row` and its ETag, 304 when the client has it already, 404 without one."""
    if row is None:
        raise NotFound
    return conditional.detail(row, within=answer)


def respond(usecase: Callable[Concatenate[Session, P], Any], /, *args: P.args, **kwargs: P.kwargs) -> Response:
    """Run `usecase(session, …)` in a transaction and answer with what it returns."""
    with writing() as session:
        result = usecase(session, *args, **kwargs)
    return answer(result)


def done(
    message: str, usecase: Callable[Concatenate[Session, P], Any], /, *args: P.args, **kwargs: P.kwargs
) -> Response:
    """Run `usecase(session, …)` in a transaction and answer with a sentence as `data` (004: "Success message")."""
    with writing() as session:
        usecase(session, *args, **kwargs)
    return answer(message)


def listed(
    session: Session,
    statement: Select[*tuple[Any, ...]],
    query: Mapping[str, Any],
    to_dict: Callable[[Any], Any],
    *,
    whole_page: bool = False,
) -> Response:
    """The rows of `statement` from `offset`, at most `limit`, each through `to_dict`, with `metadata`.

    With `whole_page` `to_dict` takes the rows and gives the list of answers.
    """
    offset, limit = query["offset"], query["limit"]
    rows, total = rows_and_total(session, statement, offset=offset, limit=limit)
    items = to_dict(rows) if whole_page else [to_dict(row) for row in rows]
    metadata = {"offset": offset, "limit": limit, "total": total}
    return json_response({**success_body("b2b", items), "metadata": metadata}, numbers=True)


class _Metadata(schemas.Schema):
    offset = schemas.Integer()
    limit = schemas.Integer()
    total = schemas.Integer(metadata={"description": "Rows in all."})


class _Envelope(schemas.Schema):
    success = schemas.Boolean()
    status_message = schemas.Text()
    timestamp = ma.fields.DateTime()


class _AuthEnvelope(schemas.Schema):
    status = schemas.Text()


@cache
def one(data: type[ma.Schema]) -> type[ma.Schema]:
    """The shape of an answer with one object."""
    return _made(f"{data.__name__}Envelope", _Envelope, schemas.Nested(data))


@cache
def many(data: type[ma.Schema]) -> type[ma.Schema]:
    """The shape of an answer with an array of objects."""
    return _made(f"{data.__name__}Array", _Envelope, schemas.List(schemas.Nested(data)))


@cache
def page(data: type[ma.Schema]) -> type[ma.Schema]:
    """The shape of a list's answer, with `metadata`."""
    return _made(f"{data.__name__}Page", _Envelope, schemas.List(schemas.Nested(data)), paged=True)


@cache
def auth_one(data: type[ma.Schema]) -> type[ma.Schema]:
    """The shape of an answer with one object below `/api/v1/auth/`."""
    return _made(f"{data.__name__}AuthAnswer", _AuthEnvelope, schemas.Nested(data))


@cache
def auth_many(data: type[ma.Schema]) -> type[ma.Schema]:
    """The shape of an answer with an array of objects below `/api/v1/auth/`."""
    return _made(f"{data.__name__}AuthArray", _AuthEnvelope, schemas.List(schemas.Nested(data)))


def _made(name: str, base: type[ma.Schema], data: ma.fields.Field[Any], *, paged: bool = False) -> type[ma.Schema]:
    fields: dict[str, Any] = {"data": data}
    if paged:
        fields["metadata"] = schemas.Nested(_Metadata)
    return type(name, (base,), fields)


UIDS = _made("UidsAnswer", _Envelope, schemas.List(schemas.Text()))
"""The shape of an upsert's answer: the uids (codes), in the order of the elements."""
DONE = _made("DoneAnswer", _Envelope, schemas.Text())
"""The shape of an answer whose `data` is a sentence."""
AUTH_DONE = _made("DoneAuthAnswer", _AuthEnvelope, schemas.Text())
"""The same below `/api/v1/auth/`."""
