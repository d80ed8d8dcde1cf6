"""The money of an order: prices, taxes, discounts and points. Pure; every rounding of the platform's sales is here.

Per line: `unit_price` = list price less the discount, before tax; `amount = unit_price × quantity`; `tax_amount =
amount × rate`; `discount_amount = (list price − unit_price) × quantity`. Each is rounded half-up to cents, and an
order's totals add the rounded lines.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from chassis.money import ZERO, round_half_up

POINTS_RATE = Decimal("0.01")
NO_DISCOUNT = Decimal(0)
MAX_TOTAL = Decimal("9999999999.99")
"""What an order may come to, with its discounts and without: as much as any amount of the API."""


@dataclass(frozen=True, slots=True)
class LinePrice:
    """The money of one line; `unit_price` and `amount` are before tax."""

    unit_price: Decimal
    tax_amount: Decimal
    discount_amount: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Totals:
    """The money of an order."""

    subtotal: Decimal
    total_tax: Decimal
    final_amount: Decimal
    money_saved_total: Decimal


def rate_of(tax_rate: str) -> Decimal:
    """The factor of a tax rate in either notation: `"16.00"` and `"0.16"` are 0.16, `"EXENT"` is 0."""
    if tax_rate == "EXENT":
        return Decimal(0)
    number = Decimal(tax_rate)
    return number / 100 if number >= 1 else number


def is_birthday(birth_date: date | None, today: date) -> bool:
    """Whether `today` is the birthday; one of 29 February is on the 28th in other years."""
    if birth_date is None:
        return False
    born = (birth_date.month, birth_date.day)
    if born == (2, 29) and not calendar.isleap(today.year):
        born = (2, 28)
    return born == (today.month, today.day)


def price_line(list_price: Decimal, tax_rate: str, quantity: int, discount_percent: Decimal) -> LinePrice:
    """The money of `quantity` pieces at `list_price` each (before tax) with `discount_percent` (0–100) off."""
    unit_price = round_half_up(list_price * (1 - discount_percent / 100))
    amount = unit_price * quantity
    return LinePrice(
        unit_price=unit_price,
        tax_amount=round_half_up(amount * rate_of(tax_rate)),
        discount_amount=(list_price - unit_price) * quantity,
        amount=amount,
    )


def total(lines: Iterable[LinePrice]) -> Totals:
    """The totals of an order's lines."""
    lines = list(lines)
    subtotal = sum((line.amount for line in lines), ZERO)
    total_tax = sum((line.tax_amount for line in lines), ZERO)
    saved = sum((line.discount_amount for line in lines), ZERO)
    return Totals(subtotal, total_tax, subtotal + total_tax, saved)


def points_for(final_amount: Decimal) -> int:
    """Points that a paid order earns its customer: 1 % of what was paid, rounded half-up to whole points."""
    return int(round_half_up(final_amount * POINTS_RATE, Decimal(1)))
