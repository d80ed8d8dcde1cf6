from __future__ import annotations

from sqlalchemy import Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from chassis.db import Base, TenantOwned


class Total(TenantOwned, Base):
    """What only adds up: how often a subject was counted."""

    __tablename__ = "totals"

    subject: Mapped[str] = mapped_column(String(64), primary_key=True)
    amount: Mapped[int] = mapped_column(Integer)


class Name(TenantOwned, Base):
    """What is set: a subject's name, by the version that set it."""

    __tablename__ = "names"

    subject: Mapped[str] = mapped_column(String(64), primary_key=True)
    version: Mapped[int] = mapped_column(Integer)
    name: Mapped[str] = mapped_column(String(64))


class Mended(Base):
    """While it has no row, `Broken` can't be handled."""

    __tablename__ = "mended"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
