"""The trail of prices and discounts, written in the transaction that changes them.

Every use case that sets a price or a tax rate calls `record_prices`, and every one that writes promotions calls
`record_promotions`. A batch takes one statement for all of its changes.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import BigInteger, String, bindparam
from sqlalchemy.orm import Session

from catalog.domain.actors import Actor
from catalog.domain.models import PriceChange, PromotionChange
from catalog.domain.pricing import NOTATIONS
from chassis.columns import UtcDateTime
from chassis.db import utcnow
from chassis.given_rows import InsertForRows
from chassis.money import text, to_cents
from chassis.prepared import prepared_insert

_RECORD = InsertForRows(
    PriceChange,
    {
        "product_id": BigInteger(), "price_before": BigInteger(), "price_after": BigInteger(),
        "tax_rate_before": String(), "tax_rate_after": String(),
    },
    more={
        "surface": bindparam("surface", type_=String()), "actor_uid": bindparam("actor_uid", type_=String()),
        "actor_name": bindparam("actor_name", type_=String()), "created_at": bindparam("now", type_=UtcDateTime),
    },
    order_by=["product_id"],
)  # fmt: skip
_RECORD_PROMOTIONS = prepared_insert(PromotionChange)


def record_prices(session: Session, changes: Iterable[tuple[Any, Any]], *, surface: str, actor: Actor) -> None:
    """Record what was set on products, pairs of the row before (None for a new product) and the row after.

    A product whose price and tax rate stay the same gets no row, and another notation of its tax rate is no change.
    """
    rows = [_row(before, after) for before, after in changes if before is None or _terms(before) != _terms(after)]
    if rows:
        who = {"surface": surface, "actor_uid": actor.uid, "actor_name": actor.name}
        _RECORD(session, rows, now=utcnow(), **who)


def record_promotions(session: Session, changes: Iterable[tuple[Any, Any]], *, actor: Actor) -> None:
    """Record what happened to promotions, pairs of the row before (None: created) and the row after (None: deleted)."""
    who = {"actor_uid": actor.uid, "actor_name": actor.name}
    rows = []
    for before, after in changes:
        terms = {name: row and _discount(row) for name, row in (("before", before), ("after", after))}
        if terms["before"] != terms["after"]:
            rows.append({"promotion_id": (after or before).id, **terms, **who})
    if rows:
        _RECORD_PROMOTIONS(session, rows)


def _terms(product: Any) -> tuple[Any, str]:
    return product.price, NOTATIONS[product.tax_rate]


def _row(before: Any, after: Any) -> dict[str, Any]:
    return {
        "product_id": after.id,
        "price_before": None if before is None else to_cents(before.price),
        "price_after": to_cents(after.price),
        "tax_rate_before": None if before is None else before.tax_rate,
        "tax_rate_after": after.tax_rate,
    }


def _discount(promotion: Any) -> dict[str, Any]:
    """The fields of a promotion that decide who gets which discount, as JSON."""
    return {
        "product": promotion.product_id,
        "discount_percent": text(promotion.discount_percent),
        "start_date": promotion.start_date.isoformat(),
        "end_date": promotion.end_date.isoformat(),
        "target_audience": promotion.target_audience,
        "is_active": promotion.is_active,
    }
