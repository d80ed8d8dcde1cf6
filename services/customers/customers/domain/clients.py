"""The tables of B2B clients: wholesale customers who log in with phone and PIN, and the guesses that failed."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from chassis.columns import UID_LENGTH
from chassis.db import Base, BigId, Money, TenantOwned, UtcDateTime, utcnow
from chassis.money import ZERO
from chassis.throttle import Failures
from chassis.uids import new_uid
from customers.domain.keyed import PhoneKeyed, unkeyed

_LIVING = text("deleted_at IS NULL")
_UNKEYED = unkeyed("phone")


class Client(TenantOwned, PhoneKeyed, Base):
    """A wholesale customer. A deleted one keeps its row; given again, its uid revives it, so `version` never falls back.

    `phone_key` is NULL only within the transaction that moves numbers from one client to another.
    """

    __tablename__ = "clients"
    __table_args__ = (
        # Across the platform: the phone is the name that a client logs in by. Free again once the client is deleted.
        Index(
            "ix_clients_phone_key", "phone_key", "phone_twin", unique=True, sqlite_where=_LIVING,
            postgresql_where=_LIVING,
        ),
        Index(None, "phone", sqlite_where=_LIVING, postgresql_where=_LIVING),
        Index("ix_clients_unkeyed", "id", sqlite_where=_UNKEYED, postgresql_where=_UNKEYED),
        Index(None, "account_id", "email", unique=True, sqlite_where=_LIVING, postgresql_where=_LIVING),
        Index(None, "account_id", "id", sqlite_where=_LIVING, postgresql_where=_LIVING),
        Index(None, "account_id", "uid", unique=True),
        CheckConstraint("discount >= 0 AND discount <= 10000", name="discount_within_100_percent"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    uid: Mapped[str] = mapped_column(String(UID_LENGTH), default=new_uid)
    name: Mapped[str] = mapped_column(String(200))
    email: Mapped[str | None] = mapped_column(String(254))
    phone: Mapped[str | None] = mapped_column(String(20))
    pin_hash: Mapped[str] = mapped_column(String(255))
    credentials_version: Mapped[int] = mapped_column(default=1)
    """One more with each new PIN, each switching off and the deletion: a session opened under a lower one is over."""
    address: Mapped[str] = mapped_column(String(255), default="")
    discount: Mapped[Decimal] = mapped_column(Money, default=ZERO)
    """Percent, kept as hundredths of a percent."""
    currency: Mapped[str | None] = mapped_column(String(3))
    price_type_uid: Mapped[str | None] = mapped_column(String(100))
    is_active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow)
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class PinFailures(Failures):
    """The wrong PINs for one phone, which may be nobody's."""

    __tablename__ = "pin_failures"
