"""How a view answers a write: one transaction round the use case, the answer and the request's idempotency key."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec

from flask import Response
from sqlalchemy.orm import Session

from chassis import idempotency
from chassis.current import writing
from chassis.json import json_response

P = ParamSpec("P")


def respond(
    status: int, usecase: Callable[Concatenate[Session, P], Any], /, *args: P.args, **kwargs: P.kwargs
) -> Response:
    """Run `usecase(session, …)` in a transaction and answer with what it returns (`None`: an empty body).

    With an `Idempotency-Key` the answer is stored in the same transaction, so a retry gets it again.
    """
    with writing() as session:
        idempotency.claim(session)
        result = usecase(session, *args, **kwargs)
        response = Response(status=status) if result is None else json_response(result, status)
        idempotency.keep(session, response)
    return response
