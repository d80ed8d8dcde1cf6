"""PINs of B2B clients: keyed with a secret that is not in the database, then argon2id.

Four digits are ten thousand guesses: no hash is slow enough for those, so what keeps a stolen database from telling its
PINs is the pepper. The argon2 on top is light, because a batch brings a thousand PINs at once.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from hashlib import sha256
from typing import Any, ClassVar

from chassis.passwords import Passwords
from chassis.problems import Problem

VALID = r"[0-9]{4,12}"


class Pins:
    """Hashes and verifies PINs with one pepper. A few milliseconds each: never call it within a transaction."""

    def __init__(self, *, pepper: str, time_cost: int, memory_kib: int) -> None:
        self._pepper = pepper.encode()
        self._passwords = Passwords(time_cost=time_cost, memory_kib=memory_kib, parallelism=1)

    def hash(self, pin: str) -> str:
        """A hash to store."""
        return self._passwords.hash(self._keyed(pin))

    def verify(self, stored: str | None, pin: str) -> bool:
        """Whether `pin` is the one of `stored`; with None (no such client) it takes as long and is False."""
        return self._passwords.verify(stored, self._keyed(pin))

    def _keyed(self, pin: str) -> str:
        return hmac.new(self._pepper, pin.encode(), sha256).hexdigest()


class TooManyFailures(Problem):
    """429 after too many wrong PINs for one phone, whatever the PIN; `retry_after` in seconds."""

    example: ClassVar[Mapping[str, Any]] = {"retry_after": 900}

    status = 429
    detail = "Too many failed login attempts. Try again later."

    def __init__(self, retry_after: int) -> None:
        super().__init__(headers={"Retry-After": str(retry_after)})
