"""Products and their stock, as catalog told them last; deleted ones are in no report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Row, Select, and_, case, func, or_, select
from sqlalchemy.orm import Session

from analytics.domain.inventory import Discounted
from analytics.domain.models import CatalogProduct, Product, Promotion
from analytics.domain.products import name_key, sku_keys
from chassis.ordering import order_by
from chassis.search import matches
from chassis.tenants import midnight, zone_of

_THERE = and_(CatalogProduct.version > 0, CatalogProduct.is_deleted.is_(False))
STOCK_ORDERINGS = {
    "id": CatalogProduct.product_id,
    "name": CatalogProduct.search_text,  # it begins with the name, without case and accents
    "current_stock": CatalogProduct.current_stock,
}


def find_product(session: Session, identifier: str) -> Row[int, str, str, int] | None:
    """Return `product_id, name, sku, current_stock` of the product with that SKU, else of the oldest with that name.

    Of several with the same key it is the one that is spelled like this, or else the oldest.
    """
    columns = (CatalogProduct.product_id, CatalogProduct.name, CatalogProduct.sku, CatalogProduct.current_stock)
    spelled = case((CatalogProduct.sku == identifier.strip(), 0), else_=1)
    for named in (CatalogProduct.sku_key.in_(sku_keys(identifier)), CatalogProduct.name_key == name_key(identifier)):
        statement = select(*columns).where(_THERE, named).order_by(spelled, CatalogProduct.product_id).limit(1)
        if (found := session.execute(statement).one_or_none()) is not None:
            return found
    return None


def low_stock(query: Mapping[str, Any], threshold: int | None) -> Select[*tuple[Any, ...]]:
    """Products with at most `threshold` units, or by default those that are low by their own, the highest stock first."""
    limit = CatalogProduct.low_stock_threshold if threshold is None else threshold
    return _listed(query, CatalogProduct.current_stock <= limit, [CatalogProduct.current_stock.desc()])


def dead_stock(session: Session, query: Mapping[str, Any], since: date) -> Select[*tuple[Any, ...]]:
    """Products with no paid sale on `since` or any later day, by id."""
    sold = and_(Product.account_id == CatalogProduct.account_id, Product.product_id == CatalogProduct.product_id)
    not_since = or_(Product.named_at.is_(None), Product.named_at < midnight(since, zone_of(session)))
    return _listed(query, not_since, []).outerjoin(Product, sold)


def stock_value(session: Session, product_id: int | None) -> tuple[Any, Any, int]:
    """Cost and list value, tax included, of what is in stock, of one product or all, and how many products have any."""
    price, final = CatalogProduct.price, CatalogProduct.final_price
    stock = CatalogProduct.current_stock
    statement = select(
        func.sum(stock * price, type_=price.type), func.sum(stock * final, type_=final.type), func.count()
    )
    cost, value, count = session.execute(statement.where(*_stocked(product_id))).one()
    return cost, value, count


def discounted_stock(session: Session, product_id: int | None, today: date) -> Sequence[Discounted]:
    """The products in stock that a promotion for everyone makes cheaper today."""
    running = and_(
        Promotion.account_id == CatalogProduct.account_id,
        Promotion.product_id == CatalogProduct.product_id,
        Promotion.counts.is_(True),
        Promotion.start_date <= today,
        Promotion.end_date >= today,
    )
    columns = (
        CatalogProduct.product_id, CatalogProduct.current_stock, CatalogProduct.price, CatalogProduct.tax_rate,
        CatalogProduct.final_price, func.max(Promotion.discount_percent, type_=Promotion.discount_percent.type),
    )  # fmt: skip
    statement = select(*columns).join(Promotion, running).where(*_stocked(product_id)).group_by(*columns[:-1])
    return [Discounted(*row[1:]) for row in session.execute(statement)]


def _stocked(product_id: int | None) -> list[Any]:
    these = [] if product_id is None else [CatalogProduct.product_id == product_id]
    return [_THERE, CatalogProduct.current_stock > 0, *these]


def _listed(query: Mapping[str, Any], condition: Any, default: list[Any]) -> Select[*tuple[Any, ...]]:
    statement = select(CatalogProduct.product_id, CatalogProduct.name, CatalogProduct.current_stock)
    statement = statement.where(_THERE, condition)
    if term := query.get("search"):
        statement = statement.where(matches(CatalogProduct.search_text, term))
    return statement.order_by(*order_by(query.get("ordering"), STOCK_ORDERINGS, [*default, CatalogProduct.product_id]))
