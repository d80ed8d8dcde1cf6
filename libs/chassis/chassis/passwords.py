"""Passwords and PINs: argon2id, and the same work whether or not there is anybody to have one."""

from __future__ import annotations

import secrets

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError


class Passwords:
    """Hashes and verifies with one set of parameters: passes, KiB of memory, lanes.

    Takes milliseconds by intention (and lets other threads run meanwhile): never call it within a transaction.
    """

    def __init__(self, *, time_cost: int, memory_kib: int, parallelism: int) -> None:
        self._hasher = PasswordHasher(time_cost=time_cost, memory_cost=memory_kib, parallelism=parallelism)
        self._nobodys = self._hasher.hash(secrets.token_hex())

    def hash(self, password: str) -> str:
        """A hash to store, with its salt and parameters in it."""
        return self._hasher.hash(password)

    def verify(self, stored: str | None, password: str) -> bool:
        """Whether `password` is the one of `stored`; with None (no such user) it takes as long and is False."""
        try:
            self._hasher.verify(stored or self._nobodys, password)
        except (VerificationError, InvalidHashError):
            return False
        return stored is not None

    def outdated(self, stored: str) -> bool:
        """Whether `stored` was made with other parameters than the present ones."""
        return self._hasher.check_needs_rehash(stored)
