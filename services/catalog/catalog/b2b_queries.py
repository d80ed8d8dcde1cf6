"""The read side of the B2B catalogue: selects, and rows as they are answered. What nobody has found is an empty list."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from catalog.code_queries import find_uids, stored_uid
from catalog.domain.b2b_models import (
    Attribute,
    AttributeDescription,
    AttributeValue,
    Category,
    CategoryDescription,
    Currency,
    ProductDescription,
)
from catalog.domain.models import Product

_PRODUCT: tuple[Any, ...] = (
    Product.uid, Product.name, Product.sku, Product.price, Product.current_stock.label("quantity"), Product.category_uid,
    Product.is_active.label("active"), Product.updated_at,
)  # fmt: skip
_CATEGORY: tuple[Any, ...] = (Category.uid, Category.parent_uid)
_CURRENCY: tuple[Any, ...] = (Currency.code, Currency.name, Currency.rate)
_ATTRIBUTE: tuple[Any, ...] = (Attribute.uid, Attribute.product_uid, Attribute.value_uid)


def products(*, active_only: bool, category_uid: str | None = None) -> Select[Any]:
    """The living products, of one category if given; with `active_only` those for sale."""
    statement = select(*_PRODUCT).where(Product.deleted_at.is_(None)).order_by(Product.id)
    if active_only:
        statement = statement.where(Product.is_active.is_(True))
    if category_uid is not None:
        statement = statement.where(Product.category_uid == category_uid)
    return statement


def find_product(session: Session, uid: str, *, active_only: bool) -> dict[str, Any] | None:
    """One product as it is answered."""
    return _one(session, products(active_only=active_only).where(Product.uid == stored_uid(uid)))


def found_products(session: Session, *, uids: Collection[str]) -> list[dict[str, Any]]:
    """Return what B2B orders need to know of the living products that these uids name; the price is the list price."""
    named: tuple[Any, ...] = (Product.uid.label("product_uid"), Product.name, Product.price, Product.is_active)
    stored = {uid for uid, _ in find_uids(session, uids).values()}
    return rows_out(
        session, select(*named).where(Product.uid.in_(stored), Product.deleted_at.is_(None)).order_by(Product.uid)
    )


def product_descriptions(product_uid: str, *, active_only: bool) -> Select[Any]:
    """A product's descriptions."""
    named: tuple[Any, ...] = (ProductDescription.product_uid, ProductDescription.language, ProductDescription.name)
    statement = select(*named, ProductDescription.description).where(
        ProductDescription.product_uid == stored_uid(product_uid)
    )
    if active_only:
        statement = statement.where(ProductDescription.product_uid.in_(_for_sale()))
    return statement.order_by(ProductDescription.language)


def categories(*, parent_uid: str | None = None) -> Select[Any]:
    """The categories, those right below one if given."""
    statement = select(*_CATEGORY).order_by(Category.uid)
    return statement if parent_uid is None else statement.where(Category.parent_uid == parent_uid)


def find_category(session: Session, uid: str) -> dict[str, Any] | None:
    """One category as it is answered."""
    return _one(session, categories().where(Category.uid == uid))


def category_descriptions(category_uid: str) -> Select[Any]:
    """A category's descriptions."""
    named: tuple[Any, ...] = (CategoryDescription.category_uid, CategoryDescription.language, CategoryDescription.name)
    statement = select(*named, CategoryDescription.description).where(CategoryDescription.category_uid == category_uid)
    return statement.order_by(CategoryDescription.language)


def currencies() -> Select[Any]:
    """The currencies."""
    return select(*_CURRENCY).order_by(Currency.code)


def find_currency(session: Session, code: str) -> dict[str, Any] | None:
    """One currency as it is answered."""
    row = session.execute(currencies().where(Currency.code == code)).first()
    return currency_out(row) if row else None


def currency_out(row: Any) -> dict[str, Any]:
    """A currency as it is answered; its rate without zeros that say nothing, but as a decimal number: `1.0`, `0.85`."""
    rate: Decimal = row.rate.normalize()
    return {"code": row.code, "name": row.name, "rate": max(rate, rate.quantize(Decimal("0.1")), key=_places)}


def attributes(*, active_only: bool, product_uid: str | None = None) -> Select[Any]:
    """The attributes, of one product if given; with `active_only` those of products for sale."""
    statement = select(*_ATTRIBUTE).order_by(Attribute.uid)
    if active_only:
        statement = statement.where(Attribute.product_uid.in_(_for_sale()))
    return statement if product_uid is None else statement.where(Attribute.product_uid == stored_uid(product_uid))


def find_attribute(session: Session, uid: str, *, active_only: bool) -> dict[str, Any] | None:
    """One attribute as it is answered."""
    return _one(session, attributes(active_only=active_only).where(Attribute.uid == uid))


def attribute_descriptions(attribute_uid: str, *, active_only: bool) -> Select[Any]:
    """An attribute's names."""
    named: tuple[Any, ...] = (
        AttributeDescription.attribute_uid,
        AttributeDescription.language,
        AttributeDescription.name,
    )
    statement = select(*named).where(AttributeDescription.attribute_uid == attribute_uid)
    if active_only:
        of_those = select(Attribute.uid).where(Attribute.product_uid.in_(_for_sale()))
        statement = statement.where(AttributeDescription.attribute_uid.in_(of_those))
    return statement.order_by(AttributeDescription.language)


def attribute_values(uid: str) -> Select[Any]:
    """A value's names."""
    named: tuple[Any, ...] = (AttributeValue.uid, AttributeValue.language, AttributeValue.name)
    return select(*named).where(AttributeValue.uid == uid).order_by(AttributeValue.language)


def row_out(row: Any) -> dict[str, Any]:
    """A row as it is answered: its columns."""
    return dict(row._mapping)


def rows_out(session: Session, statement: Select[Any]) -> list[dict[str, Any]]:
    """All rows of a statement as they are answered."""
    return [row_out(row) for row in session.execute(statement)]


def _one(session: Session, statement: Select[Any]) -> dict[str, Any] | None:
    row = session.execute(statement).first()
    return row_out(row) if row else None


def _for_sale() -> Select[Any]:
    return select(Product.uid).where(Product.deleted_at.is_(None), Product.is_active.is_(True))


def _places(number: Decimal) -> int:
    return -int(number.as_tuple().exponent)
