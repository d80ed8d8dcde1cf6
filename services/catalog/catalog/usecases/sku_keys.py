"""Giving products the key of their SKU after the fact."""

from __future__ import annotations

from sqlalchemy import update
from sqlalchemy.orm import Session

from catalog.domain.models import Product
from chassis.codes import code_key


def give_key(session: Session, product_id: int, sku: str) -> bool:
    """Give a living product without a key the key of its SKU; False when its SKU has changed. IntegrityError when taken."""
    still = (Product.id == product_id, Product.sku == sku, Product.sku_key.is_(None), Product.deleted_at.is_(None))
    statement = update(Product).where(*still).values(sku_key=code_key(sku))
    return session.execute(statement.returning(Product.id)).first() is not None
