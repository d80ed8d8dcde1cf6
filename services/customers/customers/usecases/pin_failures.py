"""Brute force: so many wrong PINs for one phone, and no PIN is good for a while.

The failures stand in one row that every attempt locks before it is told its outcome, so that a thousand parallel
guesses are told no more than ten in a row are. A number that is nobody's is counted alike.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from chassis.db import insert_for
from customers.domain.clients import PinFailures


@dataclass(frozen=True, slots=True)
class Limit:
    """So many failures within so many seconds."""

    failures: int
    seconds: int


def retry_after(session: Session, phone: str, *, limit: Limit, now: datetime) -> int | None:
    """Seconds to wait while the limit is reached, None when there is none to wait; locks nothing."""
    times = session.scalar(select(PinFailures.times).where(PinFailures.key == _key(phone)))
    return _wait(_recent(times or [], limit, now), limit, now)


def settle(session: Session, phone: str, *, failed: bool, limit: Limit, now: datetime) -> int | None:
    """Take the attempt's place in the order of attempts, and count it if it `failed`.

    Seconds to wait when the attempts before it have used up the limit: then it counts for nothing, right or wrong.
    """
    recent = _recent(_locked(session, phone, now), limit, now)
    wait = _wait(recent, limit, now)
    if wait is None and failed:
        insert = _row(session, phone, [*recent, now.timestamp()], now)
        session.execute(
            insert.on_conflict_do_update(index_elements=[PinFailures.key], set_={"times": insert.excluded.times})
        )
    return wait


def forget_failures(session: Session, *, before: datetime) -> None:
    """Delete the failures of phones that nobody tried since."""
    session.execute(delete(PinFailures).where(PinFailures.touched_at < before))


def _locked(session: Session, phone: str, now: datetime) -> list[float]:
    insert = _row(session, phone, [], now)
    locked = insert.on_conflict_do_update(
        index_elements=[PinFailures.key], set_={"touched_at": insert.excluded.touched_at}
    )
    times: list[float] = session.execute(locked.returning(PinFailures.times)).scalar_one()
    return times


def _row(session: Session, phone: str, times: Sequence[float], now: datetime) -> Any:
    return insert_for(session, PinFailures).values(key=_key(phone), times=list(times), touched_at=now)


def _recent(times: Sequence[float], limit: Limit, now: datetime) -> list[float]:
    return sorted(time for time in times if time > now.timestamp() - limit.seconds)


def _wait(recent: Sequence[float], limit: Limit, now: datetime) -> int | None:
    if len(recent) < limit.failures:
        return None
    return max(1, math.ceil(recent[-limit.failures] + limit.seconds - now.timestamp()))


def _key(phone: str) -> str:
    return sha256(phone.encode()).hexdigest()  # hashed: people do type PINs into the phone's field
