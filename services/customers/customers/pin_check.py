"""Whose phone and PIN these are: a read, the hashing, then a transaction, because hashing must not happen within one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chassis.db import ALL_ACCOUNTS, Database, utcnow
from chassis.throttle import Counted, Throttle, key_of
from customers import client_queries
from customers.domain.phones import phone_keys, plain_phone
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

        A number without a country code may be one of any account's country: of several clients the PIN decides.
        TooManyFailures when this phone's guesses are used up, whatever the PIN.
        """
        number = plain_phone(phone)
        with self.database.read(ALL_ACCOUNTS) as session:
            keys = phone_keys(phone, client_queries.countries(session))
            attempt = [
                Counted(key_of("phone", key), self.per_phone) for key in keys
            ]  # also of a number that is nobody's
            if wait := self.throttle.retry_after(session, attempt, now=utcnow()):
                raise TooManyFailures(wait)
            seen = client_queries.active_by_phone(session, number, keys)
        right = self._of_pin(seen, number, pin_code)
        with self.database.transaction(ALL_ACCOUNTS) as session:
            now = client_queries.active_by_phone(session, number, keys)  # a client deactivated meanwhile is refused
            admitted = next(
                (row for row in now if right and (row.id, row.pin_hash) == (right.id, right.pin_hash)), None
            )
            settled = self.throttle.settle(session, attempt, failed=admitted is None, now=utcnow())
        if settled.wait:  # raised after the commit: the failure must count
            raise TooManyFailures(settled.wait)
        return client_queries.login_dict(admitted) if admitted else None

    def _of_pin(self, rows: Sequence[Any], number: str, pin_code: str) -> Any | None:
        """The row with this PIN; of several the one that wrote its phone exactly so, and None if there are two others."""
        if not rows:
            self.pins.verify(None, pin_code)
        right = [row for row in rows if self.pins.verify(row.pin_hash, pin_code)]
        exact = [row for row in right if row.phone == number]
        return right[0] if len(right) == 1 else exact[0] if exact else None
