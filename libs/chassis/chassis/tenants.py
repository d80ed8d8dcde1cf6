"""What every service keeps of each account, from auth's events: its time zone, in which calendar dates are meant."""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from chassis.db import Base, TenantOwned, insert_for, utcnow
from chassis.messaging.envelope import Event

DEFAULT_ZONE = "America/Mexico_City"
_zone = cache(ZoneInfo)


class Tenant(TenantOwned, Base):
    """One row an account, a projection of auth's accounts."""

    __tablename__ = "tenants"

    account_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    timezone: Mapped[str] = mapped_column(String(64), default=DEFAULT_ZONE)
    version: Mapped[int]


def on_account_changed(session: Session, event: Event) -> None:
    """`AccountRegistered`, `AccountUpdated`: keep the newest state, whatever the order of arrival."""
    row = insert_for(session, Tenant).values(
        account_id=event.account_id, timezone=event.data["timezone"], version=event.version
    )
    session.execute(
        row.on_conflict_do_update(
            index_elements=[Tenant.account_id],
            set_={"timezone": row.excluded.timezone, "version": row.excluded.version},
            where=Tenant.version < row.excluded.version,
        )
    )


SUBSCRIPTIONS = {"AccountRegistered": on_account_changed, "AccountUpdated": on_account_changed}


def zone_of(session: Session) -> ZoneInfo:
    """The time zone of the account in force."""
    return _zone(session.execute(select(Tenant.timezone)).scalar() or DEFAULT_ZONE)


def local_date(session: Session, at: datetime | None = None) -> date:
    """The calendar date in the account's zone at a moment, now by default."""
    return (at or utcnow()).astimezone(zone_of(session)).date()
