"""Tables of sales: orders, their lines, and what sales needs to know of customers and companies (projections)."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, SmallInteger, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from chassis.columns import UID_LENGTH
from chassis.db import Base, BigId, Money, TenantOwned, UtcDateTime
from sales.domain import b2b_models as _b2b_models  # noqa: F401 - its tables are this database's too

PENDING, PAID, CANCELLED = "PENDING", "PAID", "CANCELLED"
STATUSES = (PENDING, PAID, CANCELLED)
CASH, CARD, POINTS, CREDIT = "CASH", "CARD", "POINTS", "CREDIT"
PAYMENT_METHODS = (CASH, CARD, POINTS, CREDIT)
HELD_METHODS = (POINTS, CREDIT)
"""What a customer has with the shop: customers holds it before the order is paid with it."""
ANONYMOUS = "Anonymous"


class Order(TenantOwned, Base):
    """A ticket. Customer, cashier and prices are snapshots of the moment it was made."""

    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    uid: Mapped[str] = mapped_column(String(36), unique=True)
    version: Mapped[int] = mapped_column(Integer, default=1)
    ticket_folio: Mapped[str] = mapped_column(String(8))
    status: Mapped[str] = mapped_column(String(9), default=PENDING)
    customer_id: Mapped[int | None] = mapped_column(BigInteger)
    customer_uid: Mapped[str | None] = mapped_column(String(36))
    customer_name: Mapped[str] = mapped_column(String(500), default=ANONYMOUS)
    # An imported order names its cashier, who need not be a user here.
    cashier_id: Mapped[int | None] = mapped_column(BigInteger)
    cashier_uid: Mapped[str | None] = mapped_column(String(UID_LENGTH))
    cashier: Mapped[str] = mapped_column(String(255))
    subtotal: Mapped[Decimal] = mapped_column(Money)
    total_tax: Mapped[Decimal] = mapped_column(Money)
    final_amount: Mapped[Decimal] = mapped_column(Money)
    money_saved_total: Mapped[Decimal] = mapped_column(Money)
    payment_method: Mapped[str | None] = mapped_column(String(8))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    paid_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cancelled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    cancel_reason: Mapped[str | None] = mapped_column(String(16))
    # The attempt that may pay with points or credit just now, and until when; an attempt that lost its claim can't pay.
    claim_token: Mapped[str | None] = mapped_column(String(36))
    claimed_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    search_text: Mapped[str] = mapped_column(Text)

    __table_args__ = (
        Index(None, "account_id", "ticket_folio", unique=True),
        Index(None, "account_id", "created_at", "id"),
        Index(None, "account_id", "status", "created_at"),
        Index(None, "account_id", "customer_id", "created_at"),
        Index(None, "account_id", "payment_method", "created_at"),
        Index(
            "ix_orders_pending", "created_at", sqlite_where=text("status = 'PENDING'"),
            postgresql_where=text("status = 'PENDING'"),
        ),
        CheckConstraint("status IN ('PENDING', 'PAID', 'CANCELLED')", name="status"),
        CheckConstraint("(status = 'PAID') = (paid_at IS NOT NULL)", name="paid_at"),
        CheckConstraint("(status = 'PAID') = (payment_method IS NOT NULL)", name="payment_method"),
        CheckConstraint("(status = 'CANCELLED') = (cancelled_at IS NOT NULL)", name="cancelled_at"),
        CheckConstraint("final_amount = subtotal + total_tax", name="final_amount"),
        CheckConstraint("subtotal >= 0 AND total_tax >= 0 AND money_saved_total >= 0", name="amounts"),
    )  # fmt: skip


class OrderLine(TenantOwned, Base):
    """One product of an order, `position` from 0 as it was first rung up. `unit_price` is before tax, after discount."""

    __tablename__ = "order_lines"

    order_id: Mapped[int] = mapped_column(ForeignKey(Order.id), primary_key=True)
    position: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    product_id: Mapped[int] = mapped_column(BigInteger)
    product_uid: Mapped[str] = mapped_column(String(UID_LENGTH))
    product_name: Mapped[str] = mapped_column(String(500))
    sku: Mapped[str] = mapped_column(String(255))
    quantity: Mapped[int] = mapped_column(BigInteger)
    unit_price: Mapped[Decimal] = mapped_column(Money)
    tax_rate: Mapped[str] = mapped_column(String(8))
    tax_amount: Mapped[Decimal] = mapped_column(Money)
    discount_amount: Mapped[Decimal] = mapped_column(Money)
    amount: Mapped[Decimal] = mapped_column(Money)

    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("amount = unit_price * quantity", name="amount"),
        CheckConstraint("unit_price >= 0 AND tax_amount >= 0 AND discount_amount >= 0", name="amounts"),
    )


class Customer(TenantOwned, Base):
    """What an order needs to know of a customer. A deleted one stays as a row, so that late events can't revive it."""

    __tablename__ = "customers"

    id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    uid: Mapped[str] = mapped_column(String(36))
    full_name: Mapped[str] = mapped_column(String(500))
    birth_date: Mapped[date | None]
    is_frequent: Mapped[bool]
    is_deleted: Mapped[bool]
    version: Mapped[int] = mapped_column(Integer)


class Company(TenantOwned, Base):
    """The name that stands on an account's receipts."""

    __tablename__ = "companies"

    account_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(String(500))
    version: Mapped[int] = mapped_column(Integer)
