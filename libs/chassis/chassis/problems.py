"""Problems: the errors a user is told of. Use cases and domains raise them; `errors.py` gives them the surface's shape.

They know statuses and words, nothing of Flask, so that a domain may define its own (`class OutOfStock(Problem)`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar

Translate = Callable[[Any], Any]


class Problem(Exception):
    """A request that can't be done: `status`, and either a sentence (`detail`) or a whole body.

    `body` is what the POS surface answers; the B2B surface puts `summary` into its envelope. `fields` stand beside the
    sentence on every surface: what a program has to know of the problem.
    """

    status = 400
    detail = "Bad request."
    headers: Mapping[str, str] = {}
    example: ClassVar[Mapping[str, Any]] = {}
    """Arguments that the API's document shows it with; a class whose `__init__` wants any has some."""

    def __init__(
        self,
        detail: str | None = None,
        *,
        body: dict[str, Any] | None = None,
        fields: Mapping[str, Any] | None = None,
        status: int | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail or self.detail)
        self.detail = detail or self.detail
        self.fields = dict(fields or {})
        self.body: dict[str, Any] = {**(body if body is not None else {"detail": self.detail}), **self.fields}
        if status is not None:
            self.status = status
        if headers is not None:
            self.headers = headers

    def summary(self, translate: Translate = str) -> str:
        """The problem in one line, its words through `translate`."""
        return str(translate(self.detail))


class Invalid(Problem):
    """400 with messages a field: `Invalid({"sku": ["product with this sku already exists."]})`."""

    def __init__(self, fields: Mapping[str, Any]) -> None:
        super().__init__(body=dict(fields))

    def summary(self, translate: Translate = str) -> str:
        """Every field with its messages: `data[3].price: A valid number is required.; data[7].uid: …`."""
        return "; ".join(
            f"{path}: {messages}" if path else messages for path, messages in _lines("", self.body, translate)
        )


class BadElements(Invalid):
    """400 of a batch: what is wrong with which elements, by index: `BadElements({3: {"category_uid": ["…"]}})`."""

    example: ClassVar[Mapping[str, Any]] = {"elements": {3: {"uid": ['Invalid pk "9" - object does not exist.']}}}

    def __init__(self, elements: Mapping[int, Any]) -> None:
        super().__init__({"data": dict(sorted(elements.items()))})


def _lines(path: str, messages: Any, translate: Translate) -> Iterator[tuple[str, str]]:
    """(path, messages) of each bad field in nested messages; positions are a list's or integer keys."""
    if isinstance(messages, Mapping):
        for key, value in messages.items():
            yield from _lines(_join(path, key), value, translate)
    elif isinstance(messages, list | tuple) and any(isinstance(message, Mapping | list) for message in messages):
        for index, value in enumerate(messages):
            yield from _lines(_join(path, index), value, translate)
    else:
        texts = messages if isinstance(messages, list | tuple) else [messages]
        yield path, " ".join(str(translate(text)) for text in texts)


def _join(path: str, key: str | int) -> str:
    if isinstance(key, int):
        return f"{path}[{key}]"
    if key == "non_field_errors":
        return path
    return f"{path}.{key}" if path else key


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


class TokenRevoked(Problem):
    """401, a token whose session was ended."""

    status = 401
    headers = {"WWW-Authenticate": "Bearer"}

    def __init__(self) -> None:
        super().__init__(body={"detail": "Token has been revoked. Please login again.", "code": "token_revoked"})


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
