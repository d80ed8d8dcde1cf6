"""Asks sales what became of an order; only the sweep of unconfirmed payment holds does."""

from __future__ import annotations

from chassis.http import InternalClient
from chassis.problems import Unavailable
from customers.config import Config

PAID = "PAID"


class Sales:
    """Client of sales."""

    def __init__(self, settings: Config) -> None:
        self._client = InternalClient(settings, "sales", settings.sales_url)

    def fate_of(self, order_uid: str, *, account_id: int) -> tuple[str | None, str | None]:
        """The order's status and payment method, None when sales has no such order; Unavailable when sales can't say."""
        answer = self._client.call("GET", f"/internal/orders/{order_uid}/", account_id=account_id)
        if answer.status == 404:
            return None, None
        if answer.status != 200:
            raise Unavailable(f"sales answered {answer.status} about order {order_uid}")
        return answer.data["status"], answer.data["payment_method"]
