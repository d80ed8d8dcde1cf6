from decimal import Decimal

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from chassis.db import Base, BigId, Money, TenantOwned


class Widget(TenantOwned, Base):
    __tablename__ = "widgets"
    __table_args__ = (Index(None, "account_id", "name", unique=True),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    name: Mapped[str] = mapped_column(String(50))
    price: Mapped[Decimal] = mapped_column(Money)
