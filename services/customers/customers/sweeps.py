"""What the worker does by the clock (the chassis prunes inbox and idempotency keys)."""

from __future__ import annotations

from datetime import timedelta

from chassis.db import ALL_ACCOUNTS, Database, utcnow
from chassis.messaging import Sweep
from customers.config import Config
from customers.usecases.pin_failures import forget_failures


def prune(database: Database, settings: Config) -> None:
    """Delete wrong PINs that no longer count."""
    with database.transaction(ALL_ACCOUNTS) as session:
        forget_failures(session, before=utcnow() - timedelta(seconds=settings.pin_failures_seconds))


SWEEPS: list[Sweep] = [Sweep("prune", every_seconds=60, run=prune)]
