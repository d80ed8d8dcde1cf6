"""The read side of the price history: what was set on a product or a promotion, newest first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from catalog.domain.models import PriceChange, Product, Promotion, PromotionChange
from chassis.ordering import order_by
from chassis.tenants import midnight, zone_of

_PRICE: tuple[Any, ...] = (
    PriceChange.id, PriceChange.price_before, PriceChange.price_after, PriceChange.tax_rate_before,
    PriceChange.tax_rate_after, PriceChange.surface, PriceChange.actor_uid.label("user_uid"),
    PriceChange.actor_name.label("user_name"), PriceChange.created_at,
)  # fmt: skip
_PROMOTION: tuple[Any, ...] = (
    PromotionChange.id, PromotionChange.before, PromotionChange.after, PromotionChange.actor_uid.label("user_uid"),
    PromotionChange.actor_name.label("user_name"), PromotionChange.created_at,
)  # fmt: skip
CHANGE_ORDERINGS = ("id", "created_at")


def product_exists(session: Session, product_id: int) -> bool:
    """Whether the account has or had this product; a deleted product keeps its history."""
    return session.execute(select(Product.id).where(Product.id == product_id)).first() is not None


def promotion_exists(session: Session, promotion_id: int) -> bool:
    """Whether the account has or had this promotion; a deleted promotion keeps its history."""
    return session.execute(select(Promotion.id).where(Promotion.id == promotion_id)).first() is not None


def price_changes(session: Session, product_id: int, query: Mapping[str, Any]) -> Select[Any]:
    """A product's price changes that the filters leave, newest first."""
    statement = select(*_PRICE).where(PriceChange.product_id == product_id)
    if "search" in query:
        statement = statement.where(PriceChange.actor_name.icontains(query["search"], autoescape=True))
    if "surface" in query:
        statement = statement.where(PriceChange.surface == query["surface"])
    return _filtered(session, statement, PriceChange, query)


def promotion_changes(session: Session, promotion_id: int, query: Mapping[str, Any]) -> Select[Any]:
    """A promotion's changes that the filters leave, newest first."""
    statement = select(*_PROMOTION).where(PromotionChange.promotion_id == promotion_id)
    if "search" in query:
        statement = statement.where(PromotionChange.actor_name.icontains(query["search"], autoescape=True))
    return _filtered(session, statement, PromotionChange, query)


def change_out(row: Any) -> dict[str, Any]:
    """A change as it is answered."""
    return dict(row._mapping)


def _filtered(session: Session, statement: Select[Any], model: Any, query: Mapping[str, Any]) -> Select[Any]:
    if "date_from" in query:
        statement = statement.where(model.created_at >= midnight(query["date_from"], zone_of(session)))
    if "date_to" in query:
        statement = statement.where(model.created_at < midnight(query["date_to"], zone_of(session), days_later=1))
    orders = {name: getattr(model, name) for name in CHANGE_ORDERINGS}
    return statement.order_by(*order_by(query.get("ordering"), orders, [model.id.desc()]))
