"""Asks sales what became of an order; only the sweep of unconfirmed holds does."""

from __future__ import annotations

from catalog.config import Config
from chassis.http import InternalClient
from chassis.problems import Unavailable

CANCELLED = "CANCELLED"


class Sales:
    """Client of sales."""

    def __init__(self, settings: Config) -> None:
        self._client = InternalClient(settings, "sales", settings.sales_url)

    def status_of(self, order_uid: str, *, account_id: int) -> str | None:
        """The order's status, None when sales has no such order; Unavailable when sales can't say."""
        answer = self._client.call("GET", f"/internal/orders/{order_uid}/", account_id=account_id)
        if answer.status == 404:
            return None
        if answer.status != 200:
            raise Unavailable(f"sales answered {answer.status} about order {order_uid}")
        return str(answer.data["status"])
