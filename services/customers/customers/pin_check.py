"""Whose phone and PIN these are: a read, the hashing, then a transaction, because hashing must not happen within one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chassis.db import ALL_ACCOUNTS, Database, utcnow
from chassis.throttle import Counted, Throttle, key_of
from customers import client_queries
from customers.domain.phones import plain_phone
from customers.domain.pins import Pins, TooManyFailures


@dataclass(frozen=True, slots=True)
class PinCheck:
    """Checks the PINs of all accounts' clients: a phone is unique across the platform."""

    database: Database
    pins: Pins
    throttle: Throttle
    per_phone: int

    def __call__(self, *, phone: str, pin_code: str) -> dict[str, Any] | None:
        """The active client with this phone and PIN (`client_queries.login_dict`), or None after the same work.

        TooManyFailures when this phone's guesses are used up, whatever the PIN.
        """
        number = plain_phone(phone)
        attempt = [Counted(key_of("phone", number), self.per_phone)]  # also of a number that is nobody's
        with self.database.read(ALL_ACCOUNTS) as session:
            if wait := self.throttle.retry_after(session, attempt, now=utcnow()):
                raise TooManyFailures(wait)
            seen = client_queries.active_by_phone(session, number)
        right = self.pins.verify(seen.pin_hash if seen else None, pin_code)
        with self.database.transaction(ALL_ACCOUNTS) as session:
            now = client_queries.active_by_phone(session, number)  # who was deactivated meanwhile is not let in
            admitted = now if right and seen and now and now.pin_hash == seen.pin_hash else None
            settled = self.throttle.settle(session, attempt, failed=admitted is None, now=utcnow())
        if settled.wait:  # raised after the commit: the failure must count
            raise TooManyFailures(settled.wait)
        return client_queries.login_dict(admitted) if admitted else None
