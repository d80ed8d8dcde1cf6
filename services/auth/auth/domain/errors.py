"""What can go wrong, in the words of the API documents."""

from __future__ import annotations

from datetime import datetime

from chassis.problems import Forbidden, Invalid, Problem

_BEARER = {"WWW-Authenticate": "Bearer"}


class NoActiveAccount(Problem):
    """401, the same for a wrong password, an unknown, deleted or expired user."""

    status = 401
    detail = "No active account found with the given credentials"
    headers = _BEARER


class AlreadyLoggedIn(Problem):
    """401, the user has a session on this client type (002)."""

    status = 401
    headers = _BEARER

    def __init__(self, client_type: str) -> None:
        where = client_type.replace("_", " ")
        super().__init__(f"You are already logged in on {where}. Please logout first...")


class UserBlocked(Problem):
    """403 with the block's reason and end; only told to one who knows the password."""

    status = 403

    def __init__(self, reason: str | None, until: datetime | None) -> None:
        detail = f"Usuario bloqueado: {reason}" if reason else "Usuario bloqueado."
        super().__init__(detail, body={"detail": detail, "blocked_reason": reason, "blocked_until": until})


class TooManyFailures(Problem):
    """429 after too many failed logins, whatever the password; `retry_after` in seconds."""

    status = 429
    detail = "Too many failed login attempts. Try again later."

    def __init__(self, retry_after: int) -> None:
        super().__init__(headers={"Retry-After": str(retry_after)})


class SessionEnded(Problem):
    """401, the token's session was ended."""

    status = 401
    headers = _BEARER

    def __init__(self) -> None:
        super().__init__(body={"detail": "Token has been revoked. Please login again.", "code": "token_revoked"})


class NotAnInventarista(Forbidden):
    """403 for an employee who creates a user, under the keys of both documents."""

    def __init__(self) -> None:
        super().__init__(body={"detail": Forbidden.detail, "error": "Solo inventaristas pueden crear usuarios"})


class UserLimitReached(Problem):
    """403, the account has as many active users as its plan allows."""

    status = 403

    def __init__(self, limit: int) -> None:
        message = f"Has alcanzado el límite de {limit} usuarios para tu plan"
        super().__init__(message, body={"error": message})


class NameTaken(Invalid):
    """400, the e-mail or username is somebody's already; `fields` maps each of them to its message."""

    def __init__(self, fields: dict[str, str]) -> None:
        super().__init__({field: [message] for field, message in fields.items()})
