"""Customers: one read of a customer that the projection doesn't know yet; points and credit held for an order."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from chassis import logs
from chassis.http import InternalClient
from chassis.identity import Identity
from chassis.money import text
from chassis.problems import Unavailable
from sales.config import Config
from sales.domain.errors import CreditExceeded, NotEnoughPoints, OtherPaymentHeld, ReleaseUnknown, UnknownCustomer
from sales.domain.facts import Row
from sales.domain.models import CREDIT

_log = logs.get(__name__)


class Customers:
    """Client of customers' `/internal/customers/` and `/internal/holds/`."""

    def __init__(self, settings: Config) -> None:
        # Half of the usual time: with catalog's two seconds after it, the user waits no longer than three.
        self._reads = InternalClient(settings, "customers", settings.customers_url, timeout=1.0)
        self._holds = InternalClient(settings, "customers", settings.customers_url)

    def read(self, customer_id: int, *, account_id: int) -> dict[str, Any] | None:
        """The data of CustomerUpdated and `version`; None when there is no such customer (any more)."""
        answer = self._reads.call("GET", f"/internal/customers/{customer_id}/", account_id=account_id)
        if answer.status == 404:
            return None
        if answer.status != 200:
            _log.error("customer_read_failed", status=answer.status)
            raise Unavailable
        found: dict[str, Any] = answer.data
        return found

    def hold(self, order: Row, *, payment_method: str, user: Identity) -> None:
        """Take from the customer's points or credit what pays `order` (a row); asked again it takes nothing more.

        Too little of it: a Problem in the words of API document §23. UnknownCustomer for a deleted one;
        OtherPaymentHeld; Unavailable, after which something may be held.
        """
        body = {
            "order_uid": order["uid"], "ticket_folio": order["ticket_folio"], "user_uid": user.uid,
            "customer_id": order["customer_id"], "payment_method": payment_method,
            "amount": text(order["final_amount"]),
        }  # fmt: skip
        answer = self._holds.call("POST", "/internal/holds/", account_id=user.account_id, body=body)
        if answer.status == 200:
            return
        if answer.status == 404:
            raise UnknownCustomer(order["customer_id"])
        if answer.status == 409:
            raise OtherPaymentHeld
        if answer.status == 400 and payment_method == CREDIT and "credit_limit" in answer.data:
            limit, used = (Decimal(answer.data[name]) for name in ("credit_limit", "credit_used"))
            raise CreditExceeded(limit=limit, used=used, total=order["final_amount"])
        if answer.status == 400 and "detail" in answer.data:
            raise NotEnoughPoints(answer.data["detail"])
        _log.error("payment_hold_failed", status=answer.status, answer=answer.data)
        raise Unavailable

    def release(self, order_uid: str, *, account_id: int) -> None:
        """Give back what is held for an order; ReleaseUnknown when that can't be told."""
        try:
            answer = self._holds.call("POST", f"/internal/holds/{order_uid}/release/", account_id=account_id)
        except Unavailable as error:
            raise ReleaseUnknown from error
        if answer.status != 204:
            _log.error("payment_release_failed", status=answer.status)
            raise ReleaseUnknown
