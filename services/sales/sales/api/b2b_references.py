"""What B2B orders refer to and other services own, asked before the transaction: who a `user_uid` is, what a product costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from chassis.access import current_user
from chassis.problems import Forbidden
from sales import clients
from sales.domain.b2b_orders import Product, Terms


def own_uid() -> str | None:
    """The uid that a CLIENT is confined to; None for staff, who see every order."""
    user = current_user()
    return user.uid if user.kind == "client" else None


def known_users(elements: Sequence[Mapping[str, Any]]) -> set[str]:
    """Those of the elements' `user_uid`s that are a user's or a client's; the caller is one without being asked for."""
    user = current_user()
    asked = {element["user_uid"] for element in elements if "user_uid" in element} - {user.uid}
    if user.kind == "client" or not asked:
        return {user.uid}
    return {user.uid} | clients.references().users_among(asked, account_id=user.account_id)


def known_products(elements: Sequence[Mapping[str, Any]]) -> dict[str, Product]:
    """The elements' products, as far as catalog has them now."""
    asked = {element["product_uid"] for element in elements}
    return clients.references().products_among(asked, account_id=current_user().account_id)


def own_terms() -> Terms | None:
    """What was agreed with the calling CLIENT; None for staff, who say what an item costs. Forbidden once it was deleted."""
    if (uid := own_uid()) is None:
        return None
    discounts = clients.references().discounts_of({uid}, account_id=current_user().account_id)
    if uid not in discounts:
        raise Forbidden
    return Terms(uid, discounts[uid])
