"""What deleting products means, one or a thousand: all that is only theirs goes with them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from catalog.domain.actors import Actor
from catalog.domain.b2b_models import Attribute, ProductDescription
from catalog.domain.events import tell_products
from catalog.domain.models import CartHold, Product
from catalog.queries import PRODUCT
from catalog.usecases.promotions import delete_promotions_of
from catalog.usecases.rows import take_rows
from chassis.db import utcnow


def remove_products(session: Session, products: Collection[Any], *, actor: Actor) -> None:
    """Soft: these living products, which this transaction has taken, leave every list, and their SKUs become free.

    Their promotions end; their descriptions, attributes and what carts hold of them are deleted. Their rows, stock and
    ledgers stay: orders may still give stock back, and an upsert of the uid brings the row back.
    """
    if not products:
        return
    uids = [product.uid for product in products]
    attributes = take_rows(session, Attribute, ["product_uid"], uids, returning=[Attribute.uid])
    session.execute(delete(Attribute).where(Attribute.uid.in_([row.uid for row in attributes])))
    take_rows(session, ProductDescription, ["product_uid"], uids)
    session.execute(delete(ProductDescription).where(ProductDescription.product_uid.in_(uids)))
    ids, now = [product.id for product in products], utcnow()
    # Rows that count no more are left to the sweep, which takes them in an order of its own.
    live = (CartHold.product_id.in_(ids), CartHold.lapses_at > now, CartHold.quantity > 0)
    session.execute(delete(CartHold).where(*live))
    statement = update(Product).where(Product.id.in_(ids), Product.deleted_at.is_(None))
    gone = {"deleted_at": now, "updated_at": now, "version": Product.version + 1}
    removed = sorted(session.execute(statement.values(**gone).returning(*PRODUCT)), key=lambda product: product.id)
    delete_promotions_of(session, removed, actor=actor)
    tell_products(session, "ProductDeleted", removed)
