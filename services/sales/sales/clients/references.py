"""What B2B batches refer to: products of catalog, clients of customers, users of auth.

Connections and circuits of their own, so that other systems' batches never close the way that the counter's orders take.
"""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from typing import Any

from chassis import logs
from chassis.codes import code_key
from chassis.http import InternalClient
from chassis.problems import Unavailable
from sales.config import Config
from sales.domain.b2b_orders import Product

_log = logs.get(__name__)


class References:
    """Client of the three services' look-ups by uid. Unavailable when one that is needed doesn't answer."""

    def __init__(self, settings: Config) -> None:
        # A second each: a request needs two of them at most, and the user waits no longer than three.
        self._catalog = InternalClient(settings, "catalog", settings.catalog_url, timeout=1.0)
        self._customers = InternalClient(settings, "customers", settings.customers_url, timeout=1.0)
        self._auth = InternalClient(settings, "auth", settings.auth_url, timeout=1.0)

    def products_among(self, uids: Collection[str], *, account_id: int) -> dict[str, Product]:
        """Return the living products that these uids name, by uid as it is given; a product knows its own."""
        rows = _read(self._catalog, "products", uids, account_id)
        known = {
            row["product_uid"]: Product(row["product_uid"], Decimal(row["price"]), row["is_active"]) for row in rows
        }
        by_key = {code_key(uid): product for uid, product in known.items()}
        found = {uid: known.get(uid) or by_key.get(code_key(uid)) for uid in uids}
        return {uid: product for uid, product in found.items() if product}

    def discounts_of(self, client_uids: Collection[str], *, account_id: int) -> dict[str, Decimal]:
        """The living clients of these uids, each with the percentage off that was agreed with it."""
        rows = _read(self._customers, "clients", client_uids, account_id)
        return {row["client_uid"]: Decimal(row["discount_percent"]) for row in rows}

    def users_among(self, uids: Collection[str], *, account_id: int) -> set[str]:
        """Those of these uids that are a living client's or a user's; auth is asked only for what is no client's."""
        found = set(self.discounts_of(uids, account_id=account_id))
        if left := set(uids) - found:
            found |= {row["user_uid"] for row in _read(self._auth, "users", left, account_id)}
        return found


def _read(client: InternalClient, what: str, uids: Collection[str], account_id: int) -> list[dict[str, Any]]:
    answer = client.call("POST", f"/internal/{what}/", account_id=account_id, body={"uids": sorted(uids)})
    if answer.status != 200:
        _log.error("references_failed", what=what, status=answer.status)
        raise Unavailable
    rows: list[dict[str, Any]] = answer.data[what]
    return rows
