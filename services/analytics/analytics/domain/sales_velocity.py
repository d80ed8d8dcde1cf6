"""How fast a product sells, and for how long its stock lasts at that rate (001, 31). Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from chassis.money import round_half_up
from chassis.problems import Problem

DEFAULT_DAYS = 30
NEVER = "Indefinida"


class NoIdentifier(Problem):
    """400, 001's Scenario B."""

    def __init__(self) -> None:
        super().__init__(body={"error": "Product identifier (Name or SKU) is required."})


class NoSuchProduct(Problem):
    """404, 001's Scenario C."""

    def __init__(self) -> None:
        super().__init__(body={"error": "Product not found in the system."}, status=404)


class BadPeriodDays(Problem):
    """400: not a number of days."""

    def __init__(self) -> None:
        super().__init__(body={"error": "period_days must be a whole number of days, 1 or more."})


@dataclass(frozen=True, slots=True)
class Span:
    """`days` by which the units are divided; the sales of `start` to `end`, both included, count."""

    days: int
    start: date
    end: date


def analyzed_span(period_days: int, *, today: date, first_sale: date | None) -> Span:
    """The last `period_days` days, today included; no more than there are since the first sale, at least one.

    With a first sale within them all sales count, over the days since. Without any there is nothing to look for on all these
    days: the span is today.
    """
    if first_sale is None:
        return Span(period_days, today, today)
    days = min(period_days, (today - date.min).days)
    start = today - timedelta(days=days - 1)
    if first_sale <= start:
        return Span(period_days, start, today)
    return Span(max(1, min(days, (today - first_sale).days)), first_sale, today)


def sales_velocity(product: Any, span: Span, units: int) -> dict[str, Any]:
    """The report on a product (`name, sku, current_stock`) of which so many units were sold in the span."""
    velocity = round_half_up(Decimal(units) / span.days)
    return {
        "product_name": product.name,
        "product_sku": product.sku,
        "analyzed_period_days": span.days,
        "total_units_sold": units,
        "sales_velocity": float(velocity),  # at most two places, as 001 prints it: 2.0
        "current_stock": product.current_stock,
        # From the exact rate: a rounded one would be off by days.
        "depletion_estimation_days": product.current_stock * span.days // units if units else NEVER,
    }
