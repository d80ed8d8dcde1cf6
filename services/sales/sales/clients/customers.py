"""Customers: one read of a customer that the projection doesn't know yet."""

from __future__ import annotations

from typing import Any

from chassis import logs
from chassis.http import InternalClient
from chassis.problems import Unavailable
from sales.config import Config

_log = logs.get(__name__)


class Customers:
    """Client of customers' `/internal/customers/`."""

    def __init__(self, settings: Config) -> None:
        # Half of the usual time: with catalog's two seconds after it, the user waits no longer than three.
        self._client = InternalClient(settings, "customers", settings.customers_url, timeout=1.0)

    def read(self, customer_id: int, *, account_id: int) -> dict[str, Any] | None:
        """The data of CustomerUpdated and `version`; None when there is no such customer (any more)."""
        answer = self._client.call("GET", f"/internal/customers/{customer_id}/", account_id=account_id)
        if answer.status == 404:
            return None
        if answer.status != 200:
            _log.error("customer_read_failed", status=answer.status)
            raise Unavailable
        found: dict[str, Any] = answer.data
        return found
