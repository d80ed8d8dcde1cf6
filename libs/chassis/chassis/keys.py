"""The public keys that user tokens are verified with: auth's key set (JWKS), fetched lazily and kept."""

from __future__ import annotations

import threading
import time
import urllib.request
from collections.abc import Mapping
from typing import Any, Protocol

import jwt
import orjson

from chassis import logs

log = logs.get(__name__)


class Keyring(Protocol):
    """Where the verifier finds the public key of a `kid`; None when there is no such key."""

    def find(self, kid: str) -> Any | None: ...


def parse_jwks(document: bytes | str) -> dict[str, Any]:
    """Public keys by `kid` of a JWKS document; keys that aren't RSA signing keys are left out."""
    keys = orjson.loads(document)["keys"]
    return {
        entry["kid"]: jwt.PyJWK(entry, algorithm="RS256").key
        for entry in keys
        if entry.get("kty") == "RSA" and entry.get("use", "sig") == "sig" and isinstance(entry.get("kid"), str)
    }


class RemoteKeyring:
    """The keys behind a URL.

    They are fetched at the first need, again every `refresh_after` seconds, and at once for an unknown `kid`, but never
    more than once in `min_interval` seconds, so that forged tokens can't make this service hammer auth. When auth does
    not answer, the keys that are there go on working.
    """

    def __init__(self, url: str, *, refresh_after: float = 300.0, min_interval: float = 10.0) -> None:
        self.url = url
        self._refresh_after, self._min_interval = refresh_after, min_interval
        self._keys: Mapping[str, Any] = {}
        self._fetched = self._tried = float("-inf")
        self._lock = threading.Lock()

    def find(self, kid: str) -> Any | None:
        now = time.monotonic()
        if kid not in self._keys or now - self._fetched > self._refresh_after:
            self._refresh(now)
        return self._keys.get(kid)

    def ready(self) -> bool:
        """Whether any key is known (tries to fetch when not)."""
        if not self._keys:
            self._refresh(time.monotonic())
        return bool(self._keys)

    def _refresh(self, now: float) -> None:
        # Without any key there is nothing to protect yet and everything to gain: try once a second.
        interval = self._min_interval if self._keys else min(1.0, self._min_interval)
        with self._lock:
            if now - self._tried < interval:
                return
            self._tried = now
            try:
                with urllib.request.urlopen(self.url, timeout=2) as answer:  # noqa: S310 - the URL is configuration
                    self._keys = parse_jwks(answer.read())
                self._fetched = now
            except (OSError, ValueError, KeyError, jwt.PyJWTError) as error:
                log.warning("jwks_unavailable", error=str(error))
