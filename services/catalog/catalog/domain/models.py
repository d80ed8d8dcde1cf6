"""The rows of catalog's database. Uniqueness and "never below zero" stand here too, as the last line of defence."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Date,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from catalog.domain import b2b_models as _b2b_models  # noqa: F401 - its tables are this database's too
from chassis.columns import UID_LENGTH
from chassis.db import Base, BigId, Money, TenantOwned, UtcDateTime, utcnow
from chassis.uids import new_uid

HELD, CONFIRMED, RELEASED = "held", "confirmed", "released"
INITIAL, ORDER, CANCEL, RELEASE, ADJUSTMENT, IMPORT, B2B = (
    "initial", "order", "cancel", "release", "adjustment", "import", "b2b",
)  # fmt: skip
BY_POS, BY_B2B, BY_IMPORT = PRICE_SURFACES = ("pos", "b2b", "import")
ACTOR_NAME_LENGTH = 254
MOVEMENT_KINDS = (INITIAL, ORDER, CANCEL, RELEASE, ADJUSTMENT, IMPORT, B2B)
EVERYONE, FREQUENT = "ALL", "FREQUENT_ONLY"
_LIVING = text("deleted_at IS NULL")
_WITHOUT_KEY = text("deleted_at IS NULL AND sku_key IS NULL")
_RETURNED = text("kind IN ('cancel', 'release')")


class Supplier(TenantOwned, Base):
    """One who delivers goods. `search_text` is what `?search=` looks in."""

    __tablename__ = "suppliers"
    __table_args__ = (Index(None, "account_id", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    uid: Mapped[str] = mapped_column(String(36), unique=True, default=new_uid)
    name: Mapped[str] = mapped_column(String(200))
    phone_number: Mapped[str | None] = mapped_column(String(20))
    contact_person: Mapped[str | None] = mapped_column(String(200))
    rfc: Mapped[str | None] = mapped_column(String(13))
    tax_address: Mapped[str | None] = mapped_column(String(500))
    search_text: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow, onupdate=utcnow)
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Product(TenantOwned, Base):
    """What is sold. `tax_rate` stays in the notation it was given in; `version` counts every change, stock included.

    `sku_key` is what the SKU is compared by. It is NULL while another living product has the same one: a twin from the
    time before keys, or one made by an older version of the service, until a sweep finds the key free.

    `uid` may be a B2B client's own. A deleted product keeps it: upserted again, the same row lives on.
    """

    __tablename__ = "products"
    __table_args__ = (
        Index("uq_products_account_id_sku", "account_id", "sku", unique=True, sqlite_where=_LIVING, postgresql_where=_LIVING),
        Index(
            "uq_products_account_id_sku_key", "account_id", "sku_key",
            unique=True, sqlite_where=_LIVING, postgresql_where=_LIVING,
        ),
        Index("ix_products_without_key", "id", sqlite_where=_WITHOUT_KEY, postgresql_where=_WITHOUT_KEY),
        Index(None, "account_id", "id"),
        Index(None, "supplier_id"),
        UniqueConstraint("account_id", "uid"),
        ForeignKeyConstraint(["account_id", "category_uid"], ["categories.account_id", "categories.uid"]),
        Index(None, "account_id", "category_uid"),
        CheckConstraint("current_stock >= 0", name="current_stock"),
        CheckConstraint("low_stock_threshold >= 0", name="low_stock_threshold"),
        CheckConstraint("price >= 0", name="price"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    uid: Mapped[str] = mapped_column(String(UID_LENGTH), default=new_uid)
    name: Mapped[str] = mapped_column(String(200))
    sku: Mapped[str] = mapped_column(String(64))
    sku_key: Mapped[str | None] = mapped_column(Text)
    price: Mapped[Decimal] = mapped_column(Money)
    tax_rate: Mapped[str] = mapped_column(String(5))
    current_stock: Mapped[int] = mapped_column(BigInteger)
    low_stock_threshold: Mapped[int] = mapped_column(BigInteger)
    supplier_id: Mapped[int | None] = mapped_column(ForeignKey("suppliers.id"))
    category_uid: Mapped[str | None] = mapped_column(String(UID_LENGTH))
    is_active: Mapped[bool] = mapped_column(Boolean, default=True)
    search_text: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Integer, default=1)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Promotion(TenantOwned, Base):
    """A percentage off one product from `start_date` to `end_date`, both included, in the account's zone.

    No day of a product has two active ones, whatever their audience. PostgreSQL refuses them by an exclusion constraint
    as well (migration 0002); SQLite has one writer at a time.
    """

    __tablename__ = "promotions"
    __table_args__ = (
        Index(
            "ix_promotions_account_id_product_id_start_date", "account_id", "product_id", "start_date",
            sqlite_where=_LIVING, postgresql_where=_LIVING,
        ),
        Index(None, "account_id", "id"),
        CheckConstraint("start_date <= end_date", name="end_date"),
        CheckConstraint("discount_percent > 0 AND discount_percent <= 10000", name="discount_percent"),
        CheckConstraint("target_audience IN ('ALL', 'FREQUENT_ONLY')", name="target_audience"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    uid: Mapped[str] = mapped_column(String(36), unique=True, default=new_uid)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    name: Mapped[str] = mapped_column(String(200))
    description: Mapped[str | None] = mapped_column(String(2000))
    discount_percent: Mapped[Decimal] = mapped_column(Money)  # two places like money, kept in hundredths of a percent
    start_date: Mapped[date] = mapped_column(Date)
    end_date: Mapped[date] = mapped_column(Date)
    target_audience: Mapped[str] = mapped_column(String(13))
    is_active: Mapped[bool] = mapped_column(Boolean, default=True)
    search_text: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(Integer, default=1)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class StockMovement(TenantOwned, Base):
    """The ledger: a product's `current_stock` is the sum of its deltas, `balance` the sum so far.

    Append-only: triggers (migration 0003) refuse to change or delete a row. An order's stock leaves by `order` and comes
    back by `cancel`, or by `release` when the order was never made. What carts hold is still in stock and moves nothing.
    """

    __tablename__ = "stock_movements"
    __table_args__ = (
        Index(None, "account_id", "product_id", "id"),
        # An order takes a product's stock once and gives it back once.
        Index("uq_stock_movements_order_uid_product_id_kind", "order_uid", "product_id", "kind", unique=True),
        Index(
            "uq_stock_movements_returned",
            "order_uid",
            "product_id",
            unique=True,
            sqlite_where=_RETURNED,
            postgresql_where=_RETURNED,
        ),
        CheckConstraint(
            "kind IN ('initial', 'order', 'cancel', 'release', 'adjustment', 'import', 'b2b')", name="kind"
        ),
        CheckConstraint("balance >= 0", name="balance"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    delta: Mapped[int] = mapped_column(BigInteger)
    balance: Mapped[int] = mapped_column(BigInteger)
    kind: Mapped[str] = mapped_column(String(10))
    order_uid: Mapped[str | None] = mapped_column(String(36))
    reason: Mapped[str | None] = mapped_column(String(200))
    actor_uid: Mapped[str | None] = mapped_column(String(UID_LENGTH))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)


class PriceChange(TenantOwned, Base):
    """A price or tax rate that was set: who did it, by which surface, before and after.

    Append-only: triggers (migration 0005) refuse to change or delete a row. `price_before` is NULL for a new product.
    """

    __tablename__ = "price_changes"
    __table_args__ = (
        Index(None, "account_id", "product_id", "id"),
        CheckConstraint("surface IN ('pos', 'b2b', 'import')", name="surface"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"))
    price_before: Mapped[Decimal | None] = mapped_column(Money)
    price_after: Mapped[Decimal] = mapped_column(Money)
    tax_rate_before: Mapped[str | None] = mapped_column(String(5))
    tax_rate_after: Mapped[str] = mapped_column(String(5))
    surface: Mapped[str] = mapped_column(String(6))
    actor_uid: Mapped[str] = mapped_column(String(UID_LENGTH))
    actor_name: Mapped[str] = mapped_column(String(ACTOR_NAME_LENGTH))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)


class PromotionChange(TenantOwned, Base):
    """A promotion that was created, changed or deleted: who did it, before and after. Append-only like `PriceChange`.

    `before` is NULL for a new promotion, `after` for a deleted one.
    """

    __tablename__ = "promotion_changes"
    __table_args__ = (Index(None, "account_id", "promotion_id", "id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    promotion_id: Mapped[int] = mapped_column(ForeignKey("promotions.id"))
    before: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    after: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    actor_uid: Mapped[str] = mapped_column(String(UID_LENGTH))
    actor_name: Mapped[str] = mapped_column(String(ACTOR_NAME_LENGTH))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)


class CartHold(TenantOwned, Base):
    """What a user's cart has reserved of a product. It counts only until `lapses_at`; no job has to end it."""

    __tablename__ = "cart_holds"
    __table_args__ = (CheckConstraint("quantity >= 0", name="quantity"),)

    product_id: Mapped[int] = mapped_column(ForeignKey("products.id"), primary_key=True)
    user_uid: Mapped[str] = mapped_column(String(UID_LENGTH), primary_key=True)
    quantity: Mapped[int] = mapped_column(BigInteger)
    held_since: Mapped[datetime] = mapped_column(UtcDateTime)
    lapses_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class OrderHold(TenantOwned, Base):
    """The stock of an order, from before the order exists. `lines` is what sales was answered, to answer it again.

    held → confirmed (the order exists) → released (it was cancelled), or held → released. A release that comes first
    leaves a row without lines, so that a late hold finds it and is refused.
    """

    __tablename__ = "order_holds"
    __table_args__ = (
        Index(None, "created_at", sqlite_where=text("state = 'held'"), postgresql_where=text("state = 'held'")),
        CheckConstraint("state IN ('held', 'confirmed', 'released')", name="state"),
    )

    order_uid: Mapped[str] = mapped_column(String(36), primary_key=True)
    user_uid: Mapped[str | None] = mapped_column(String(UID_LENGTH))
    state: Mapped[str] = mapped_column(String(10))
    lines: Mapped[list[dict[str, Any]]] = mapped_column(JSON)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
