"""The money module: the documents' figures, and laws that hold for any order."""

from __future__ import annotations

from datetime import date
from decimal import Decimal as D  # noqa: N817 - a column of figures reads better

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.money import round_half_up
from sales.domain.pricing import LinePrice, is_birthday, points_for, price_line, rate_of, total

CENT = D("0.01")
prices = st.decimals(min_value=0, max_value=D("9999999.99"), places=2)
quantities = st.integers(min_value=1, max_value=10_000)
percents = st.decimals(min_value=0, max_value=100, places=2)
rates = st.sampled_from(["16.00", "8.00", "0.00", "EXENT", "0.16", "0.08", "0"])
lines = st.builds(price_line, prices, rates, quantities, percents)


def test_the_documents_line():
    # API document §20: 2 × 86.21 after 5.00 off each. Its tax_amount 27.58 is 27.5872 cut off; the contract rounds.
    line = price_line(D("91.21"), "16.00", 2, D("5.4819"))
    assert line == LinePrice(D("86.21"), D("27.59"), D("10.00"), D("172.42"))


@pytest.mark.parametrize(
    ("list_price", "percent", "unit_price"),
    [("10.05", "10", "9.05"), ("0.05", "10", "0.05"), ("99.99", "100", "0.00"), ("33.33", "50", "16.67")],
)
def test_a_discount_is_rounded_half_up_for_one_piece(list_price, percent, unit_price):
    assert price_line(D(list_price), "0.00", 1, D(percent)).unit_price == D(unit_price)


@pytest.mark.parametrize(
    ("notation", "rate"),
    [
        ("16.00", "0.16"),
        ("8.00", "0.08"),
        ("0.00", "0"),
        ("EXENT", "0"),
        ("0.16", "0.16"),
        ("0.08", "0.08"),
        ("0", "0"),
    ],
)
def test_both_notations_of_a_tax_rate(notation, rate):
    assert rate_of(notation) == D(rate)


def test_tax_is_rounded_on_the_line_not_on_the_piece():
    # 3 × 1.05 × 0.16 = 0.504; rounding each piece's 0.168 first would make 0.51
    assert price_line(D("1.05"), "16.00", 3, D(0)).tax_amount == D("0.50")


def test_half_a_cent_of_tax_rounds_up():
    assert price_line(D("0.25"), "0.02", 1, D(0)).tax_amount == D("0.01")


@given(st.integers(min_value=0, max_value=10**9), st.integers(min_value=1, max_value=1000))
def test_every_half_cent_is_rounded_up(cents, quantity):
    odd, up = D(2 * cents + 1) / 100, D(cents + 1) / 100  # half of an odd number of cents
    line = price_line(odd, "0.00", quantity, D(50))
    assert (line.unit_price, line.amount) == (up, up * quantity)
    assert price_line(odd, "0.50", 1, D(0)).tax_amount == up
    assert round_half_up(odd / 2) == up
    assert round_half_up(odd / 2 - D("0.000001")) == up - CENT


@given(prices, rates, quantities, percents)
def test_a_line_is_consistent(list_price, tax_rate, quantity, percent):
    line = price_line(list_price, tax_rate, quantity, percent)
    assert line.amount == line.unit_price * quantity
    assert line.amount + line.discount_amount == list_price * quantity
    assert 0 <= line.unit_price <= list_price
    assert abs(line.tax_amount - line.amount * rate_of(tax_rate)) <= D("0.005")
    for amount in (line.unit_price, line.tax_amount, line.discount_amount, line.amount):
        assert amount == amount.quantize(CENT)
        assert amount >= 0


@given(prices, rates, quantities, percents, percents)
def test_a_higher_discount_never_costs_more(list_price, tax_rate, quantity, one, other):
    low, high = sorted((one, other))
    dear, cheap = price_line(list_price, tax_rate, quantity, low), price_line(list_price, tax_rate, quantity, high)
    assert cheap.amount + cheap.tax_amount <= dear.amount + dear.tax_amount


@given(st.lists(lines, min_size=1, max_size=20))
def test_totals_add_the_rounded_lines(priced):
    totals = total(priced)
    assert totals.subtotal == sum(line.amount for line in priced)
    assert totals.total_tax == sum(line.tax_amount for line in priced)
    assert totals.money_saved_total == sum(line.discount_amount for line in priced)
    assert totals.final_amount == totals.subtotal + totals.total_tax


@pytest.mark.parametrize(
    ("final_amount", "points"), [("0.00", 0), ("49.99", 0), ("50.00", 1), ("149.99", 1), ("150.00", 2), ("232.00", 2)]
)
def test_points_are_one_percent_rounded_half_up(final_amount, points):
    assert points_for(D(final_amount)) == points


@pytest.mark.parametrize(
    ("born", "today", "birthday"),
    [
        (date(1995, 8, 20), date(2026, 8, 20), True),
        (date(1995, 8, 20), date(2026, 8, 21), False),
        (date(2000, 2, 29), date(2026, 2, 28), True),
        (date(2000, 2, 29), date(2028, 2, 28), False),
        (date(2000, 2, 29), date(2028, 2, 29), True),
        (None, date(2026, 8, 20), False),
    ],
)
def test_birthdays(born, today, birthday):
    assert is_birthday(born, today) is birthday
