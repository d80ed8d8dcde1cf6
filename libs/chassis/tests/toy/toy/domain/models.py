from decimal import Decimal

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from chassis.columns import UID_LENGTH
from chassis.db import Base, BigId, Money, TenantOwned


class Widget(TenantOwned, Base):
    __tablename__ = "widgets"
    __table_args__ = (Index(None, "account_id", "name", unique=True),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(String(50))
    price: Mapped[Decimal] = mapped_column(Money)


class Gadget(TenantOwned, Base):
    __tablename__ = "gadgets"
    __table_args__ = (Index(None, "account_id", "uid", unique=True),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    uid: Mapped[str] = mapped_column(String(UID_LENGTH))
    price: Mapped[Decimal] = mapped_column(Money)
    note: Mapped[str | None] = mapped_column(String(50))
    version: Mapped[int] = mapped_column(default=1)
