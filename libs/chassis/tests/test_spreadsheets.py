"""CSV files: what is guarded is no formula and comes back as it was; numbers stay numbers."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from chassis.spreadsheets import csv_file, guarded, unguarded


@given(st.text(alphabet="=+-@'\t\r\n＝a1,", max_size=8))
def test_what_is_guarded_comes_back_and_is_no_formula(cell):
    assert unguarded(guarded(cell)) == cell
    assert not guarded(cell).startswith(tuple("=+-@\t\r\n＝＋－＠"))


def test_an_apostrophe_that_guards_nothing_stays():
    assert unguarded("'til") == "'til"


def test_texts_are_guarded_and_numbers_are_not():
    file = csv_file([["name", "units"], ["=1+1", -3], ['"a", b', Decimal("-2.50")], [None, 7]])
    assert file.decode() == '\ufeff"name","units"\r\n"\'=1+1",-3\r\n"""a"", b",-2.50\r\n"",7\r\n'
