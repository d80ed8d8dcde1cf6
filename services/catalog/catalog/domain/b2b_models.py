"""The rows of the B2B catalogue: the category tree, currencies, attributes, and texts in many languages.

They are found by the uids that clients give, which are unique in their account; so keys begin with it.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Dialect,
    ForeignKeyConstraint,
    Index,
    PrimaryKeyConstraint,
    String,
    Text,
)
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from chassis.columns import UID_LENGTH
from chassis.db import Base, TenantOwned

NAME_LENGTH = 200
LANGUAGE_LENGTH = 35
RATE_PLACES = 8
_UNIT = Decimal(1).scaleb(RATE_PLACES)


class Rate(TypeDecorator[Decimal]):
    """A Decimal with up to eight places, kept as a whole number, exact on every engine."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> int | None:
        return None if value is None else int(value * _UNIT)

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value) / _UNIT


class Category(TenantOwned, Base):
    """A node of the account's tree of categories."""

    __tablename__ = "categories"
    __table_args__ = (
        PrimaryKeyConstraint("account_id", "uid"),
        ForeignKeyConstraint(["account_id", "parent_uid"], ["categories.account_id", "categories.uid"]),
        Index(None, "account_id", "parent_uid"),
    )

    uid: Mapped[str] = mapped_column(String(UID_LENGTH))
    parent_uid: Mapped[str | None] = mapped_column(String(UID_LENGTH))


class Currency(TenantOwned, Base):
    """A currency that prices may be shown in: `rate` units of it are one of the account's own."""

    __tablename__ = "currencies"
    __table_args__ = (PrimaryKeyConstraint("account_id", "code"), CheckConstraint("rate > 0", name="rate"))

    code: Mapped[str] = mapped_column(String(3))
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    rate: Mapped[Decimal] = mapped_column(Rate)


class Attribute(TenantOwned, Base):
    """A property of a product (its names: "Color"), with the value that the product has (its names: "Red")."""

    __tablename__ = "attributes"
    __table_args__ = (
        PrimaryKeyConstraint("account_id", "uid"),
        ForeignKeyConstraint(["account_id", "product_uid"], ["products.account_id", "products.uid"]),
        Index(None, "account_id", "product_uid"),
        Index(None, "account_id", "value_uid"),
    )

    uid: Mapped[str] = mapped_column(String(UID_LENGTH))
    product_uid: Mapped[str] = mapped_column(String(UID_LENGTH))
    value_uid: Mapped[str] = mapped_column(String(UID_LENGTH))


class ProductDescription(TenantOwned, Base):
    """What a product is called in one language."""

    __tablename__ = "product_descriptions"
    __table_args__ = (
        PrimaryKeyConstraint("account_id", "product_uid", "language"),
        ForeignKeyConstraint(["account_id", "product_uid"], ["products.account_id", "products.uid"]),
    )

    product_uid: Mapped[str] = mapped_column(String(UID_LENGTH))
    language: Mapped[str] = mapped_column(String(LANGUAGE_LENGTH))
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    description: Mapped[str] = mapped_column(Text)


class CategoryDescription(TenantOwned, Base):
    """What a category is called in one language."""

    __tablename__ = "category_descriptions"
    __table_args__ = (
        PrimaryKeyConstraint("account_id", "category_uid", "language"),
        ForeignKeyConstraint(
            ["account_id", "category_uid"], ["categories.account_id", "categories.uid"], ondelete="CASCADE"
        ),
    )

    category_uid: Mapped[str] = mapped_column(String(UID_LENGTH))
    language: Mapped[str] = mapped_column(String(LANGUAGE_LENGTH))
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
    description: Mapped[str] = mapped_column(Text)


class AttributeDescription(TenantOwned, Base):
    """What an attribute is called in one language."""

    __tablename__ = "attribute_descriptions"
    __table_args__ = (
        PrimaryKeyConstraint("account_id", "attribute_uid", "language"),
        ForeignKeyConstraint(
            ["account_id", "attribute_uid"], ["attributes.account_id", "attributes.uid"], ondelete="CASCADE"
        ),
    )

    attribute_uid: Mapped[str] = mapped_column(String(UID_LENGTH))
    language: Mapped[str] = mapped_column(String(LANGUAGE_LENGTH))
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))


class AttributeValue(TenantOwned, Base):
    """What a value of attributes is called in one language; a value is there as long as it has a name."""

    __tablename__ = "attribute_values"
    __table_args__ = (PrimaryKeyConstraint("account_id", "uid", "language"),)

    uid: Mapped[str] = mapped_column(String(UID_LENGTH))
    language: Mapped[str] = mapped_column(String(LANGUAGE_LENGTH))
    name: Mapped[str] = mapped_column(String(NAME_LENGTH))
