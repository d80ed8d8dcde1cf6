"""The tables: facts (what was paid, never changed), rollups (sums of the facts, rebuilt from them at any time), and
projections of what others own (the newest state they told).
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, Dialect, Index, Integer, PrimaryKeyConstraint, SmallInteger, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.types import TypeDecorator

from analytics.domain.calendar import day_from_number, day_number
from chassis.db import Base, Money, TenantOwned, UtcDateTime
from chassis.money import ZERO

# SQLite keeps such a table in the order of its key, so that a range of days lies together.
_CLUSTERED = {"sqlite_with_rowid": False}
_NAMED = text("customer_id IS NOT NULL")


class Day(TypeDecorator[date]):
    """A calendar date, kept as days since 1970-01-01: SQL computes it from slots alike on every engine."""

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: date | None, dialect: Dialect) -> int | None:
        return None if value is None else day_number(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> date | None:
        return None if value is None else day_from_number(int(value))


class PaidOrder(TenantOwned, Base):
    """Fact: an order that was paid. `paid_slot` is `paid_at` in slots of 15 minutes (see `domain.calendar`)."""

    __tablename__ = "paid_orders"
    __table_args__ = (
        PrimaryKeyConstraint("account_id", "order_uid"),
        Index(None, "account_id", "paid_at"),
        # A customer's orders of a period are read from the facts: rollups by customer would be as many rows.
        Index(None, "account_id", "customer_id", "paid_at", postgresql_where=_NAMED, sqlite_where=_NAMED),
        _CLUSTERED,
    )

    order_uid: Mapped[str] = mapped_column(String(36))
    order_id: Mapped[int] = mapped_column(BigInteger)
    ticket_folio: Mapped[str] = mapped_column(String(20))
    customer_id: Mapped[int | None] = mapped_column(BigInteger)
    customer_name: Mapped[str] = mapped_column(Text)
    payment_method: Mapped[str] = mapped_column(String(10))
    final_amount: Mapped[Decimal] = mapped_column(Money)
    paid_at: Mapped[datetime] = mapped_column(UtcDateTime)
    paid_slot: Mapped[int] = mapped_column(Integer)


class ErasedCustomer(TenantOwned, Base):
    """A customer whose name must not come back, not even by an order that is told late."""

    __tablename__ = "erased_customers"
    __table_args__ = (PrimaryKeyConstraint("account_id", "customer_id"), _CLUSTERED)

    customer_id: Mapped[int] = mapped_column(BigInteger)


class PaidOrderLine(TenantOwned, Base):
    """Fact: a product in a paid order. `amount` is tax-exclusive."""

    __tablename__ = "paid_order_lines"
    __table_args__ = (PrimaryKeyConstraint("account_id", "order_uid", "product_id"), _CLUSTERED)

    order_uid: Mapped[str] = mapped_column(String(36))
    product_id: Mapped[int] = mapped_column(BigInteger)
    quantity: Mapped[int]
    amount: Mapped[Decimal] = mapped_column(Money)


class Product(TenantOwned, Base):
    """A product as sales know it: when it was first and last sold, and under which name the last time."""

    __tablename__ = "products"
    __table_args__ = (PrimaryKeyConstraint("account_id", "product_id"), _CLUSTERED)

    product_id: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str] = mapped_column(Text)
    named_at: Mapped[datetime] = mapped_column(UtcDateTime)
    first_sold_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class HourlySales(TenantOwned, Base):
    """Rollup: local day × hour × payment method. Amounts are tax-inclusive, the money received."""

    __tablename__ = "hourly_sales"
    __table_args__ = (PrimaryKeyConstraint("account_id", "day", "hour", "payment_method"), _CLUSTERED)

    day: Mapped[date] = mapped_column(Day)
    hour: Mapped[int] = mapped_column(SmallInteger)
    payment_method: Mapped[str] = mapped_column(String(10))
    tickets: Mapped[int]
    revenue: Mapped[Decimal] = mapped_column(Money)
    lowest: Mapped[Decimal] = mapped_column(Money)
    highest: Mapped[Decimal] = mapped_column(Money)


class HourlySalesBlock(TenantOwned, Base):
    """Rollup of the rollup: block of 16 local days × hour × payment method. Complete while `Freshness` says so."""

    __tablename__ = "hourly_sales_blocks"
    __table_args__ = (PrimaryKeyConstraint("account_id", "block", "hour", "payment_method"), _CLUSTERED)

    block: Mapped[int]
    hour: Mapped[int] = mapped_column(SmallInteger)
    payment_method: Mapped[str] = mapped_column(String(10))
    tickets: Mapped[int]
    revenue: Mapped[Decimal] = mapped_column(Money)
    lowest: Mapped[Decimal] = mapped_column(Money)
    highest: Mapped[Decimal] = mapped_column(Money)


class ProductSales(TenantOwned, Base):
    """Rollup: local day × product. Revenue is tax-exclusive."""

    __tablename__ = "product_sales"
    __table_args__ = (PrimaryKeyConstraint("account_id", "day", "product_id"), _CLUSTERED)

    day: Mapped[date] = mapped_column(Day)
    product_id: Mapped[int] = mapped_column(BigInteger)
    units: Mapped[int] = mapped_column(BigInteger)
    revenue: Mapped[Decimal] = mapped_column(Money)


class ProductSalesBlock(TenantOwned, Base):
    """Rollup of the rollup: block of 16 local days × product, so that a report over years adds up few rows."""

    __tablename__ = "product_sales_blocks"
    __table_args__ = (PrimaryKeyConstraint("account_id", "block", "product_id"), _CLUSTERED)

    block: Mapped[int]
    product_id: Mapped[int] = mapped_column(BigInteger)
    units: Mapped[int] = mapped_column(BigInteger)
    revenue: Mapped[Decimal] = mapped_column(Money)


class CatalogProduct(TenantOwned, Base):
    """Projection: a product as catalog told it last. Its fields and its stock come by different events, so each has the
    product's version that it is from; 0 is not told yet. A deleted one stays, so that an older event can't bring it back.
    """

    __tablename__ = "catalog_products"
    __table_args__ = (
        PrimaryKeyConstraint("account_id", "product_id"),
        Index(None, "account_id", "sku_key"),
        Index(None, "account_id", "name_key"),
        _CLUSTERED,
    )

    product_id: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str] = mapped_column(Text, default="")
    name_key: Mapped[str] = mapped_column(Text, default="")
    sku: Mapped[str] = mapped_column(String(64), default="")
    sku_key: Mapped[str] = mapped_column(Text, default="")
    search_text: Mapped[str] = mapped_column(Text, default="")
    price: Mapped[Decimal] = mapped_column(Money, default=ZERO)
    tax_rate: Mapped[str] = mapped_column(String(5), default="EXENT")
    final_price: Mapped[Decimal] = mapped_column(Money, default=ZERO)
    low_stock_threshold: Mapped[int] = mapped_column(BigInteger, default=0)
    is_deleted: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=0)
    current_stock: Mapped[int] = mapped_column(BigInteger, default=0)
    stock_version: Mapped[int] = mapped_column(default=0)


class Promotion(TenantOwned, Base):
    """Projection: a promotion for everyone, or that none (any more) is in force (`counts`)."""

    __tablename__ = "promotions"
    __table_args__ = (PrimaryKeyConstraint("account_id", "promotion_id"), _CLUSTERED)

    promotion_id: Mapped[int] = mapped_column(BigInteger)
    product_id: Mapped[int] = mapped_column(BigInteger)
    discount_percent: Mapped[Decimal] = mapped_column(Money)
    start_date: Mapped[date] = mapped_column(Day)
    end_date: Mapped[date] = mapped_column(Day)
    counts: Mapped[bool]
    version: Mapped[int]


class Customer(TenantOwned, Base):
    """Projection: a customer's name and e-mail. A deleted one stays, empty."""

    __tablename__ = "customers"
    __table_args__ = (PrimaryKeyConstraint("account_id", "customer_id"), _CLUSTERED)

    customer_id: Mapped[int] = mapped_column(BigInteger)
    name: Mapped[str] = mapped_column(Text)
    email: Mapped[str | None] = mapped_column(Text)
    is_deleted: Mapped[bool]
    version: Mapped[int]


class Freshness(TenantOwned, Base):
    """How fresh an account's figures are: the time of the newest event applied, and how often they have changed.

    `hours_changes` falls behind `changes` when a worker that knows no HourlySalesBlock has counted (migration 0004).
    """

    __tablename__ = "freshness"
    __table_args__ = (PrimaryKeyConstraint("account_id"), _CLUSTERED)

    as_of: Mapped[datetime] = mapped_column(UtcDateTime)
    changes: Mapped[int] = mapped_column(BigInteger)
    hours_changes: Mapped[int] = mapped_column(BigInteger, server_default="0")
