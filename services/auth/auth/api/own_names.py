"""The names by which a caller logs in: to change them takes the current password, on whichever path."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from auth import queries
from auth.api.callers import device
from auth.domain.names import login_key
from auth.runtime import runtime
from chassis.access import current_user
from chassis.current import reading
from chassis.problems import BadElements, Invalid
from chassis.schemas import REQUIRED

_NAMES = ("email", "username")


def confirmed(body: dict[str, Any]) -> dict[str, Any]:
    """The changes that `body` makes of the caller; of an e-mail or username only with the right `current_password`.

    Invalid, WrongCurrentPassword, TooManyFailures.
    """
    current = body.pop("current_password", None)
    if any(name in body for name in _NAMES) and (user := _own()):
        _confirm(user, body, current)
    return body


def confirmed_batch(elements: Sequence[dict[str, Any]]) -> Sequence[dict[str, Any]]:
    """The same for the caller's element of a batch, if there is one; BadElements."""
    given = [element.pop("current_password", None) for element in elements]
    named = {index for index, element in enumerate(elements) if any(name in element for name in _NAMES)}
    user = _own() if any("uid" in elements[index] for index in named) else None
    for index in named:
        if user and elements[index].get("uid") == user.uid:
            try:
                _confirm(user, elements[index], given[index])
            except Invalid as bad:
                raise BadElements({index: bad.body}) from None
    return elements


def _own() -> Any | None:
    """The caller's row, or None for one who is gone: the use cases refuse those."""
    with reading() as session:
        return queries.user(session, current_user().user_id)


def _confirm(user: Any, changes: Mapping[str, Any], current: str | None) -> None:
    if all(login_key(changes.get(name, getattr(user, name))) == login_key(getattr(user, name)) for name in _NAMES):
        return
    if current is None:
        raise Invalid({"current_password": [REQUIRED["required"]]})
    runtime().logins.confirm(user_id=user.id, current=current, device=device())
