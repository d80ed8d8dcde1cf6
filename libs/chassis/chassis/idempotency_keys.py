"""The kept answers of `chassis.idempotency`: their table, and the worker's sweep over it, which needs no Flask."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import LargeBinary, SmallInteger, String, delete
from sqlalchemy.orm import Mapped, mapped_column

from chassis.db import ALL_ACCOUNTS, Base, Database, TenantOwned, UtcDateTime, utcnow
from chassis.sweeps import Sweep

KEPT_FOR = timedelta(hours=24)


class IdempotencyKey(TenantOwned, Base):
    """The first answer to a keyed request."""

    __tablename__ = "idempotency_keys"

    scope: Mapped[str] = mapped_column(String(64), primary_key=True)
    body_hash: Mapped[str] = mapped_column(String(64))
    status: Mapped[int] = mapped_column(SmallInteger, default=0)
    answer: Mapped[bytes] = mapped_column(LargeBinary, default=b"")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow, index=True)


def prune(database: Database) -> int:
    """Delete the keys older than 24 hours; the worker's sweep."""
    with database.transaction(ALL_ACCOUNTS) as session:
        stale = delete(IdempotencyKey).where(IdempotencyKey.created_at < utcnow() - KEPT_FOR)
        return len(session.execute(stale.returning(IdempotencyKey.scope)).all())


def _prune(database: Database, _settings: Any) -> int:
    return prune(database)


PRUNING = Sweep("idempotency.prune", every_seconds=3_600, run=_prune)
