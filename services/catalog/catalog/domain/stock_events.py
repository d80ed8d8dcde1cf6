"""What catalog tells of stock: each function puts facts of one kind into the outbox. Schemas: contracts/events/catalog/."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy.orm import Session

from chassis.messaging.outbox import Fact, emit_many


def tell_stock_adjusted(session: Session, changes: Iterable[tuple[Any, int]], *, reason: str) -> None:
    """StockAdjusted, one a product: (the product after the change, its delta)."""
    facts = [
        Fact(
            product.uid,
            product.version,
            {
                "product_id": product.id,
                "product_uid": product.uid,
                "delta": delta,
                "reason": reason,
                "current_stock": product.current_stock,
            },
        )
        for product, delta in changes
    ]
    emit_many(session, "StockAdjusted", facts)


def tell_low_stock(session: Session, products: Iterable[Any]) -> None:
    """LowStockReached, one a product: its stock came down to the threshold, or the threshold up to it."""
    facts = [
        Fact(
            product.uid,
            product.version,
            {
                "product_id": product.id,
                "product_uid": product.uid,
                "name": product.name,
                "sku": product.sku,
                "current_stock": product.current_stock,
                "low_stock_threshold": product.low_stock_threshold,
            },
        )
        for product in products
    ]
    emit_many(session, "LowStockReached", facts)
