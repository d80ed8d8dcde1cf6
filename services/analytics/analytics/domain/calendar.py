"""Moments as local days and hours, by whole-number arithmetic that a database can do as well as Python.

A moment is counted in slots of 15 minutes since 1970 UTC. Every UTC offset in use since 1990 is whole slots, so the local
day and hour of a slot follow from `slot + offset` alone, and SQL can bring all orders of a period into another zone.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

SLOT = timedelta(minutes=15)
SLOTS_AN_HOUR = 4
SLOTS_A_DAY = 96
DAY = timedelta(days=1)
DAYS_A_BLOCK = 16
LONGEST_PERIOD = timedelta(days=30)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_DAY = _EPOCH.date()


def slot_of(moment: datetime) -> int:
    """The slot that an aware moment lies in."""
    return (moment - _EPOCH) // SLOT


def offset_at(zone: ZoneInfo, moment: datetime) -> int:
    """How many slots the zone's clocks are ahead of UTC at a moment."""
    offset = moment.astimezone(zone).utcoffset()
    assert offset is not None
    return offset // SLOT


def local_day_and_hour(zone: ZoneInfo, moment: datetime) -> tuple[date, int]:
    """The date and the hour, 0–23, that the zone's clocks show."""
    day, slot = divmod(slot_of(moment) + offset_at(zone, moment), SLOTS_A_DAY)
    return day_from_number(day), slot // SLOTS_AN_HOUR


def local_time_of_slot(zone: ZoneInfo, slot: int) -> tuple[date, int]:
    """The same of a slot."""
    return local_day_and_hour(zone, _EPOCH + slot * SLOT)


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - _FIRST_DAY).days


def day_from_number(number: int) -> date:
    """The date that many days after 1970-01-01."""
    return _FIRST_DAY + timedelta(days=number)


def blocks_and_days(start: date, end: date) -> tuple[range, list[tuple[date, date]]]:
    """The whole blocks within `start` to `end` and the spans of days, both ends included, that are left at the edges.

    Block n is the 16 days from day 16n on. A year is some 22 blocks and at most 30 days: few rows to add up.
    """
    first, last = day_number(start), day_number(end)
    blocks = range(-(-first // DAYS_A_BLOCK), (last + 1) // DAYS_A_BLOCK)
    if not blocks:
        return blocks, [(start, end)]
    edges = [(first, blocks.start * DAYS_A_BLOCK - 1), (blocks.stop * DAYS_A_BLOCK, last)]
    return blocks, [(day_from_number(a), day_from_number(b)) for a, b in edges if a <= b]


def steady_periods(zone: ZoneInfo, first: datetime, last: datetime) -> Iterator[tuple[datetime, datetime, int]]:
    """`(from, until, offset)`: periods without a clock change that cover `first` to `last`, `until` not included.

    None is much longer than LONGEST_PERIOD, so that the work on one is bounded however long the history.
    """
    at = _EPOCH + slot_of(first) * SLOT
    while at <= last:
        offset, until = offset_at(zone, at), at
        while until < at + LONGEST_PERIOD and offset_at(zone, until + DAY) == offset:
            until += DAY
        until += SLOT * _steady_slots(zone, until, offset)
        yield at, until, offset
        at = until


def _steady_slots(zone: ZoneInfo, start: datetime, offset: int) -> int:
    """For how many slots of the day after `start` the offset stays."""
    return bisect_left(range(SLOTS_A_DAY), True, key=lambda n: offset_at(zone, start + n * SLOT) != offset)
