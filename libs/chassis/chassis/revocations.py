"""Revoked sessions: every service knows them itself, so that no token outlives its session on a service's own port.

The worker projects `SessionRevoked` into `revoked_sessions`. The web keeps the ids in memory and reads the new ones at most
every 0.25 s, in one statement and only while requests come: no request pays for a look-up of its own.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Index, String, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from chassis.db import ALL_ACCOUNTS, Base, Database, UtcDateTime, insert_for, utcnow
from chassis.messaging.envelope import Event
from chassis.messaging.handlers import Subscriptions, batch
from chassis.pruning import delete_in_steps
from chassis.sweeps import Sweep

REFRESH_SECONDS = 0.25
"""How old the ids in memory may be before a request reads the new ones; the others go on with what is known."""
STALE_SECONDS = 0.5
"""How old they may be at most: then every request waits for the read."""
_RELOAD_SECONDS = 60.0
_OVERLAP = timedelta(seconds=60)
"""Longer than a transaction takes to commit and than clocks differ: a row is noted before it can be seen."""


class RevokedSession(Base):
    """A session that was ended before its time. `expires_at` is the end of its last access token."""

    __tablename__ = "revoked_sessions"

    sid: Mapped[str] = mapped_column(String(64), primary_key=True)
    noted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (Index(None, "noted_at"), Index(None, "expires_at"))


class RevokedSessions:
    """The revoked sessions as one process knows them, at most half a second late."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._sids: set[str] = set()
        self._reading = threading.Lock()
        self._read_at = self._reloaded_at = float("-inf")

    def is_revoked(self, sid: str) -> bool:
        """Whether the session has been revoked. Fails as a read of the database does when the ids are too old."""
        age = time.monotonic() - self._read_at
        if age >= REFRESH_SECONDS and self._reading.acquire(blocking=age >= STALE_SECONDS):
            try:
                self._refresh()
            finally:
                self._reading.release()
        return sid in self._sids

    def _refresh(self) -> None:
        began, now = time.monotonic(), utcnow()
        if began - self._read_at < REFRESH_SECONDS:  # another request has read them meanwhile
            return
        whole = began - self._reloaded_at >= _RELOAD_SECONDS
        which = RevokedSession.expires_at > now if whole else RevokedSession.noted_at > now - _OVERLAP
        with self._database.read(ALL_ACCOUNTS) as session:
            found = set(session.scalars(select(RevokedSession.sid).where(which)))
        if whole:
            self._sids, self._reloaded_at = found, began
        else:
            self._sids |= found
        self._read_at = began


def note_revoked(session: Session, revoked: Mapping[str, datetime]) -> None:
    """Store that these sessions were revoked, each with the end of its last access token; known ones stay as they are."""
    now = utcnow()
    rows = [{"sid": sid, "noted_at": now, "expires_at": until} for sid, until in sorted(revoked.items())]
    session.execute(insert_for(session, RevokedSession).on_conflict_do_nothing(), rows)


def on_sessions_revoked(session: Session, events: list[Event]) -> None:
    """`SessionRevoked`."""
    note_revoked(
        session, {event.data["sid"]: datetime.fromisoformat(event.data["expires_at"]) for event in events}
    )  # fmt: skip


SUBSCRIPTIONS: Subscriptions = {"SessionRevoked": batch(on_sessions_revoked)}


def prune(database: Database, _settings: Any = None) -> int:
    """Delete the sessions whose tokens have all expired; how many."""
    return delete_in_steps(database, RevokedSession, RevokedSession.expires_at < utcnow())


PRUNING = Sweep("revocations.prune", every_seconds=600, run=prune)
