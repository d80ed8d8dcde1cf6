"""Whose word counts for a caller's address: only the gateway's, which proves itself by a credential in a header.

The credential is derived from the secret that gateway and service share (`gateway>sales` in MOSTRADOR_SERVICE_KEYS). So no
header holds the secret itself, and one service cannot pass for the gateway at another.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable
from hashlib import sha256
from typing import Any

from werkzeug.middleware.proxy_fix import ProxyFix

from chassis.settings import Settings, SettingsError

HEADER = "X-Gateway-Credential"
_VARIABLE = "HTTP_" + HEADER.upper().replace("-", "_")
Wsgi = Callable[[dict[str, Any], Any], Iterable[bytes]]


def credential(settings: Settings) -> str | None:
    """Return what the gateway sends to this service; None if they share no secret."""
    try:
        secret = settings.secret_for("gateway", settings.service)
    except SettingsError:
        return None
    return hmac.new(secret.encode(), b"forwarded", sha256).hexdigest()


class Forwarded:
    """WSGI middleware: `X-Forwarded-For` and `-Proto` count with the gateway's credential, else the peer's address does."""

    def __init__(self, app: Wsgi, settings: Settings) -> None:
        self._app = app
        # Exactly one proxy, the gateway, and it overwrites what a client sent.
        self._by_gateway: Any = ProxyFix(app, x_for=1, x_proto=1)
        self._credential = (credential(settings) or "").encode()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        given = environ.pop(_VARIABLE, "").encode("latin-1", "replace")
        if self._credential and hmac.compare_digest(given, self._credential):
            answer: Iterable[bytes] = self._by_gateway(environ, start_response)
            return answer
        return self._app(environ, start_response)
