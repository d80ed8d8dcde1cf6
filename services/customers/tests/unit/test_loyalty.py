"""Frequent customers by the calendar: every ISO week that overlaps the month, and only days of the month."""

from __future__ import annotations

import calendar
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customers.domain.loyalty import bought_every_week, month_of, next_month, previous_month, weeks_of
from customers.domain.payments import points_for

MONTHS = st.dates(date(1990, 1, 1), date(2100, 12, 1)).map(month_of)


def days_of(month):
    return [date(month.year, month.month, n + 1) for n in range(calendar.monthrange(month.year, month.month)[1])]


def calendar_rows(month):
    """The month as a wall calendar prints it, Mondays first: the weeks, reckoned without ISO numbers."""
    rows = calendar.Calendar(firstweekday=0).monthdatescalendar(month.year, month.month)
    return [[day for day in row if day.month == month.month] for row in rows]


@given(MONTHS)
def test_a_months_weeks_are_the_rows_of_its_calendar(month):
    assert 4 <= len(weeks_of(month)) <= 6
    assert len(weeks_of(month)) == len(calendar_rows(month))


@given(MONTHS, st.data())
def test_one_day_in_each_row_is_enough(month, data):
    days = [data.draw(st.sampled_from(row)) for row in calendar_rows(month)]
    assert bought_every_week(days, month)


@given(MONTHS, st.data())
def test_all_days_but_those_of_one_row_are_too_few(month, data):
    missing = data.draw(st.sampled_from(calendar_rows(month)))
    around = [month - timedelta(days=n) for n in range(1, 8)] + [
        next_month(month) + timedelta(days=n) for n in range(7)
    ]
    days = [day for day in days_of(month) if day not in missing]
    assert not bought_every_week([*days, *around], month)


@given(MONTHS, st.data())
def test_more_days_never_hurt_and_their_order_does_not_matter(month, data):
    some = data.draw(st.lists(st.sampled_from(days_of(month))))
    more = data.draw(st.permutations([*some, *data.draw(st.lists(st.dates(date(1990, 1, 1), date(2100, 12, 31))))]))
    assert bought_every_week(some, month) <= bought_every_week(more, month)


@given(MONTHS)
def test_months_follow_each_other(month):
    assert previous_month(next_month(month)) == next_month(previous_month(month)) == month
    assert next_month(month) - timedelta(days=1) == days_of(month)[-1]
    assert all(month_of(day) == month for day in days_of(month))


@pytest.mark.parametrize(
    ("month", "weeks"),
    [
        (date(2021, 2, 1), 4),  # 28 days that begin on a Monday
        (date(2024, 2, 1), 5),  # a leap year's, from Thursday to Thursday
        (date(2023, 10, 1), 6),  # begins on a Sunday, ends on a Tuesday
        (date(2024, 12, 1), 6),  # its last two days are the first ISO week of 2025
        (date(2021, 1, 1), 5),  # its first three days are the last ISO week of 2020
    ],
)
def test_months_with_corners(month, weeks):
    assert len(weeks_of(month)) == weeks


def test_the_new_years_eve_week_is_a_week_of_december():
    mondays = [date(2024, 12, day) for day in (1, 2, 9, 16, 23)]
    assert not bought_every_week(mondays, date(2024, 12, 1))
    assert not bought_every_week([*mondays, date(2025, 1, 2)], date(2024, 12, 1))  # the same week, another month
    assert bought_every_week([*mondays, date(2024, 12, 31)], date(2024, 12, 1))


@pytest.mark.parametrize(
    ("total", "points"), [("0.00", 0), ("0.01", 1), ("120.00", 120), ("120.01", 121), ("119.99", 120)]
)
def test_a_part_of_a_peso_costs_a_whole_point(total, points):
    assert points_for(Decimal(total)) == points
