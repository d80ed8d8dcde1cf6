"""Catalog: takes an order's stock and says what the products cost; gives the stock back; says prices without taking."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from chassis import logs
from chassis.http import InternalClient
from chassis.problems import Unavailable
from sales.config import Config
from sales.domain.drafts import HeldLine, Promotion
from sales.domain.errors import HoldRefused, RefusedByCatalog

_log = logs.get(__name__)


class Catalog:
    """Client of catalog's `/internal/holds/` and `/internal/prices/`."""

    def __init__(self, settings: Config) -> None:
        self._client = InternalClient(settings, "catalog", settings.catalog_url)

    def hold(self, order_uid: str, *, user_uid: str, quantities: Mapping[int, int], account_id: int) -> list[HeldLine]:
        """Take the stock of an order, quantities by product id; lines come back in the order of `quantities`.

        The same order may ask again and gets the same answer. HoldRefused when catalog has given this hold up; a
        Problem with catalog's own words when a product is unknown or short; Unavailable when catalog doesn't answer.
        """
        lines = [{"product_id": product_id, "quantity": quantity} for product_id, quantity in quantities.items()]
        body = {"order_uid": order_uid, "user_uid": user_uid, "lines": lines}
        answer = self._client.call("POST", "/internal/holds/", account_id=account_id, body=body)
        if answer.status == 200:
            held = {line["product_id"]: _held_line(line) for line in answer.data["lines"]}
            return [held[product_id] for product_id in quantities]
        if answer.status == 400:
            raise RefusedByCatalog(answer.data)
        if answer.status == 409:
            raise HoldRefused
        _log.error("hold_failed", status=answer.status)
        raise Unavailable

    def prices(
        self, *, user_uid: str, quantities: Mapping[int, int], account_id: int
    ) -> tuple[list[HeldLine], dict[int, int]]:
        """What a hold of these quantities would answer, and the units that are to be had by product id; takes nothing.

        A Problem with catalog's own words when a product is unknown; Unavailable when catalog doesn't answer.
        """
        lines = [{"product_id": product_id, "quantity": quantity} for product_id, quantity in quantities.items()]
        body = {"user_uid": user_uid, "lines": lines}
        answer = self._client.call("POST", "/internal/prices/", account_id=account_id, body=body)
        if answer.status == 400:
            raise RefusedByCatalog(answer.data)
        if answer.status != 200:
            _log.error("prices_failed", status=answer.status)
            raise Unavailable
        priced = {line["product_id"]: _held_line(line) for line in answer.data["lines"]}
        available = {line["product_id"]: line["available"] for line in answer.data["lines"]}
        return [priced[product_id] for product_id in quantities], available

    def release(self, order_uid: str, *, account_id: int, never_made: bool = False) -> None:
        """Give the stock of an order back, if catalog can be reached; if not, it finds out by itself.

        `never_made` when the order isn't cancelled but never came to be: catalog's ledger tells the two apart.
        """
        body = {"never_made": True} if never_made else None
        try:
            self._client.call("POST", f"/internal/holds/{order_uid}/release/", account_id=account_id, body=body)
        except Unavailable:
            _log.warning("release_left_to_catalog", order_uid=order_uid)


def _held_line(line: dict[str, Any]) -> HeldLine:
    promotion = line["promotion"]
    return HeldLine(
        product_id=line["product_id"],
        product_uid=line["product_uid"],
        sku=line["sku"],
        name=line["name"],
        quantity=line["quantity"],
        list_price=Decimal(line["list_price"]),
        tax_rate=line["tax_rate"],
        promotion=promotion and _promotion(promotion),
    )


def _promotion(told: dict[str, Any]) -> Promotion:
    return Promotion(told["id"], told["name"], Decimal(told["discount_percent"]), told["target_audience"])
