"""Batches of clients with PINs: a read, the hashing, then the transaction, because hashing must not happen within one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Any

from sqlalchemy.exc import DBAPIError, IntegrityError

from chassis.db import Database, tenant
from chassis.hashing import HashingRoom
from chassis.problems import BadElements, Unavailable
from chassis.uids import new_uid
from customers import client_queries
from customers.clients.auth import Auth
from customers.domain.pins import Pins
from customers.usecases.clients import Raced, States, upsert_clients

TRIES = 5
ANSWER_SECONDS = 30.0  # the gateway waits 35 s, and the transaction is to come
_DEADLOCK = "40P01"
_TAKEN = ["user with this uid already exists."]


@dataclass(frozen=True, slots=True)
class ClientBatches:
    """Upserts of the account in force."""

    database: Database
    pins: Pins
    room: HashingRoom
    auth: Auth

    def upsert(self, elements: Sequence[Mapping[str, Any]]) -> tuple[list[str], States]:
        """`upsert_clients` of elements with `pin_code`. Unavailable when others hash, or when it took too long."""
        began = monotonic()
        given = {element["uid"]: index for index, element in enumerate(elements) if "uid" in element}
        with self.database.read() as session:
            stored = client_queries.pin_hashes(session, list(given))
        self._refuse_users({uid: index for uid, index in given.items() if uid not in stored})
        hashed = self._hashed([{"uid": new_uid(), **element} for element in elements], stored)
        if monotonic() - began > ANSWER_SECONDS:
            raise Unavailable(retry_after=10)
        for _ in range(TRIES):
            try:
                with self.database.transaction() as session:
                    return upsert_clients(session, elements=hashed)
            except Raced:
                continue
            except DBAPIError as error:
                # Two batches wanted one phone, or crossed: the next try sees what the other one has done.
                if not isinstance(error, IntegrityError) and getattr(error.orig, "sqlstate", None) != _DEADLOCK:
                    raise
        raise Unavailable

    def _refuse_users(self, new: Mapping[str, int]) -> None:
        """BadElements for new clients (index by uid) whose uid is a user's."""
        account_id = tenant()
        if new and isinstance(account_id, int) and (taken := self.auth.users_among(new, account_id=account_id)):
            raise BadElements({new[uid]: {"uid": _TAKEN} for uid in taken})

    def _hashed(self, elements: Sequence[dict[str, Any]], stored: Mapping[str, str]) -> list[dict[str, Any]]:
        """The elements with `pin_hash` for `pin_code`: the stored one if the PIN is the same, so that nobody is logged out
        by a PIN that is only sent again."""
        having = [each for each in elements if "pin_code" in each]
        if not having:
            return list(elements)
        with self.room.for_batch():
            for element in having:
                pin, present = element.pop("pin_code"), stored.get(element["uid"])
                same = present is not None and self.pins.verify(present, pin)
                element["pin_hash"] = present if same else self.pins.hash(pin)
        return list(elements)
