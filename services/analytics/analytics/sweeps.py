"""What the worker does by the clock."""

from __future__ import annotations

from sqlalchemy import select

from analytics.config import Config
from analytics.domain.models import Freshness
from analytics.usecases.zones import complete_hours, hold_zone
from chassis.db import ALL_ACCOUNTS, Database
from chassis.sweeps import Sweep


def complete_hour_blocks(database: Database, _settings: Config) -> int:
    """Make the blocks of hours anew where a worker of an older version has counted; until then reports do without them."""
    behind = select(Freshness.account_id).where(Freshness.hours_changes != Freshness.changes)
    with database.read(ALL_ACCOUNTS) as session:
        accounts = session.scalars(behind.order_by(Freshness.account_id)).all()
    for account_id in accounts:
        with database.transaction(account_id) as session:
            hold_zone(session, to_change=True)
            complete_hours(session)
    return len(accounts)


SWEEPS = [Sweep("hours.complete", every_seconds=60, run=complete_hour_blocks)]
