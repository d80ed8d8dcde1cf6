"""Batches of users with passwords: a look, the hashing, then the transaction, because hashing must not happen within one.

A hash takes some 50 ms of CPU by intention, so a thousand of them take as long as the gateway waits for. They share
the cores; those that are not reached in time are made with lighter parameters, and with the full ones at the user's first login.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from auth.usecases.b2b_users import check_users, upsert_users
from auth.usecases.users import Ending
from chassis.db import Database
from chassis.passwords import Passwords
from chassis.problems import BadElements
from chassis.uids import new_uid

LIGHTER_KIB = 4096
MOST_THREADS = 4  # each takes 19 MiB, and the cores are there for log-ins too
_TOO_MANY = ["Too many passwords to compare in one request: leave out those that stay, or send fewer elements."]


@dataclass(frozen=True, slots=True)
class UserBatches:
    """Upserts of users. `hash_seconds` is for how long full hashes are made, and twice that how long they are compared."""

    database: Database
    passwords: Passwords
    lighter: Passwords
    hash_seconds: float

    def upsert(self, elements: Sequence[dict[str, Any]], *, account_id: int, ending: Ending) -> list[str]:
        """The users' uids in the order of the elements (with `password`); fails as `upsert_users` does."""
        elements = [{"uid": new_uid(), **element} for element in elements]
        with self.database.read() as session:
            stored = check_users(session, account_id=account_id, elements=elements)
        self._hash(elements, stored)
        with self.database.transaction() as session:
            return upsert_users(session, account_id=account_id, elements=elements, ending=ending)

    def _hash(self, elements: Sequence[dict[str, Any]], stored: dict[str, str]) -> None:
        """Put `password_hash` for `password`: the stored one if the password is the same, so that nobody is logged out by
        a password that is only sent again."""
        began = time.monotonic()

        def hashed(element: dict[str, Any]) -> str | None:
            password, present = element.pop("password"), stored.get(element["uid"])
            if present is not None:
                if time.monotonic() - began > 2 * self.hash_seconds:
                    return None
                if self.passwords.verify(present, password):
                    return present
            in_time = time.monotonic() - began <= self.hash_seconds
            return (self.passwords if in_time else self.lighter).hash(password)

        having = {index: element for index, element in enumerate(elements) if "password" in element}
        with ThreadPoolExecutor(min(MOST_THREADS, len(os.sched_getaffinity(0)))) as pool:
            hashes = dict(zip(having, pool.map(hashed, having.values()), strict=True))
        if late := [index for index, password_hash in hashes.items() if password_hash is None]:
            raise BadElements({index: {"password": _TOO_MANY} for index in late})
        for index, password_hash in hashes.items():
            elements[index]["password_hash"] = password_hash
