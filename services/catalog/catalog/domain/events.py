"""What catalog tells of products and promotions: each function puts facts of one kind into the outbox.

Schemas: contracts/events/catalog/.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy.orm import Session

from catalog.domain.pricing import NOTATIONS, final_price
from chassis.messaging.outbox import Fact, emit_many
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
