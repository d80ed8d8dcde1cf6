"""The row locks of analytics, as another transaction meets them. SQLite has one writer at a time and needs none."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from analytics.consumers import SUBSCRIPTIONS
from analytics.usecases.zones import hold_zone
from chassis.tenants import Tenant
from chassis.testing_concurrency import lock_on


@pytest.mark.parametrize(("to_change", "lock"), [(False, "shared"), (True, "alone")])
def test_who_counts_shares_the_zone_and_who_changes_it_has_it_alone(database, deliver, to_change, lock):
    if database.dialect == "sqlite":
        pytest.skip("one writer at a time")
    deliver("AccountUpdated", {"timezone": "Asia/Tokyo"}, version=9)
    rows = select(Tenant.account_id)
    assert lock_on(database, lambda session: hold_zone(session, to_change=to_change), rows) == lock


def test_counting_and_changing_the_zone_wait_for_each_other(database, deliver, event_of, order_paid):
    if database.dialect == "sqlite":
        pytest.skip("one writer at a time")
    deliver("AccountUpdated", {"timezone": "Asia/Tokyo"}, version=9)
    paid = order_paid(datetime(2023, 5, 5, tzinfo=UTC), "CASH", "10.00", [(1, 1, "10.00")])
    moved = event_of("AccountUpdated", {"account_id": 1, "timezone": "America/Tijuana"}, account_id=1, version=10)

    def handling(event):
        return lambda session: SUBSCRIPTIONS[event.type].run(session, [event])

    assert lock_on(database, handling(paid), select(Tenant.account_id)) == "shared"
    assert lock_on(database, handling(moved), select(Tenant.account_id)) == "alone"
