"""Local days and hours by arithmetic agree with the time zone database, also where clocks change."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics.domain.calendar import (
    DAYS_A_BLOCK,
    LONGEST_PERIOD,
    SLOT,
    blocks_and_days,
    day_number,
    local_day_and_hour,
    offset_at,
    steady_periods,
)

ZONES = [
    "America/Mexico_City", "America/Tijuana", "UTC", "Asia/Kathmandu", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Casablanca",
]  # fmt: skip
zones = st.sampled_from([ZoneInfo(name) for name in ZONES])
moments = st.datetimes(datetime(1995, 1, 1), datetime(2037, 12, 31)).map(lambda moment: moment.replace(tzinfo=UTC))


@given(zones, moments)
def test_the_local_day_and_hour_are_those_of_the_clocks(zone, moment):
    local = moment.astimezone(zone)
    assert local_day_and_hour(zone, moment) == (local.date(), local.hour)


@pytest.mark.parametrize(
    ("moment", "hour"),
    [
        ("2023-03-12T09:59:59+00:00", 1),  # Tijuana's clocks go from 1:59 to 3:00
        ("2023-03-12T10:00:00+00:00", 3),
        ("2023-11-05T08:30:00+00:00", 1),  # and from 1:59 to 1:00 again
        ("2023-11-05T09:30:00+00:00", 1),
        ("2023-11-05T10:00:00+00:00", 2),
    ],
)
def test_clock_changes(moment, hour):
    assert local_day_and_hour(ZoneInfo("America/Tijuana"), datetime.fromisoformat(moment))[1] == hour


@given(zones, moments, st.timedeltas(timedelta(0), timedelta(days=250)))
def test_steady_periods_cover_all_without_gap_or_clock_change(zone, first, length):
    last = min(first + length, datetime(2037, 12, 31, tzinfo=UTC))
    periods = list(steady_periods(zone, first, last))
    assert periods[0][0] <= first < periods[0][0] + SLOT
    assert periods[-1][1] > last
    for (_, until, _), (start, _, _) in pairwise(periods):
        assert until == start
    for start, until, offset in periods:
        assert timedelta(0) < until - start <= LONGEST_PERIOD + timedelta(days=1)
        probe = start
        while probe < until:
            assert offset_at(zone, probe) == offset
            probe += timedelta(hours=13)
        assert offset_at(zone, until - SLOT) == offset


@given(st.dates(date(2020, 1, 1), date(2023, 1, 1)), st.integers(0, 120))
def test_blocks_and_days_are_the_days_of_the_period_each_once(start, length):
    wanted = [start + timedelta(days=n) for n in range(length + 1)]
    blocks, edges = blocks_and_days(start, wanted[-1])
    days = [first + timedelta(days=n) for first, last in edges for n in range((last - first).days + 1)]
    near = [start + timedelta(days=n) for n in range(-20, length + 21)]
    assert sorted(days + [day for day in near if day_number(day) // DAYS_A_BLOCK in blocks]) == wanted
    assert len(days) <= 30
