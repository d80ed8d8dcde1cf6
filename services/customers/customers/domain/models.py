"""The tables of the POS part: customers with their balances, the ledgers that explain them, and the chatbot's users."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, Integer, PrimaryKeyConstraint, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from chassis.columns import UID_LENGTH
from chassis.db import Base, BigId, Money, TenantOwned, UtcDateTime, utcnow
from chassis.money import ZERO
from chassis.uids import new_uid
from customers.domain import clients as clients  # whoever loads the models wants all of them
from customers.domain.keyed import PhoneKeyed, unkeyed

EARN, REDEEM, ADJUSTMENT = "EARN", "REDEEM", "ADJUSTMENT"
CHARGE, PAYMENT = "CHARGE", "PAYMENT"
POINTS, CREDIT = "POINTS", "CREDIT"
HELD, CONFIRMED, RELEASED = "held", "confirmed", "released"

Points = BigInteger().with_variant(Integer, "sqlite")
"""An order of thousands of millions costs as many points, and a few dozen of those earn them: 32 bits are too few."""

_LIVING = text("deleted_at IS NULL")
_EARNED = text("transaction_type = 'EARN'")
_HELD = text("state = 'held'")
_UNKEYED = unkeyed("phone_number")
_NUMBER_UNKEYED = unkeyed("mobile_number")


class Customer(TenantOwned, PhoneKeyed, Base):
    """A person who buys. The balances are the sums of the ledgers; a deleted one keeps row and ledgers.

    An erased one is deleted and has no name, phone, e-mail or birthday any more. `frequent_month` is the first day of the
    month whose first purchase decided `is_frequent` last.
    """

    __tablename__ = "customers"
    __table_args__ = (
        # Only the living hold their phone and e-mail: both become free when a customer is deleted.
        Index(None, "account_id", "phone_number", unique=True, sqlite_where=_LIVING, postgresql_where=_LIVING),
        Index(
            "ix_customers_account_id_phone_key", "account_id", "phone_key", "phone_twin", unique=True,
            sqlite_where=_LIVING, postgresql_where=_LIVING,
        ),
        Index("ix_customers_unkeyed", "id", sqlite_where=_UNKEYED, postgresql_where=_UNKEYED),
        Index(None, "account_id", "email", unique=True, sqlite_where=_LIVING, postgresql_where=_LIVING),
        Index(None, "account_id", "id", sqlite_where=_LIVING, postgresql_where=_LIVING),
        Index(None, "account_id", "uid", unique=True),
        CheckConstraint("current_points >= 0", name="points_not_negative"),
        CheckConstraint("credit_limit >= 0", name="credit_limit_not_negative"),
        CheckConstraint("credit_used >= 0", name="credit_used_not_negative"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    uid: Mapped[str] = mapped_column(String(36), default=new_uid)
    first_name: Mapped[str] = mapped_column(String(100))
    last_name: Mapped[str] = mapped_column(String(100))
    phone_number: Mapped[str] = mapped_column(String(20))
    email: Mapped[str | None] = mapped_column(String(254))
    birth_date: Mapped[date | None]
    is_frequent: Mapped[bool] = mapped_column(default=False)
    frequent_month: Mapped[date | None]
    current_points: Mapped[int] = mapped_column(Points, default=0)
    credit_limit: Mapped[Decimal] = mapped_column(Money, default=ZERO)
    credit_used: Mapped[Decimal] = mapped_column(Money, default=ZERO)
    search_text: Mapped[str] = mapped_column(Text)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow, onupdate=utcnow)
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    erased_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class PointsTransaction(TenantOwned, Base):
    """One change of a balance: `EARN` above zero, `REDEEM` below, `ADJUSTMENT` either.

    Rows are only ever added: of this ledger and of that of credit, triggers refuse anything else.
    """

    __tablename__ = "points_transactions"
    __table_args__ = (
        # An order earns once, however often it is told.
        Index(
            "uq_points_transactions_earned_by_order", "account_id", "order_uid", unique=True, sqlite_where=_EARNED,
            postgresql_where=_EARNED,
        ),
        Index(None, "account_id", "customer_id", "created_at", "id"),
        CheckConstraint(
            "(transaction_type = 'EARN' AND amount > 0) OR (transaction_type = 'REDEEM' AND amount < 0)"
            " OR (transaction_type = 'ADJUSTMENT' AND amount <> 0)",
            name="sign",
        ),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey(Customer.id))
    amount: Mapped[int] = mapped_column(Points)
    transaction_type: Mapped[str] = mapped_column(String(10))
    description: Mapped[str] = mapped_column(String(255))
    order_uid: Mapped[str | None] = mapped_column(String(36))
    actor_uid: Mapped[str | None] = mapped_column(String(UID_LENGTH))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class CreditTransaction(TenantOwned, Base):
    """A line of the credit ledger, never changed: CHARGE adds to the debt, PAYMENT takes off what was really applied.

    An ADJUSTMENT has its sign: a charge taken back is one below zero.
    """

    __tablename__ = "credit_transactions"
    __table_args__ = (
        Index(None, "account_id", "customer_id", "created_at", "id"),
        CheckConstraint(
            "(transaction_type IN ('CHARGE', 'PAYMENT') AND amount > 0) OR (transaction_type = 'ADJUSTMENT' AND amount <> 0)",
            name="sign",
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey(Customer.id))
    amount: Mapped[Decimal] = mapped_column(Money)
    transaction_type: Mapped[str] = mapped_column(String(10))
    description: Mapped[str] = mapped_column(String(255))
    order_uid: Mapped[str | None] = mapped_column(String(36))
    actor_uid: Mapped[str | None] = mapped_column(String(UID_LENGTH))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PaymentHold(TenantOwned, Base):
    """Points or credit taken for an order's uid. While HELD nobody knows yet whether the order was paid with them.

    The balance and its ledger move when the hold is taken, and back when it is released; a released one can be taken again.
    """

    __tablename__ = "payment_holds"
    __table_args__ = (
        PrimaryKeyConstraint("account_id", "order_uid"),
        Index("ix_payment_holds_held", "created_at", sqlite_where=_HELD, postgresql_where=_HELD),
        CheckConstraint("payment_method IN ('POINTS', 'CREDIT')", name="payment_method"),
        CheckConstraint("state IN ('held', 'confirmed', 'released')", name="state"),
        CheckConstraint("amount >= 0", name="amount"),
    )

    order_uid: Mapped[str] = mapped_column(String(36))
    ticket_folio: Mapped[str] = mapped_column(String(8))
    user_uid: Mapped[str] = mapped_column(String(UID_LENGTH))
    # No foreign key: the hold is claimed before anybody looks whether there is such a customer.
    customer_id: Mapped[int] = mapped_column(BigId)
    payment_method: Mapped[str] = mapped_column(String(8))
    amount: Mapped[Decimal] = mapped_column(Money)
    state: Mapped[str] = mapped_column(String(10))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class PurchaseDay(TenantOwned, Base):
    """A day, in the account's zone, on which a customer paid an order: what frequent customers are told by."""

    __tablename__ = "purchase_days"
    __table_args__ = (PrimaryKeyConstraint("account_id", "customer_id", "day"),)

    customer_id: Mapped[int] = mapped_column(ForeignKey(Customer.id))
    day: Mapped[date]


class PointsGrant(TenantOwned, Base):
    """Points that a user gave away by hand on a day of the account's zone: what the daily cap is measured by."""

    __tablename__ = "points_grants"
    __table_args__ = (PrimaryKeyConstraint("account_id", "actor_uid", "day"),)

    actor_uid: Mapped[str] = mapped_column(String(UID_LENGTH))
    day: Mapped[date]
    points: Mapped[int]


class ChatbotUser(TenantOwned, PhoneKeyed, Base):
    """A person known to the chatbot by a mobile number."""

    __tablename__ = "chatbot_users"
    __table_args__ = (
        PrimaryKeyConstraint("account_id", "mobile_number"),
        Index("ix_chatbot_users_account_id_phone_key", "account_id", "phone_key", "phone_twin", unique=True),
        Index(
            "ix_chatbot_users_unkeyed", "account_id", "mobile_number", sqlite_where=_NUMBER_UNKEYED,
            postgresql_where=_NUMBER_UNKEYED,
        ),
    )  # fmt: skip

    mobile_number: Mapped[str] = mapped_column(String(20))
    name: Mapped[str] = mapped_column(String(255))
    search_text: Mapped[str] = mapped_column(Text)
    last_interaction: Mapped[datetime] = mapped_column(UtcDateTime)
