"""The keys in this process' memory: they sign access tokens here and verify them here, and are what JWKS publishes.

Read from the database again every few seconds, so that a rotation reaches every process without a restart. While the
database is unavailable the keys in memory go on working.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa
from sqlalchemy.exc import SQLAlchemyError

from auth import queries
from auth.config import Config
from auth.domain.signing_keys import signer, unseal
from chassis.db import ALL_ACCOUNTS, Database, utcnow
from chassis.outages import database_away
from chassis.problems import Unavailable


class KeyStore:
    """A `chassis.keys.Keyring` on auth's own table, and the signer of access tokens."""

    def __init__(self, database: Database, settings: Config) -> None:
        self._database, self._passphrase = database, settings.signing_key_passphrase
        self._cache_seconds = settings.key_cache_seconds
        self._lock = threading.Lock()
        self._read_at = float("-inf")
        self._rows: Sequence[Any] = ()
        self._public: dict[str, Any] = {}
        self._private: dict[str, rsa.RSAPrivateKey] = {}

    def find(self, kid: str) -> Any | None:
        """The public key to verify with."""
        self._refresh()
        return self._public.get(kid)

    def ready(self) -> bool:
        """Whether there is a key to sign with."""
        return signer(self._refresh(), utcnow()) is not None

    def document(self) -> dict[str, Any]:
        """The key set (RFC 7517) that the other services and the gateway verify with."""
        return {"keys": [row.public_jwk for row in self._refresh()]}

    def sign(self, claims: dict[str, Any]) -> str:
        """A signed token; Unavailable while there is no key (before `chassis auth bootstrap`)."""
        key = signer(self._refresh(), utcnow())
        if key is None:
            raise Unavailable
        private = self._private.get(key.kid)
        if private is None:
            private = self._private[key.kid] = unseal(key.private_pem, self._passphrase)
        return jwt.encode(claims, private, algorithm="RS256", headers={"kid": key.kid})

    def _refresh(self) -> Sequence[Any]:
        if time.monotonic() - self._read_at < self._cache_seconds:
            return self._rows
        with self._lock:
            if time.monotonic() - self._read_at >= self._cache_seconds:
                try:
                    with self._database.read(ALL_ACCOUNTS) as session:
                        rows = queries.signing_keys(session)
                except SQLAlchemyError as error:
                    if not self._rows or not database_away(error):
                        raise
                    # Again in a second: the threads that wait for the lock must not all run into the same timeout.
                    self._read_at = time.monotonic() - self._cache_seconds + 1
                    return self._rows
                self._public = {row.kid: jwt.PyJWK(row.public_jwk, algorithm="RS256").key for row in rows}
                self._private = {row.kid: self._private[row.kid] for row in rows if row.kid in self._private}
                self._rows, self._read_at = rows, time.monotonic()
            return self._rows
