"""What every service keeps of each account, from auth's events: its time zone, in which calendar dates are meant."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import BigInteger, Row, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from chassis.db import Base, TenantOwned, insert_for, tenant, utcnow
from chassis.messaging.envelope import Event
from chassis.prepared import prepared

DEFAULT_ZONE = "America/Mexico_City"
_zone = cache(ZoneInfo)


class Tenant(TenantOwned, Base):
    """One row an account, a projection of auth's accounts."""

    __tablename__ = "tenants"

    account_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    timezone: Mapped[str] = mapped_column(String(64), default=DEFAULT_ZONE)
    version: Mapped[int]


ZONE = select(Tenant.timezone).scalar_subquery().label("zone")
"""The account's zone as a column of any statement; NULL while the account has no row. See `on_local_date`."""
_ZONE_OF = prepared(select(Tenant.timezone))
zones_seen: dict[Any, str] = {}
"""The zone that this process saw last, by account; a guess that each answer puts right. See `on_local_date`."""


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
    return _zone(_ZONE_OF(session).scalar() or DEFAULT_ZONE)


def local_date(session: Session, at: datetime | None = None) -> date:
    """The calendar date in the account's zone at a moment, now by default."""
    return (at or utcnow()).astimezone(zone_of(session)).date()


def on_local_date(read: Callable[[date], Sequence[Row[Any]]]) -> Sequence[Row[Any]]:
    """The rows of a statement that depends on today's date in the account's zone, in one round trip.

    `read(today)` selects ZONE too. `today` is reckoned in the zone that this process saw last; when the rows bring
    another one it has changed, and they are read again with the right date.
    """
    account = tenant()
    while True:
        believed = zones_seen.get(account, DEFAULT_ZONE)
        rows = read(utcnow().astimezone(_zone(believed)).date())
        stored = (rows[0].zone or DEFAULT_ZONE) if rows else believed
        if stored == believed:
            return rows
        zones_seen[account] = stored


def midnight(day: date, zone: ZoneInfo, *, days_later: int = 0) -> datetime:
    """The moment at which a calendar day begins in a zone, for the filters of lists."""
    # The calendar's first and last days have no midnight in every zone.
    day = min(max(day, date(1900, 1, 1)), date(9000, 1, 1)) + timedelta(days=days_later)
    return datetime.combine(day, time.min, zone)
