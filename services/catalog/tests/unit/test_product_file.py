from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.domain.product_file import SupplierNames, guarded, unguarded


@given(st.text(alphabet="=+-@'\t\r\n＝a1,", max_size=8))
def test_what_is_guarded_comes_back_and_is_no_formula(cell):
    assert unguarded(guarded(cell)) == cell
    assert not guarded(cell).startswith(tuple("=+-@\t\r\n＝＋－＠"))


def test_an_apostrophe_that_guards_nothing_stays():
    assert unguarded("'til") == "'til"


def test_a_supplier_is_found_by_what_stands_for_it():
    names = SupplierNames([(1, "Uno"), (2, "Dos"), (3, "DÓS"), (4, "7"), (7, "Siete")])
    assert [names.label(id_) for id_ in (None, 1, 2, 3, 4, 7)] == ["", "Uno", "2", "3", "4", "Siete"]
    assert [names.find(label) for label in ("uno", "3", "7", "siete")] == [1, 3, 7, 7]
    for label in ("dos", "9", "Nadie"):
        with pytest.raises(KeyError):
            names.find(label)
