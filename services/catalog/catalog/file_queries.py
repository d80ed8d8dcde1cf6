"""The read side of product files: products by SKU and page by page, suppliers by name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Row, bindparam, select
from sqlalchemy.orm import Session

from catalog.domain.models import Product, Supplier
from catalog.domain.product_file import SupplierNames
from catalog.queries import held_in_carts
from chassis.columns import UtcDateTime
from chassis.db import Database, utcnow
from chassis.prepared import prepared

CHUNK = 1000
"""Rows that one statement of an import or export reads or writes."""
_LINE: tuple[Any, ...] = (
    Product.id, Product.sku, Product.name, Product.price, Product.tax_rate, Product.current_stock,
    Product.low_stock_threshold, Product.supplier_id, Product.is_active,
)  # fmt: skip
_OF_SKUS = prepared(
    select(*_LINE, held_in_carts(bindparam("now", type_=UtcDateTime)).label("reserved")).where(
        Product.deleted_at.is_(None), Product.sku.in_(bindparam("skus", expanding=True))
    )
)
_PAGE = prepared(
    select(*_LINE)
    .where(Product.deleted_at.is_(None), Product.id > bindparam("after"))
    .order_by(Product.id)
    .limit(CHUNK)
)


def products_of_skus(session: Session, skus: Sequence[str]) -> dict[str, Row[Any]]:
    """The living products with these SKUs, and what carts hold of them."""
    return {row.sku: row for row in _OF_SKUS(session, skus=list(skus), now=utcnow())}


def supplier_names(session: Session) -> SupplierNames:
    """The account's suppliers."""
    living = select(Supplier.id, Supplier.name).where(Supplier.deleted_at.is_(None))
    return SupplierNames((id_, name) for id_, name in session.execute(living))


def all_products(database: Database, account_id: int) -> Iterator[Sequence[Row[Any]]]:
    """The account's living products in chunks, in the order of their ids.

    Each chunk is a read of its own, so that a slow download keeps no connection and no snapshot.
    """
    after = 0
    while True:
        with database.read(account_id) as session:
            rows = _PAGE(session, after=after).all()
        if rows:
            yield rows
        if len(rows) < CHUNK:
            return
        after = rows[-1].id
