"""Which days a report covers: what the request says, completed as contract section 7 has it, or 001's answer for no sales."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, ClassVar

from chassis.problems import Problem
from chassis.text import cut

DEFAULT_DAYS = 30


@dataclass(frozen=True, slots=True)
class Records:
    """The first and the last local day with a sale in the account; None for both when there is none at all."""

    first: date | None
    last: date | None

    def touch(self, period: Period) -> bool:
        """Whether there can be a sale in the period: false spares the look."""
        return (
            self.first is not None and self.last is not None and self.first <= period.end and self.last >= period.start
        )


@dataclass(frozen=True, slots=True)
class Period:
    """`start` to `end`, both included; reversed when the request was. `wording` is how an answer speaks of it."""

    start: date
    end: date
    wording: str

    @property
    def reversed(self) -> bool:
        """Whether it ends before it starts."""
        return self.start > self.end


DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def last_thirty_days(end: date) -> date:
    """The first of the 30 days that end on `end`."""
    return end - min(timedelta(days=DEFAULT_DAYS - 1), end - date.min)


def parsed_date(text: str) -> date | None:
    """The date that a text is, YYYY-MM-DD and nothing else."""
    try:
        return date.fromisoformat(text) if DATE.fullmatch(text) else None
    except ValueError:
        return None


class NoSales(Problem):
    """400, 001's Scenario A: no sale there, or no date at all."""

    example: ClassVar[Mapping[str, Any]] = {
        "wording": "the date 2024-12-31",
        "records": Records(date(2023, 1, 15), date(2023, 10, 31)),
    }

    def __init__(self, wording: str, records: Records) -> None:
        text = f"No sales found for {wording} in the system."
        first, last = records.first, records.last
        body = {
            "error": text,
            "first_system_record": first and first.isoformat(),
            "last_system_record": last and last.isoformat(),
        }
        super().__init__(text, body=body)


def requested_period(
    start_date: str | None, end_date: str | None, *, records: Records, today: Callable[[], date]
) -> Period:
    """The period a request means; NoSales when one of its dates is none.

    No date: the 30 days that end on the last day with a sale. Only a start: until today. Only an end: the 30 days that end there.
    """
    start, end = (_date(given, records) if given else None for given in (start_date, end_date))
    if start is None:
        end = end or records.last or today()
        start = last_thirty_days(end)
    elif end is None:
        end = today()
        if start > end:
            return Period(start, end, f"the date {start}")
    return Period(start, end, f"the date {start}" if start == end else f"the period {start} to {end}")


def _date(text: str, records: Records) -> date:
    found = parsed_date(text)
    if found is None:
        raise NoSales(f"the date {cut(text)}", records)
    return found
