"""The facts that catalog tells: each function puts one into the outbox. Schemas: contracts/events/catalog/."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy.orm import Session

from catalog.domain.pricing import NOTATIONS, final_price
from chassis.messaging.outbox import Fact, emit, emit_many
from chassis.money import text


def tell_product(session: Session, type_: str, product: Any) -> None:
    """ProductCreated, ProductUpdated, ProductDeleted: the product's whole state after the change."""
    tell_products(session, type_, [product])


def tell_products(session: Session, type_: str, products: Iterable[Any]) -> None:
    """The same of many products, one event each."""
    emit_many(session, type_, [product_fact(product) for product in products])


def product_fact(product: Any) -> Fact:
    """What is told of a product: its row."""
    data = {
        "product_id": product.id,
        "product_uid": product.uid,
        "sku": product.sku,
        "name": product.name,
        "price": text(product.price),
        "tax_rate": NOTATIONS[product.tax_rate],
        "final_price": text(final_price(product.price, product.tax_rate)),
        "current_stock": product.current_stock,
        "low_stock_threshold": product.low_stock_threshold,
        "supplier_id": product.supplier_id,
        "is_active": product.is_active,
    }
    return Fact(product.uid, product.version, data)


def tell_promotions(session: Session, promotions: Iterable[Any], products: Iterable[Any]) -> None:
    """PromotionChanged, one for each of these promotions of these products: its whole state after the change."""
    uids = {product.id: product.uid for product in products}
    emit_many(
        session, "PromotionChanged", [promotion_fact(row, product_uid=uids[row.product_id]) for row in promotions]
    )


def promotion_fact(promotion: Any, *, product_uid: str) -> Fact:
    """What is told of a promotion: its row."""
    data = {
        "promotion_id": promotion.id,
        "promotion_uid": promotion.uid,
        "product_id": promotion.product_id,
        "product_uid": product_uid,
        "name": promotion.name,
        "description": promotion.description,
        "discount_percent": text(promotion.discount_percent),
        "start_date": promotion.start_date.isoformat(),
        "end_date": promotion.end_date.isoformat(),
        "target_audience": promotion.target_audience,
        "is_active": promotion.is_active,
        "is_deleted": promotion.deleted_at is not None,
    }
    return Fact(promotion.uid, promotion.version, data)


def tell_stock_adjusted(session: Session, product: Any, *, delta: int, reason: str) -> None:
    """StockAdjusted: somebody set the stock."""
    data = {
        "product_id": product.id,
        "product_uid": product.uid,
        "delta": delta,
        "reason": reason,
        "current_stock": product.current_stock,
    }
    emit(session, "StockAdjusted", subject=product.uid, version=product.version, data=data)


def tell_low_stock(session: Session, product: Any) -> None:
    """LowStockReached: the stock came down to the threshold, or the threshold up to it."""
    data = {
        "product_id": product.id,
        "product_uid": product.uid,
        "name": product.name,
        "sku": product.sku,
        "current_stock": product.current_stock,
        "low_stock_threshold": product.low_stock_threshold,
    }
    emit(session, "LowStockReached", subject=product.uid, version=product.version, data=data)


def tell_stock_reserved(session: Session, order_uid: str, lines: Sequence[dict[str, Any]]) -> None:
    """StockReserved: an order took its stock."""
    emit(session, "StockReserved", subject=order_uid, version=1, data={"order_uid": order_uid, "lines": list(lines)})


def tell_stock_released(session: Session, order_uid: str, lines: Sequence[dict[str, Any]]) -> None:
    """StockReleased: an order's stock is back."""
    emit(session, "StockReleased", subject=order_uid, version=2, data={"order_uid": order_uid, "lines": list(lines)})


def stock_line(line: dict[str, Any], product: Any) -> dict[str, Any]:
    """One line of StockReserved and StockReleased: what was moved, and the product after it."""
    return {
        "product_id": line["product_id"],
        "product_uid": line["product_uid"],
        "quantity": line["quantity"],
        "current_stock": product.current_stock,
        "product_version": product.version,
    }
