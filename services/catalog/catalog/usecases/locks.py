"""Taking products before changing them, always in the order of their ids, so that nobody waits in a circle.

PostgreSQL locks the rows until the transaction ends. On SQLite a transaction has the database's one write lock from its
first statement, so there is nothing left to lock. What is read after this call is what will be changed.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Row, bindparam, select
from sqlalchemy.orm import Session

from catalog.domain.models import Product
from catalog.queries import PRODUCT, find_products
from chassis.prepared import prepared

# NO KEY UPDATE: the ledger's foreign keys to these rows don't have to wait.
_TAKE = prepared(
    select(*PRODUCT, Product.deleted_at)
    .where(Product.id.in_(bindparam("ids", expanding=True)))
    .order_by(Product.id)
    .with_for_update(key_share=True)
)


def take_products(session: Session, product_ids: Collection[int]) -> list[Row[Any]]:
    """The products of these ids that exist, deleted ones too (`deleted_at`), ours until the transaction ends."""
    return list(_TAKE(session, ids=list(product_ids)))


def take_product(session: Session, product_id: int) -> Row[Any] | None:
    """One living product, ours until the transaction ends."""
    return next((row for row in take_products(session, [product_id]) if row.deleted_at is None), None)


def take_present(session: Session, product_ids: Collection[int]) -> Sequence[Row[Any]]:
    """The living ones of these products with what is `OfNow`, ours until the transaction ends.

    Two statements: what carts hold is only certain once the products are taken.
    """
    take_products(session, product_ids)
    return find_products(session, product_ids)
