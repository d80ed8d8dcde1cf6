"""What the stock cost and would bring (001, 31 b). Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from chassis.money import ZERO, round_half_up
from chassis.problems import Problem

_RATES = {"16.00": Decimal("0.16"), "8.00": Decimal("0.08")}  # the others, 0.00 and EXENT, are no tax


class NothingInStock(Problem):
    """404, 001's Scenario B."""

    def __init__(self) -> None:
        super().__init__(body={"error": "No products available in the selected scope."}, status=404)


@dataclass(frozen=True, slots=True)
class Discounted:
    """Units of a product in stock that a promotion makes cheaper today; `final_price` is the one without it."""

    units: int
    price: Decimal
    tax_rate: str
    final_price: Decimal
    discount_percent: Decimal

    @property
    def less(self) -> Decimal:
        """By how much less than at their list price all of them sell, with tax; rounded as catalog rounds its prices."""
        effective = round_half_up(self.price * (100 - self.discount_percent) / 100)
        return self.units * (self.final_price - round_half_up(effective * (1 + _RATES.get(self.tax_rate, 0))))


def inventory_valuation(
    scope: str, *, cost: Decimal, list_value: Decimal, discounted: Iterable[Discounted]
) -> dict[str, Any]:
    """The report; the margin is the profit's share of the sale, in percent, 0 when it would bring nothing."""
    sale = list_value - sum((some.less for some in discounted), ZERO)
    profit = sale - cost
    return {
        "scope": scope,
        "financial_metrics": {
            "total_inventory_cost": round_half_up(cost),
            "total_potential_sale": round_half_up(sale),
            "total_potential_profit": round_half_up(profit),
            "profit_margin_percentage": round_half_up(profit * 100 / sale) if sale else ZERO,
        },
    }
