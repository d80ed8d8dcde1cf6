"""The tables: customers with their balances, and the ledger that explains each customer's points."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from chassis.db import Base, BigId, Money, TenantOwned, UtcDateTime, utcnow
from chassis.money import ZERO
from chassis.uids import new_uid
from customers.domain import clients as clients  # whoever loads the models wants all of them

_LIVING = text("deleted_at IS NULL")


class Customer(TenantOwned, Base):
    """A person who buys. `current_points` is the sum of the customer's ledger; a deleted one keeps row and ledger."""

    __tablename__ = "customers"
    __table_args__ = (
        # Only the living hold their phone and e-mail: both become free when a customer is deleted.
        Index(None, "account_id", "phone_number", unique=True, sqlite_where=_LIVING, postgresql_where=_LIVING),
        Index(None, "account_id", "email", unique=True, sqlite_where=_LIVING, postgresql_where=_LIVING),
        Index(None, "account_id", "id", sqlite_where=_LIVING, postgresql_where=_LIVING),
        Index(None, "account_id", "uid", unique=True),
        CheckConstraint("current_points >= 0", name="points_not_negative"),
        CheckConstraint("credit_limit >= 0", name="credit_limit_not_negative"),
        CheckConstraint("credit_used >= 0", name="credit_used_not_negative"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    uid: Mapped[str] = mapped_column(String(36), default=new_uid)
    first_name: Mapped[str] = mapped_column(String(100))
    last_name: Mapped[str] = mapped_column(String(100))
    phone_number: Mapped[str] = mapped_column(String(20))
    email: Mapped[str | None] = mapped_column(String(254))
    birth_date: Mapped[date | None]
    is_frequent: Mapped[bool] = mapped_column(default=False)
    current_points: Mapped[int] = mapped_column(default=0)
    credit_limit: Mapped[Decimal] = mapped_column(Money, default=ZERO)
    credit_used: Mapped[Decimal] = mapped_column(Money, default=ZERO)
    search_text: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow, onupdate=utcnow)
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class PointsTransaction(TenantOwned, Base):
    """One change of a balance: `EARN` above zero, `REDEEM` below, `ADJUSTMENT` either. Rows are only ever added."""

    __tablename__ = "points_transactions"
    __table_args__ = (
        # An order earns once and is paid with points once, however often it is told.
        UniqueConstraint("account_id", "order_uid", "transaction_type"),
        Index(None, "account_id", "customer_id", "created_at", "id"),
        CheckConstraint(
            "(transaction_type = 'EARN' AND amount > 0) OR (transaction_type = 'REDEEM' AND amount < 0)"
            " OR (transaction_type = 'ADJUSTMENT' AND amount <> 0)",
            name="sign",
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey(Customer.id))
    amount: Mapped[int]
    transaction_type: Mapped[str] = mapped_column(String(10))
    description: Mapped[str] = mapped_column(String(255))
    order_uid: Mapped[str | None] = mapped_column(String(36))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
