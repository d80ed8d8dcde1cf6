"""`Idempotency-Key`: a retried POST has one effect and one answer.

The key's row is written in the transaction of the effect itself, so both are there or neither: a process killed half-way
leaves nothing that a retry would trip over. Scope: account, user, method, path. Kept 24 hours.
"""

from __future__ import annotations

import functools
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, TypeVar

from flask import Response, g, request
from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from chassis.current import reading, writing
from chassis.db import insert_for
from chassis.errors import render
from chassis.idempotency_keys import LARGEST_REFUSAL, IdempotencyKey, forget_older_refusals
from chassis.problems import Conflict, Invalid, Problem

View = TypeVar("View", bound=Callable[..., Any])
STORED_PROBLEMS = (400, 404, 422)
_LOCK_NOT_AVAILABLE = "55P03"
_NAMESPACE = uuid.UUID("5f0c2a52-6e0b-4a52-9d7e-1f6c2f9b7a10")


class Replay(Exception):
    """Another request with this key has already been answered; unwinds the transaction."""


@dataclass(frozen=True, slots=True)
class Key:
    """This request's key, hashed with its scope, and the hash of its body."""

    scope: str
    body_hash: str

    @property
    def uid(self) -> str:
        """A uid that every retry of this request gets again: for what must be named before it is stored."""
        return str(uuid.uuid5(_NAMESPACE, self.scope + self.body_hash))


def current() -> Key | None:
    """This request's key, if it carries one and its view is `@idempotent`."""
    key: Key | None = g.get("idempotency_key")
    return key


def idempotent(view: View) -> View:
    """Decorate a POST view: answers a repeated key with the first answer, another body under it with 422."""

    @functools.wraps(view)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        key = _from_request()
        if key is None:
            return view(*args, **kwargs)
        g.idempotency_key = key
        if (answer := _answered(key)) is not None:
            return answer
        try:
            return view(*args, **kwargs)
        except Replay:
            if (answer := _answered(key)) is None:
                raise Conflict from None
            return answer
        except Problem as problem:
            lost = problem.status in STORED_PROBLEMS and not _keep_problem(key, problem)
            # A twin was answered meanwhile: what this one ran into is the twin's effect.
            if lost and (answer := _answered(key)) is not None:
                return answer
            raise

    return wrapped  # type: ignore[return-value]


def about(person: str) -> None:
    """Say whose personal data this request's answer has, e.g. `customer:17`: it is kept until `forget_answers`."""
    g.idempotency_about = person


def claim(session: Session) -> None:
    """Take this request's key in the transaction of its effect; Replay when somebody else was faster."""
    key = current()
    if key is None:
        return
    statement = insert_for(session, IdempotencyKey).values(scope=key.scope, body_hash=key.body_hash)
    try:
        taken = session.execute(statement.on_conflict_do_nothing().returning(IdempotencyKey.scope)).first()
    except OperationalError as error:
        if getattr(error.orig, "sqlstate", None) == _LOCK_NOT_AVAILABLE:
            raise Conflict from error  # the first request with this key still runs
        raise
    if taken is None:
        raise Replay


def keep(session: Session, response: Response) -> None:
    """Store the answer beside the effect, before both commit."""
    key = current()
    if key is not None:
        session.execute(
            update(IdempotencyKey)
            .where(IdempotencyKey.scope == key.scope)
            .values(status=response.status_code, answer=response.get_data(), about=g.get("idempotency_about"))
        )


def _from_request() -> Key | None:
    text = request.headers.get("Idempotency-Key")
    if text is None:
        return None
    text = text.strip().strip('"')  # the IETF draft sends it as a quoted string
    if not text or len(text) > 255 or "," in text or not text.isascii() or not text.isprintable():
        raise Invalid({"Idempotency-Key": ["Must be 1 to 255 printable ASCII characters without a comma."]})
    user = g.user
    whose = user.uid if user.kind == "user" else f"{user.kind}\x1f{user.uid}"
    scope = "\x1f".join((str(user.account_id), whose, request.method, request.path, text))
    # A view sets `g.body_digest` that takes files (a form's raw body has another boundary at each try) or secrets.
    digest = g.get("body_digest") or sha256(request.get_data(cache=True)).hexdigest()
    return Key(sha256(scope.encode()).hexdigest(), digest)


def _answered(key: Key) -> Response | None:
    columns = select(IdempotencyKey.body_hash, IdempotencyKey.status, IdempotencyKey.answer)
    with reading() as session:
        row = session.execute(columns.where(IdempotencyKey.scope == key.scope)).first()
    if row is None:
        return None
    if row.body_hash != key.body_hash:
        raise Problem("This Idempotency-Key was used with a different request body.", status=422)
    return Response(row.answer, row.status, {"Idempotent-Replayed": "true"}, mimetype="application/json")


def _keep_problem(key: Key, problem: Problem) -> bool:
    """Store the problem as the key's answer, unless it is too large; False when the key has an answer already."""
    response = render(problem)
    if len(response.get_data()) > LARGEST_REFUSAL:
        return _answered(key) is None
    refused = f"refused:{g.user.uid}"
    with writing() as session:
        kept = session.execute(
            insert_for(session, IdempotencyKey)
            .values(
                scope=key.scope, body_hash=key.body_hash, status=response.status_code, answer=response.get_data(),
                about=refused,
            )
            .on_conflict_do_nothing()
            .returning(IdempotencyKey.scope)
        ).first()  # fmt: skip
        forget_older_refusals(session, refused)
        return kept is not None
