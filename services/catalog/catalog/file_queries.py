"""The read side of product files: products by SKU and page by page, suppliers by name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Row, bindparam, select
from sqlalchemy.orm import Session

from catalog.domain.models import Product, Supplier
from catalog.domain.product_file import SupplierNames
from catalog.queries import held_in_carts
from chassis.codes import code_key
from chassis.columns import UtcDateTime
from chassis.db import Database, utcnow
from chassis.prepared import prepared, prepared_either

CHUNK = 1000
"""Rows that one statement of an import or export reads or writes."""
_LINE: tuple[Any, ...] = (
    Product.id, Product.sku, Product.sku_key, Product.name, Product.price, Product.tax_rate, Product.current_stock,
    Product.low_stock_threshold, Product.supplier_id, Product.is_active,
)  # fmt: skip
_LIVING = select(*_LINE, held_in_carts(bindparam("now", type_=UtcDateTime)).label("reserved")).where(
    Product.deleted_at.is_(None)
)
_OF_SKUS = prepared_either(
    _LIVING.where(Product.sku.in_(bindparam("skus", expanding=True))),
    _LIVING.where(Product.sku_key.in_(bindparam("keys", expanding=True))),
)
_PAGE = prepared(
    select(*_LINE)
    .where(Product.deleted_at.is_(None), Product.id > bindparam("after"))
    .order_by(Product.id)
    .limit(CHUNK)
)


def products_of_skus(session: Session, skus: Sequence[str]) -> dict[str, Row[Any]]:
    """Return the living products with these SKUs, by SKU as it is asked for, and what carts hold of them.

    Of twins it is the one that is spelled like this, or else the one that has the key.
    """
    keys = {sku: code_key(sku) for sku in skus}
    rows = _OF_SKUS(session, skus=list(keys), keys=list(set(keys.values())), now=utcnow()).all()
    spelled = {row.sku: row for row in rows}
    of_key = {row.sku_key: row for row in rows if row.sku_key is not None}
    found = {sku: spelled.get(sku) or of_key.get(key) for sku, key in keys.items()}
    return {sku: row for sku, row in found.items() if row is not None}


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
