"""What can go wrong, in the words of the API documents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar

from chassis.problems import Forbidden, Invalid, Problem, TokenRevoked

_BEARER = {"WWW-Authenticate": "Bearer"}


class NoActiveAccount(Problem):
    """401, the same for a wrong password, an unknown, deleted or expired user."""

    status = 401
    detail = "No active account found with the given credentials"
    headers = _BEARER


class AlreadyLoggedIn(Problem):
    """401, the user has a session on this client type (002)."""

    example: ClassVar[Mapping[str, Any]] = {"client_type": "telegram_bot"}

    status = 401
    headers = _BEARER

    def __init__(self, client_type: str) -> None:
        where = client_type.replace("_", " ")
        super().__init__(f"You are already logged in on {where}. Please logout first...")


class UserBlocked(Problem):
    """403 with the block's reason and end; only told to one who knows the password."""

    example: ClassVar[Mapping[str, Any]] = {
        "reason": "Devolución tardía reiterada",
        "until": datetime(2026, 2, 15, tzinfo=UTC),
    }

    status = 403

    def __init__(self, reason: str | None, until: datetime | None) -> None:
        detail = f"Usuario bloqueado: {reason}" if reason else "Usuario bloqueado."
        super().__init__(detail, fields={"blocked_reason": reason, "blocked_until": until})


class TooManyFailures(Problem):
    """429 after too many failed logins, whatever the password; `retry_after` in seconds."""

    example: ClassVar[Mapping[str, Any]] = {"retry_after": 900}

    status = 429
    detail = "Too many failed login attempts. Try again later."

    def __init__(self, retry_after: int) -> None:
        super().__init__(headers={"Retry-After": str(retry_after)})


class TooManyRegistrations(Problem):
    """429 after too many companies from one address on one day; `retry_after` in seconds."""

    example: ClassVar[Mapping[str, Any]] = {"retry_after": 3600}

    status = 429
    detail = "Too many companies were registered from this address today. Try again tomorrow."

    def __init__(self, retry_after: int) -> None:
        super().__init__(headers={"Retry-After": str(retry_after)})


class SessionEnded(TokenRevoked):
    """401, the token's session was ended."""


class NotYourToken(Problem):
    """403, a live session of the account, but another user's or client's (004)."""

    status = 403
    detail = "cannot revoke token from another user"


class NotAnInventarista(Forbidden):
    """403 for an employee who creates a user, under the keys of both documents."""

    attempt = "crear usuarios"

    def __init__(self) -> None:
        super().__init__(body={"detail": Forbidden.detail, "error": f"Solo inventaristas pueden {self.attempt}"})


class MayNotChangeUsers(NotAnInventarista):
    """The same for changing one."""

    attempt = "modificar usuarios"


class MayNotBlockUsers(NotAnInventarista):
    """The same for blocking one."""

    attempt = "bloquear usuarios"


class MayNotDeleteUsers(NotAnInventarista):
    """The same for deleting one."""

    attempt = "eliminar usuarios"


class MayNotChangeAccounts(NotAnInventarista):
    """The same for the company's data."""

    attempt = "modificar la cuenta"


class LastManager(Problem):
    """400, nobody else would be left who manages the account for good."""

    detail = (
        "This is the last active ADMIN or OWNER of the account: "
        "they cannot be deleted, blocked, made an EMPLOYEE or given an expiry date."
    )


class CannotBlockOneself(Problem):
    """400, one's own user is to be blocked."""

    detail = "You cannot block yourself."


class WrongCurrentPassword(Invalid):
    """400 for a change of password by one who does not know the present one."""

    def __init__(self) -> None:
        super().__init__({"current_password": ["The current password is not correct."]})


class NotYourEmail(Invalid):
    """400 for a username in the form of an e-mail that is not the user's own."""

    message = "Only your own e-mail can be a username with @."

    def __init__(self) -> None:
        super().__init__({"username": [self.message]})


class UserLimitReached(Problem):
    """403, the account has as many active users as its plan allows."""

    example: ClassVar[Mapping[str, Any]] = {"limit": 5}

    status = 403

    def __init__(self, limit: int) -> None:
        message = f"Has alcanzado el límite de {limit} usuarios para tu plan"
        super().__init__(message, body={"error": message})


class NamesTaken(Exception):
    """Names that new users want are others' already; `fields` names them (`email`, `username`) by the user's uid."""

    def __init__(self, fields: Mapping[str, Sequence[str]]) -> None:
        super().__init__(fields)
        self.fields = fields


class NameTaken(Invalid):
    """400, the e-mail or username (`fields`) is somebody's already, in these `words`."""

    example: ClassVar[Mapping[str, Any]] = {"fields": ["email"]}

    words: Mapping[str, str] = {
        "email": "custom user with this email already exists.",
        "username": "A user with that username already exists.",
    }
    words_003: Mapping[str, str] = {**words, "email": "Este email ya está registrado"}

    def __init__(self, fields: Sequence[str], words: Mapping[str, str] = words) -> None:
        super().__init__({field: [words[field]] for field in fields})
