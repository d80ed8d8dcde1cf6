"""Taxes, discounts and prices, pure. A rate has two notations in the API document; both are kept and understood."""

from __future__ import annotations

from decimal import Decimal

from chassis.money import round_half_up

GENERAL, BORDER, ZERO_RATED, EXEMPT = "16.00", "8.00", "0.00", "EXENT"
NOTATIONS = {
    GENERAL: GENERAL, BORDER: BORDER, ZERO_RATED: ZERO_RATED, EXEMPT: EXEMPT, "0.16": GENERAL, "0.08": BORDER, "0": ZERO_RATED,
}  # fmt: skip
"""Every accepted notation and the one that stands for it between services."""
_RATES = {GENERAL: Decimal("0.16"), BORDER: Decimal("0.08"), ZERO_RATED: Decimal(0), EXEMPT: Decimal(0)}


def rate_of(tax_rate: str) -> Decimal:
    """The fraction that a notation means: `"16.00"` and `"0.16"` are 0.16, exempt is 0."""
    return _RATES[NOTATIONS[tax_rate]]


def discounted_price(price: Decimal, discount_percent: Decimal) -> Decimal:
    """The price with a discount (0 < percent <= 100) taken off, before tax, rounded half-up to cents."""
    return round_half_up(price * (100 - discount_percent) / 100)


def final_price(effective_price: Decimal, tax_rate: str) -> Decimal:
    """The price with tax, rounded half-up to cents."""
    return round_half_up(effective_price * (1 + rate_of(tax_rate)))
