"""Whose phone and PIN these are: a read, the hashing, then a transaction, because hashing must not happen within one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chassis.db import ALL_ACCOUNTS, Database, utcnow
from customers import client_queries
from customers.domain.phones import plain_phone
from customers.domain.pins import Pins, TooManyFailures
from customers.usecases import pin_failures
from customers.usecases.pin_failures import Limit


@dataclass(frozen=True, slots=True)
class PinCheck:
    """Checks the PINs of all accounts' clients: a phone is unique across the platform."""

    database: Database
    pins: Pins
    limit: Limit

    def __call__(self, *, phone: str, pin_code: str) -> dict[str, Any] | None:
        """The active client with this phone and PIN (`client_queries.login_dict`), or None after the same work.

        TooManyFailures when this phone's guesses are used up, whatever the PIN.
        """
        number = plain_phone(phone)
        with self.database.read(ALL_ACCOUNTS) as session:
            if wait := pin_failures.retry_after(session, number, limit=self.limit, now=utcnow()):
                raise TooManyFailures(wait)
            seen = client_queries.active_by_phone(session, number)
        right = self.pins.verify(seen.pin_hash if seen else None, pin_code)
        with self.database.transaction(ALL_ACCOUNTS) as session:
            now = client_queries.active_by_phone(session, number)  # who was deactivated meanwhile is not let in
            admitted = now if right and seen and now and now.pin_hash == seen.pin_hash else None
            wait = pin_failures.settle(session, number, failed=admitted is None, limit=self.limit, now=utcnow())
        if wait:  # raised after the commit: the failure must count
            raise TooManyFailures(wait)
        return client_queries.login_dict(admitted) if admitted else None
