"""How fresh the figures of the account in force are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from analytics.domain import models
from chassis.prepared import prepared

_FRESHNESS = prepared(select(models.Freshness.as_of, models.Freshness.changes))


@dataclass(frozen=True, slots=True)
class Fresh:
    """The time of the newest event applied, None before the first, and a number that each change of any figure raises."""

    as_of: datetime | None
    changes: int


def freshness(session: Session) -> Fresh:
    """To be read before the figures, so that they are never older than this says."""
    row = _FRESHNESS(session).one_or_none()
    return Fresh(None, 0) if row is None else Fresh(row.as_of, row.changes)
