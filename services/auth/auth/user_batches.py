"""Batches of users with passwords: a look, the hashing, then the transaction, because hashing must not happen within one.

A hash takes some 50 ms of CPU by intention, so a thousand of them take longer than the gateway waits. Batches hash one at a
time and leave a core to logins; the passwords that are not reached in time get lighter hashes, and full ones at the user's first
login. A batch that would be answered after the gateway has given up stores nothing.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from auth.usecases.b2b_users import check_users, upsert_users
from auth.usecases.users import Ending
from chassis.db import Database
from chassis.hashing import HashingRoom
from chassis.passwords import Passwords
from chassis.problems import BadElements, Unavailable
from chassis.uids import new_uid

LIGHTER_KIB = 4096
ANSWER_SECONDS = 30.0  # the gateway waits 35 s, and the transaction is to come
_TOO_MANY = ["Too many passwords to compare in one request: leave out those that stay, or send fewer elements."]


@dataclass(frozen=True, slots=True)
class UserBatches:
    """Upserts of users. `hash_seconds` is for how long full hashes are made, and twice that how long they are compared."""

    database: Database
    passwords: Passwords
    lighter: Passwords
    hash_seconds: float
    room: HashingRoom = field(default_factory=lambda: HashingRoom(2))

    def upsert(self, elements: Sequence[dict[str, Any]], *, account_id: int, ending: Ending) -> list[str]:
        """The users' uids in the order of the elements (with `password`); fails as `upsert_users` does.

        Unavailable when others hash, or when it took too long.
        """
        began = time.monotonic()
        elements = [{"uid": new_uid(), **element} for element in elements]
        with self.database.read() as session:
            stored = check_users(session, account_id=account_id, elements=elements)
        self._hash(elements, stored)
        if time.monotonic() - began > ANSWER_SECONDS:
            raise Unavailable(retry_after=10)
        with self.database.transaction() as session:
            return upsert_users(session, account_id=account_id, elements=elements, ending=ending)

    def _hash(self, elements: Sequence[dict[str, Any]], stored: dict[str, str]) -> None:
        """Put `password_hash` for `password`: the stored one if the password is the same, so that nobody is logged out by
        a password that is only sent again."""
        having = {index: element for index, element in enumerate(elements) if "password" in element}
        if not having:
            return

        def hashed(element: dict[str, Any]) -> str | None:
            password, present = element.pop("password"), stored.get(element["uid"])
            if present is not None:
                if time.monotonic() - began > 2 * self.hash_seconds:
                    return None
                if self.passwords.verify(present, password):
                    return present
            in_time = time.monotonic() - began <= self.hash_seconds
            return (self.passwords if in_time else self.lighter).hash(password)

        with self.room.for_batch() as threads, ThreadPoolExecutor(threads) as pool:
            began = time.monotonic()
            hashes = dict(zip(having, pool.map(hashed, having.values()), strict=True))
        if late := [index for index, password_hash in hashes.items() if password_hash is None]:
            raise BadElements({index: {"password": _TOO_MANY} for index in late})
        for index, password_hash in hashes.items():
            elements[index]["password_hash"] = password_hash
