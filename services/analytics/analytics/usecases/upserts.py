"""How rows join a rollup that has a row of their key already: counts and sums add up, extremes stay extreme.

All of it is commutative, so batches may come in any order and size.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, case, or_

from analytics.domain.models import HourlySales, Product, ProductSales, ProductSalesBlock
from chassis.db import Base


def add_hours(insert: Any) -> Any:
    """`insert` into HourlySales, adding to what is there."""
    new = insert.excluded
    return insert.on_conflict_do_update(
        index_elements=[HourlySales.account_id, HourlySales.day, HourlySales.hour, HourlySales.payment_method],
        set_={
            "tickets": HourlySales.tickets + new.tickets,
            "revenue": HourlySales.revenue + new.revenue,
            # CASE, for least() and greatest() have other names on SQLite
            "lowest": case((new.lowest < HourlySales.lowest, new.lowest), else_=HourlySales.lowest),
            "highest": case((new.highest > HourlySales.highest, new.highest), else_=HourlySales.highest),
        },
    )


def add_products(insert: Any) -> Any:
    """`insert` into ProductSales, adding to what is there."""
    new = insert.excluded
    return insert.on_conflict_do_update(
        index_elements=[ProductSales.account_id, ProductSales.day, ProductSales.product_id],
        set_={"units": ProductSales.units + new.units, "revenue": ProductSales.revenue + new.revenue},
    )


def add_blocks(insert: Any) -> Any:
    """`insert` into ProductSalesBlock, adding to what is there."""
    old, new = ProductSalesBlock, insert.excluded
    return insert.on_conflict_do_update(
        index_elements=[old.account_id, old.block, old.product_id],
        set_={"units": old.units + new.units, "revenue": old.revenue + new.revenue},
    )


def name_products(insert: Any) -> Any:
    """`insert` into Product, keeping the earliest sale, and the name of the latest (of two at one moment the greater, for
    there is no order).
    """
    old, new = Product, insert.excluded
    later = or_(new.named_at > old.named_at, and_(new.named_at == old.named_at, new.name > old.name))
    earlier = or_(old.first_sold_at.is_(None), new.first_sold_at < old.first_sold_at)
    return insert.on_conflict_do_update(
        index_elements=[old.account_id, old.product_id],
        set_={
            "name": case((later, new.name), else_=old.name),
            "named_at": case((later, new.named_at), else_=old.named_at),
            "first_sold_at": case((earlier, new.first_sold_at), else_=old.first_sold_at),
        },
        where=or_(later, earlier),
    )


def keep_newest(insert: Any, model: type[Base], columns: Sequence[str], *, version: str) -> Any:
    """`insert` into a projection: its columns replace those of a lower version, in the statement itself."""
    return insert.on_conflict_do_update(
        index_elements=list(model.__table__.primary_key),
        set_={column: insert.excluded[column] for column in columns},
        where=getattr(model, version) < insert.excluded[version],
    )
