"""Paying with points or on credit: what an amount of money costs."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal


def points_for(total: Decimal) -> int:
    """The points that pay `total`: one point is one peso, and a part of one costs a whole one (contract, 5)."""
    return int(total.to_integral_value(ROUND_CEILING))
