"""What catalog tells of stock: each function puts facts of one kind into the outbox. Schemas: contracts/events/catalog/."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from chassis.messaging.outbox import Fact, emit, emit_many

Line = Mapping[str, Any]


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


def tell_stock_reserved(session: Session, order_uid: str, lines: Sequence[Line]) -> None:
    """StockReserved: an order took its stock."""
    emit(session, "StockReserved", subject=order_uid, version=1, data={"order_uid": order_uid, "lines": list(lines)})


def tell_stock_released(session: Session, released: Iterable[tuple[str, Sequence[Line]]]) -> None:
    """StockReleased, one an order: (its uid, the lines whose stock is back)."""
    facts = [Fact(order_uid, 2, {"order_uid": order_uid, "lines": list(lines)}) for order_uid, lines in released]
    emit_many(session, "StockReleased", facts)


def stock_line(line: Line, product: Any) -> dict[str, Any]:
    """One line of StockReserved and StockReleased: what was moved, and the product after it."""
    return {
        "product_id": line["product_id"],
        "product_uid": line["product_uid"],
        "quantity": line["quantity"],
        "current_stock": product.current_stock,
        "product_version": product.version,
    }
