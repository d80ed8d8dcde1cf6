"""How fresh the figures are: one row an account, touched last in a transaction that changed any of them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import case
from sqlalchemy.orm import Session

from analytics.domain.models import Freshness
from chassis.db import insert_for


def note_change(session: Session, *, at: datetime) -> None:
    """Events up to `at` have been applied; every answer made before is of an older state."""
    insert = insert_for(session, Freshness).values(as_of=at, changes=1, hours_changes=1)
    new = insert.excluded
    session.execute(
        insert.on_conflict_do_update(
            index_elements=[Freshness.account_id],
            set_={
                "as_of": case((new.as_of > Freshness.as_of, new.as_of), else_=Freshness.as_of),
                "changes": Freshness.changes + 1,
                "hours_changes": Freshness.hours_changes + 1,
            },
        )
    )
