"""Tables of the B2B orders: documents of other systems and of wholesale clients, found by the uids that those give.

They have nothing to do with the counter's orders and take no stock.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, PrimaryKeyConstraint, String, text
from sqlalchemy.orm import Mapped, mapped_column

from chassis.columns import UID_LENGTH
from chassis.db import Base, BigId, Money, TenantOwned, UtcDateTime

ADDRESS_LENGTH = 500
_LIVING = text("deleted_at IS NULL")


class B2BOrder(TenantOwned, Base):
    """A B2B order. A deleted one keeps its row; given again, its uid begins anew in it, so `version` never falls back.

    `total` is the sum of its items; of an order that has none, what staff gave.
    """

    __tablename__ = "b2b_orders"
    __table_args__ = (
        Index(None, "account_id", "uid", unique=True),
        Index(None, "account_id", "id", sqlite_where=_LIVING, postgresql_where=_LIVING),
        Index(None, "account_id", "user_uid", "id"),
        Index(None, "account_id", "status", "id"),
        CheckConstraint(
            "status IN ('pending', 'processing', 'shipped', 'delivered', 'cancelled')", name="status"
        ),
        CheckConstraint("total >= 0", name="total"),
    )  # fmt: skip

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    uid: Mapped[str] = mapped_column(String(UID_LENGTH))
    user_uid: Mapped[str] = mapped_column(String(UID_LENGTH))
    """Whose order it is: a user's or a client's uid."""
    status: Mapped[str] = mapped_column(String(10))
    total: Mapped[Decimal] = mapped_column(Money)
    shipping_address: Mapped[str] = mapped_column(String(ADDRESS_LENGTH))
    billing_address: Mapped[str] = mapped_column(String(ADDRESS_LENGTH))
    version: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class B2BOrderItem(TenantOwned, Base):
    """A product of a B2B order. Written and deleted only by who has locked the order's row."""

    __tablename__ = "b2b_order_items"
    __table_args__ = (
        PrimaryKeyConstraint("account_id", "order_id", "product_uid"),
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("discount >= 0 AND discount <= price", name="discount"),
        CheckConstraint("total = (price - discount) * quantity", name="total"),
    )

    order_id: Mapped[int] = mapped_column(ForeignKey(B2BOrder.id))
    product_uid: Mapped[str] = mapped_column(String(UID_LENGTH))
    quantity: Mapped[int] = mapped_column(BigInteger)
    price: Mapped[Decimal] = mapped_column(Money)
    """Of one unit, as `discount`."""
    discount: Mapped[Decimal] = mapped_column(Money)
    total: Mapped[Decimal] = mapped_column(Money)
