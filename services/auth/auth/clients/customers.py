"""Customers: whose phone and PIN these are."""

from __future__ import annotations

from dataclasses import dataclass

from auth.config import Config
from auth.domain.errors import TooManyFailures
from chassis import logs
from chassis.http import InternalClient
from chassis.problems import Unavailable

log = logs.get(__name__)


@dataclass(frozen=True, slots=True)
class ConfirmedClient:
    """An active client whose PIN was right, at its `version`."""

    id: int
    uid: str
    account_id: int
    name: str
    email: str | None
    phone: str
    credentials_version: int
    version: int


class Customers:
    """Client of customers' `/internal/clients/`."""

    def __init__(self, settings: Config) -> None:
        self._client = InternalClient(settings, "customers", settings.customers_url)

    def client_of_pin(self, phone: str, pin_code: str) -> ConfirmedClient | None:
        """The active client with this phone and PIN; TooManyFailures, Unavailable."""
        body = {"phone": phone, "pin_code": pin_code}
        # For no account: a phone is unique across the platform.
        answer = self._client.call("POST", "/internal/clients/pin/", account_id=None, body=body)
        if answer.status == 429:
            raise TooManyFailures(int(answer.headers.get("Retry-After", "60")))
        if answer.status != 200:
            log.error("pin_check_failed", status=answer.status)
            raise Unavailable
        found = answer.data["client"]
        if found is None:
            return None
        return ConfirmedClient(**{name: found[name] for name in ConfirmedClient.__slots__})
