"""Who is a frequent customer: one who bought in every ISO calendar week of the previous month (001, 11; contract, 5)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, timedelta

Week = tuple[int, int]
_DAY = timedelta(days=1)


def month_of(day: date) -> date:
    """The first day of the day's month."""
    return day.replace(day=1)


def previous_month(month: date) -> date:
    """The first day of the month before."""
    return month_of(month_of(month) - _DAY)


def next_month(month: date) -> date:
    """The first day of the month after."""
    return month_of(month_of(month) + 31 * _DAY)


def weeks_of(month: date) -> set[Week]:
    """The ISO weeks that overlap the month, if only by a day."""
    return {_week(day) for day in _days_of(month)}


def bought_every_week(days: Iterable[date], month: date) -> bool:
    """Whether `days` touch every ISO week that overlaps the month; only days in the month itself count."""
    first, after = month_of(month), next_month(month)
    return weeks_of(month) <= {_week(day) for day in days if first <= day < after}


def _days_of(month: date) -> Iterator[date]:
    day, after = month_of(month), next_month(month)
    while day < after:
        yield day
        day += _DAY


def _week(day: date) -> Week:
    year, week, _ = day.isocalendar()
    return year, week
