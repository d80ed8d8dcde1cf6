from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.domain.pricing import NOTATIONS, discounted_price, final_price, rate_of


@pytest.mark.parametrize(
    ("price", "tax_rate", "expected"),
    [
        ("18.50", "0.16", "21.46"),  # the API document's example
        ("18.50", "16.00", "21.46"),
        ("10.00", "8.00", "10.80"),
        ("10.00", "0.08", "10.80"),
        ("10.00", "0", "10.00"),
        ("10.00", "0.00", "10.00"),
        ("10.00", "EXENT", "10.00"),
        ("0.03", "16.00", "0.03"),  # 0.0348
        ("0.15625", "8.00", "0.17"),  # 0.16875
        ("3.125", "16.00", "3.63"),  # 3.625: half goes up
    ],
)
def test_final_price(price, tax_rate, expected):
    assert str(final_price(Decimal(price), tax_rate)) == expected


def test_both_notations_mean_the_same_rate():
    for notation, canonical in NOTATIONS.items():
        assert rate_of(notation) == rate_of(canonical)


@given(st.integers(0, 10**10), st.sampled_from(list(NOTATIONS)))
def test_final_price_is_never_further_than_half_a_cent_from_the_exact_one(cents, tax_rate):
    price = Decimal(cents) / 100
    assert abs(final_price(price, tax_rate) - price * (1 + rate_of(tax_rate))) <= Decimal("0.005")


@pytest.mark.parametrize(
    ("price", "percent", "expected"),
    [
        ("100.00", "50.00", "50.00"),
        ("18.50", "15.00", "15.73"),  # 15.725: half goes up
        ("0.01", "50.00", "0.01"),  # 0.005
        ("0.01", "50.01", "0.00"),
        ("19.99", "0.01", "19.99"),
        ("19.99", "100.00", "0.00"),
        ("0.00", "10.00", "0.00"),
    ],
)
def test_discounted_price(price, percent, expected):
    assert str(discounted_price(Decimal(price), Decimal(percent))) == expected
