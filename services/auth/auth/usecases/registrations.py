"""How many companies may be registered from one address on a day (UTC)."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from auth.domain.errors import TooManyRegistrations
from auth.domain.models import RegistrationCount
from auth.usecases.throttle import network
from chassis.db import insert_for
from chassis.throttle import key_of


def check_registrations(session: Session, *, ip: str, most: int, now: datetime) -> None:
    """TooManyRegistrations when the address has used up its day; locks nothing."""
    this = (RegistrationCount.address == _key(ip), RegistrationCount.day == now.date())
    if (session.scalar(select(RegistrationCount.number).where(*this)) or 0) >= most:
        raise _too_many(now)


def count_registration(session: Session, *, ip: str, most: int, now: datetime) -> None:
    """Count one more in the transaction of the registration itself; TooManyRegistrations when it would be above `most`."""
    first = insert_for(session, RegistrationCount).values(address=_key(ip), day=now.date(), number=1)
    counted = session.execute(
        first.on_conflict_do_update(
            index_elements=["address", "day"], set_={"number": RegistrationCount.number + 1},
            where=RegistrationCount.number < most,
        ).returning(RegistrationCount.number)
    ).first()  # fmt: skip
    if counted is None or counted.number > most:
        raise _too_many(now)


def _key(ip: str) -> str:
    return key_of("registration", network(ip))


def _too_many(now: datetime) -> TooManyRegistrations:
    tomorrow = datetime.combine(now.date() + timedelta(days=1), time.min, UTC)
    return TooManyRegistrations(max(1, int((tomorrow - now).total_seconds())))
