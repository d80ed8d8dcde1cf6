"""How rows join a rollup that has a row of their key already: counts and sums add up, extremes stay extreme.

All of it is commutative, so batches may come in any order and size.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import and_, case, or_

from analytics.domain.models import HourlySales, HourlySalesBlock, Product, ProductSales, ProductSalesBlock
from chassis.db import Base


def add_hours(insert: Any, model: type[HourlySales | HourlySalesBlock] = HourlySales) -> Any:
    """`insert` into a rollup of hours, adding to what is there."""
    new = insert.excluded
    return insert.on_conflict_do_update(
        index_elements=list(model.__table__.primary_key),
        set_={
            "tickets": model.tickets + new.tickets,
            "revenue": model.revenue + new.revenue,
            # CASE, for least() and greatest() have other names on SQLite
            "lowest": case((new.lowest < model.lowest, new.lowest), else_=model.lowest),
            "highest": case((new.highest > model.highest, new.highest), else_=model.highest),
        },
    )


def add_products(insert: Any, model: type[ProductSales | ProductSalesBlock] = ProductSales) -> Any:
    """`insert` into a rollup of products, adding to what is there."""
    new = insert.excluded
    return insert.on_conflict_do_update(
        index_elements=list(model.__table__.primary_key),
        set_={"units": model.units + new.units, "revenue": model.revenue + new.revenue},
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
