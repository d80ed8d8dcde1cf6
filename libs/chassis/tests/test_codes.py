from __future__ import annotations

import pytest

from chassis.codes import code_key
from chassis.search import search_text

SAME = [
    ("KO-600-MX", "ko-600-mx"),
    ("750105530007", "0750105530007"),  # UPC-A, EAN-13
    ("75010553", "00000075010553"),  # GTIN-8, GTIN-14
    ("Ni\u00f1o", "Nin\u0303o"),
    ("A\u200bB\u00ad", "ab"),
    ("STRASSE", "Stra\u00dfe"),
    (" A ", "a"),
]
OTHER = [
    ("7501055", "07501055300"),  # lengths that no GTIN has
    ("007", "7"),
    ("A1", "A-1"),
    ("7501055300075", "7501055300076"),
    ("\u0667\u0665\u0660\u0661\u0660\u0665\u0665\u0663", "\u0660\u0667\u0665\u0660\u0661\u0660\u0665\u0665\u0663"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_one_code_has_one_key_however_it_is_written(one, other):
    assert code_key(one) == code_key(other)


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_two_codes_have_two_keys(one, other):
    assert code_key(one) != code_key(other)


@pytest.mark.parametrize("code", [code for pair in SAME + OTHER for code in pair])
def test_a_key_is_its_own_key(code):
    assert code_key(code_key(code)) == code_key(code)


def test_invisible_characters_hide_nothing_from_a_search():
    assert search_text("Co\u200bca\tCola", None, "A\u00ad1") == "coca cola a1"
