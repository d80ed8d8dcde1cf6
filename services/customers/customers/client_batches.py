"""Batches of clients with PINs: a read, the hashing, then the transaction, because hashing must not happen within one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.exc import DBAPIError, IntegrityError

from chassis.db import Database
from chassis.problems import Unavailable
from chassis.uids import new_uid
from customers import client_queries
from customers.domain.pins import Pins
from customers.usecases.clients import Raced, States, upsert_clients

TRIES = 5
_DEADLOCK = "40P01"


@dataclass(frozen=True, slots=True)
class ClientBatches:
    """Upserts of the account in force."""

    database: Database
    pins: Pins

    def upsert(self, elements: Sequence[Mapping[str, Any]]) -> tuple[list[str], States]:
        """`upsert_clients` of elements with `pin_code`."""
        hashed = self._hashed([{"uid": new_uid(), **element} for element in elements])
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

    def _hashed(self, elements: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        """The elements with `pin_hash` for `pin_code`: the stored one if the PIN is the same, so that nobody is logged out
        by a PIN that is only sent again."""
        with self.database.read() as session:
            stored = client_queries.pin_hashes(session, [each["uid"] for each in elements if "pin_code" in each])
        for element in elements:
            if (pin := element.pop("pin_code", None)) is not None:
                present = stored.get(element["uid"])
                same = present is not None and self.pins.verify(present, pin)
                element["pin_hash"] = present if same else self.pins.hash(pin)
        return list(elements)
