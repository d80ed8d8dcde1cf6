"""Conditional requests: detail reads carry an ETag, `If-None-Match` saves the body, `If-Match` refuses a stale change."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from typing import Any

from flask import Response, request

from chassis.json import dumps
from chassis.problems import PreconditionFailed


def etag_of(representation: Any) -> str:
    """The strong entity tag of what a detail read would answer."""
    return f'"{blake2b(dumps(representation), digest_size=12).hexdigest()}"'


def detail(representation: Any, *, within: Callable[[Any], Response] | None = None) -> Response:
    """200 with its ETag, or 304 without a body when the client has it already.

    `within` makes an answer that says more than the representation, as an envelope says the time; its tag is weak.
    """
    body = dumps(representation, numbers=within is not None)
    tag = f'"{blake2b(body, digest_size=12).hexdigest()}"'
    shown = tag if within is None else f"W/{tag}"
    if tag in _tags(request.headers.get("If-None-Match")):
        return Response(status=304, headers={"ETag": shown})
    if within is None:
        return Response(body, 200, {"ETag": tag}, mimetype="application/json")
    answer = within(representation)
    answer.headers["ETag"] = shown
    return answer


def check_if_match(representation: Any) -> None:
    """PreconditionFailed when the request's `If-Match` names another state than this one (read in the same transaction)."""
    given = request.headers.get("If-Match")
    if given and given.strip() != "*" and etag_of(representation) not in _tags(given):
        raise PreconditionFailed


def _tags(header: str | None) -> set[str]:
    # If-None-Match compares weakly: W/"x" and "x" are the same there.
    return {tag.strip().removeprefix("W/") for tag in (header or "").split(",")}
