"""Brute force: so many failures for one name or from one address, and for a while no secret is good.

The failures of a name stand in one row that every attempt locks before it is told its outcome, so that a thousand
parallel guesses are told no more than ten in a row are. A service has a table of its own: `class LoginFailures(Failures)`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import JSON, String, delete, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from chassis.db import Base, UtcDateTime, insert_for


class Failures(Base):
    """The times (epoch seconds, oldest first) of the failures for one name or address, by its hash."""

    __abstract__ = True

    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    times: Mapped[list[float]] = mapped_column(JSON)
    touched_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


@dataclass(frozen=True, slots=True, order=True)
class Counted:
    """What failures are counted for (a `key_of`), and how many of them use it up."""

    key: str
    limit: int


@dataclass(frozen=True, slots=True)
class Settled:
    """What becomes of an attempt: seconds to `wait` if it does not count, and whether it `locked` the next ones out."""

    wait: int | None
    locked: bool = False


@dataclass(frozen=True, slots=True)
class Throttle:
    """Failures in a table of the service's, counted over the last `seconds`."""

    table: type[Failures]
    seconds: float

    def retry_after(self, session: Session, attempt: Sequence[Counted], *, now: datetime) -> int | None:
        """Seconds to wait while a limit is reached, None when there is none to wait; locks nothing."""
        columns = select(self.table.key, self.table.times)
        rows = session.execute(columns.where(self.table.key.in_([each.key for each in attempt])))
        return self._wait(attempt, {row.key: row.times for row in rows}, now)

    def settle(self, session: Session, attempt: Sequence[Counted], *, failed: bool, now: datetime) -> Settled:
        """Take the attempt's place in the order of attempts, and count it if it `failed`.

        It has to wait when the attempts before it have used up a limit: then it counts for nothing, right or wrong.
        """
        attempt = sorted(attempt)  # rows are locked in the order of their keys
        insert = insert_for(session, self.table).values(
            [{"key": each.key, "times": [], "touched_at": now} for each in attempt]
        )
        locked = session.execute(
            insert.on_conflict_do_update(
                index_elements=[self.table.key], set_={"touched_at": insert.excluded.touched_at}
            ).returning(self.table.key, self.table.times)
        )
        times = {row.key: row.times for row in locked}
        wait = self._wait(attempt, times, now)
        if wait is not None or not failed:
            return Settled(wait)
        times = {each.key: [*self._recent(times[each.key], now), now.timestamp()] for each in attempt}
        insert = insert_for(session, self.table).values(
            [{"key": each.key, "times": times[each.key], "touched_at": now} for each in attempt]
        )
        session.execute(
            insert.on_conflict_do_update(index_elements=[self.table.key], set_={"times": insert.excluded.times})
        )
        return Settled(None, locked=any(len(times[each.key]) == each.limit for each in attempt))

    def forget(self, session: Session, *, now: datetime) -> None:
        """Delete the failures that no longer count."""
        session.execute(delete(self.table).where(self.table.touched_at < now - timedelta(seconds=self.seconds)))

    def _wait(self, attempt: Sequence[Counted], times: dict[str, list[float]], now: datetime) -> int | None:
        waits = []
        for each in attempt:
            recent = self._recent(times.get(each.key, []), now)
            if len(recent) >= each.limit:
                waits.append(recent[-each.limit] + self.seconds - now.timestamp())
        return max(1, math.ceil(max(waits))) if waits else None

    def _recent(self, times: Sequence[float], now: datetime) -> list[float]:
        return sorted(time for time in times if time > now.timestamp() - self.seconds)


def key_of(kind: str, value: str) -> str:
    """What is stored of a name, a phone or an address: a hash, because people do type secrets into the name's field."""
    return sha256(f"{kind}\x1f{value}".encode()).hexdigest()
