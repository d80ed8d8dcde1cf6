"""The kept answers of `chassis.idempotency`: their table, and the worker's sweep over it, which needs no Flask."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Index, LargeBinary, SmallInteger, String, delete, select, text
from sqlalchemy.orm import Mapped, Session, mapped_column

from chassis.db import ALL_ACCOUNTS, Base, Database, TenantOwned, UtcDateTime, utcnow
from chassis.sweeps import Sweep

KEPT_FOR = timedelta(hours=24)
MOST_REFUSALS = 100
"""Refusals that are kept of a user. They cost nothing to provoke; what succeeded is kept beside its effect."""

LARGEST_REFUSAL = 16 * 1024
"""Bytes of a refusal that is kept. The retry of a larger one is judged anew, which is safe: a refusal has no effect."""


_ABOUT = text("about IS NOT NULL")


class IdempotencyKey(TenantOwned, Base):
    """The first answer to a keyed request.

    `about` names the person whose data it has, if any (`forget_answers`), or the user who was refused.
    """

    __tablename__ = "idempotency_keys"
    __table_args__ = (
        Index("ix_idempotency_keys_about", "account_id", "about", sqlite_where=_ABOUT, postgresql_where=_ABOUT),
    )

    scope: Mapped[str] = mapped_column(String(64), primary_key=True)
    body_hash: Mapped[str] = mapped_column(String(64))
    status: Mapped[int] = mapped_column(SmallInteger, default=0)
    answer: Mapped[bytes] = mapped_column(LargeBinary, default=b"")
    about: Mapped[str | None] = mapped_column(String(80))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=utcnow, index=True)


def forget_answers(session: Session, about: str) -> None:
    """Delete the answers of the account in force that have this person's data, in the transaction that erases it.

    A request that is repeated after that is a new one.
    """
    session.execute(delete(IdempotencyKey).where(IdempotencyKey.about == about))


def forget_older_refusals(session: Session, about: str) -> None:
    """Delete all refusals under this name but the newest `MOST_REFUSALS`."""
    refusals = select(IdempotencyKey.scope).where(IdempotencyKey.about == about)
    newest_first = refusals.order_by(IdempotencyKey.created_at.desc(), IdempotencyKey.scope)
    # Two requests of the user may be here at once: neither waits for a row that the other one deletes.
    older = newest_first.offset(MOST_REFUSALS).with_for_update(skip_locked=True)
    session.execute(delete(IdempotencyKey).where(IdempotencyKey.scope.in_(older)))


def prune(database: Database) -> int:
    """Delete the keys older than 24 hours; the worker's sweep."""
    with database.transaction(ALL_ACCOUNTS) as session:
        stale = delete(IdempotencyKey).where(IdempotencyKey.created_at < utcnow() - KEPT_FOR)
        return len(session.execute(stale.returning(IdempotencyKey.scope)).all())


def _prune(database: Database, _settings: Any) -> int:
    return prune(database)


PRUNING = Sweep("idempotency.prune", every_seconds=3_600, run=_prune)
