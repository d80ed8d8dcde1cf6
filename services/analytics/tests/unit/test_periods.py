"""Which days a request means, and what it is told when there is nothing on them."""

from __future__ import annotations

from datetime import date

import pytest

from analytics.domain.periods import NoSales, Records, requested_period

RECORDS = Records(date(2023, 1, 15), date(2023, 10, 31))
NOTHING = Records(None, None)
TODAY = date(2023, 11, 20)


def period(start=None, end=None, records=RECORDS):
    found = requested_period(start, end, records=records, today=lambda: TODAY)
    return found.start.isoformat(), found.end.isoformat(), found.wording


@pytest.mark.parametrize(
    ("start", "end", "wanted"),
    [
        (None, None, ("2023-10-02", "2023-10-31", "the period 2023-10-02 to 2023-10-31")),
        ("2023-10-05", None, ("2023-10-05", "2023-11-20", "the period 2023-10-05 to 2023-11-20")),
        (None, "2023-10-05", ("2023-09-06", "2023-10-05", "the period 2023-09-06 to 2023-10-05")),
        ("2023-10-05", "2023-10-05", ("2023-10-05", "2023-10-05", "the date 2023-10-05")),
        ("2023-10-06", "2023-10-05", ("2023-10-06", "2023-10-05", "the period 2023-10-06 to 2023-10-05")),
        ("2024-12-31", None, ("2024-12-31", "2023-11-20", "the date 2024-12-31")),
        (None, "0001-01-02", ("0001-01-01", "0001-01-02", "the period 0001-01-01 to 0001-01-02")),
        ("9999-12-31", "9999-12-31", ("9999-12-31", "9999-12-31", "the date 9999-12-31")),
    ],
)
def test_periods(start, end, wanted):
    assert period(start, end) == wanted


def test_without_any_sale_the_default_ends_today():
    assert period(records=NOTHING)[:2] == ("2023-10-22", "2023-11-20")


@pytest.mark.parametrize("text", ["2023-02-30", "31-12-2023", "2023-1-5", "yesterday", "20231005", "２０２３-10-05"])
def test_what_is_no_date_is_answered_as_it_was_sent(text):
    for start, end in ((text, None), (None, text), ("2023-10-05", text), (text, "never")):
        with pytest.raises(NoSales) as caught:
            period(start, end)
        assert caught.value.body == {
            "error": f"No sales found for the date {text} in the system.",
            "first_system_record": "2023-01-15",
            "last_system_record": "2023-10-31",
        }


def test_records_may_be_missing():
    assert NoSales("the date x", NOTHING).body["first_system_record"] is None
