"""What the worker does by the clock: cancel orders that nobody pays."""

from __future__ import annotations

from datetime import timedelta

from chassis import logs
from chassis.db import ALL_ACCOUNTS, Database
from chassis.sweeps import Sweep
from sales.config import Config
from sales.usecases.transitions import expire_orders

BATCH = 20  # an order may have 500 lines, and an event tells them all

_log = logs.get(__name__)


def cancel_expired(database: Database, settings: Config) -> int:
    """Cancel overdue PENDING orders, oldest first, in small transactions; catalog restores the stock on OrderCancelled."""
    if settings.order_expires_after_hours <= 0:
        return 0
    older_than = timedelta(hours=settings.order_expires_after_hours)
    expired, total = BATCH, 0
    while expired == BATCH:
        with database.transaction(ALL_ACCOUNTS) as session:
            expired = expire_orders(session, older_than=older_than, limit=BATCH)
        if expired:
            _log.info("orders_expired", count=expired)
        total += expired
    return total


SWEEPS = [Sweep("orders.expire", every_seconds=60, run=cancel_expired)]
