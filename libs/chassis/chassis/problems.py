"""Problems: the errors a user is told of. Use cases and domains raise them; `errors.py` gives them the surface's shape.

They know statuses and words, nothing of Flask, so that a domain may define its own (`class OutOfStock(Problem)`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


class Problem(Exception):
    """A request that can't be done: `status`, and either a sentence (`detail`) or a whole body.

    `body` is what the POS surface answers; the B2B surface puts `summary` into its envelope.
    """

    status = 400
    detail = "Bad request."
    headers: Mapping[str, str] = {}

    def __init__(
        self,
        detail: str | None = None,
        *,
        body: dict[str, Any] | None = None,
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail or self.detail)
        self.detail = detail or self.detail
        self.body: dict[str, Any] = body if body is not None else {"detail": self.detail}
        if status is not None:
            self.status = status
        if headers is not None:
            self.headers = headers

    @property
    def summary(self) -> str:
        """The problem in one line."""
        return self.detail


class Invalid(Problem):
    """400 with messages a field: `Invalid({"sku": ["product with this sku already exists."]})`."""

    def __init__(self, fields: Mapping[str, Any]) -> None:
        super().__init__(body=dict(fields))

    @property
    def summary(self) -> str:
        return "; ".join(f"{name}: {_flat(messages)}" for name, messages in self.body.items())


def _flat(messages: Any) -> str:
    if isinstance(messages, Mapping):
        return "; ".join(f"{name}: {_flat(value)}" for name, value in messages.items())
    if isinstance(messages, Sequence) and not isinstance(messages, str):
        return " ".join(_flat(message) for message in messages)
    return str(messages)


class NonField(Invalid):
    """400 `{"non_field_errors": ["…"]}`."""

    def __init__(self, *messages: str) -> None:
        super().__init__({"non_field_errors": list(messages)})


class NotAuthenticated(Problem):
    """401, no credentials."""

    status = 401
    detail = "Authentication credentials were not provided."
    headers = {"WWW-Authenticate": "Bearer"}


class InvalidToken(Problem):
    """401, a token that is malformed, forged, expired or not for us; which of these is nobody's business."""

    status = 401
    headers = {"WWW-Authenticate": "Bearer"}

    def __init__(self) -> None:
        super().__init__(body={"detail": "Given token not valid for any token type", "code": "token_not_valid"})


class Forbidden(Problem):
    """403, known but not allowed."""

    status = 403
    detail = "You do not have permission to perform this action."


class NotFound(Problem):
    """404, also for another account's row."""

    status = 404
    detail = "Not found."


class Conflict(Problem):
    """409, the same thing is being done right now."""

    status = 409
    detail = "The same request is still being processed."


class PreconditionFailed(Problem):
    """412, the row has changed since the client read it."""

    status = 412
    detail = "The resource has changed since you read it."


class Unavailable(Problem):
    """503, a dependency does not answer; nothing has been done, and trying again is right."""

    status = 503
    detail = "Service temporarily unavailable, try again later."

    def __init__(self, detail: str | None = None, *, retry_after: int = 2) -> None:
        super().__init__(detail, headers={"Retry-After": str(retry_after)})
