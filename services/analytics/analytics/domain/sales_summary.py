"""The arithmetic of the sales summary (001, 26): from a few sums by hour and product to the report. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from analytics.domain.periods import Period
from chassis.money import round_half_up


@dataclass(frozen=True, slots=True)
class Tickets:
    """Paid orders of an hour of the day and a payment method: how many, their sum and extremes, tax-inclusive."""

    hour: int
    payment_method: str
    tickets: int
    revenue: Decimal
    lowest: Decimal
    highest: Decimal


@dataclass(frozen=True, slots=True)
class ProductTotal:
    """What was sold of a product, tax-exclusive, under its last name."""

    product_id: int
    name: str
    units: int
    revenue: Decimal


def sales_summary(period: Period, tickets: Sequence[Tickets], products: Sequence[ProductTotal]) -> dict[str, Any]:
    """The report; `tickets` is not empty. Amounts are rounded half-up to cents.

    Hours stand by the clock, products and payment methods by money. Of equal hours the earliest is the peak.
    """
    breakdown = [
        {"product_name": product.name, "units_sold": product.units, "revenue": round_half_up(product.revenue)}
        for product in sorted(products, key=lambda p: (-p.revenue, -p.units, p.name, p.product_id))
    ]
    hours = [
        _hour(hour, [row for row in tickets if row.hour == hour]) for hour in sorted({row.hour for row in tickets})
    ]
    return {
        "analyzed_period": {"start_date": period.start, "end_date": period.end},
        "general_summary": _general(tickets),
        "products": {
            "total_units_sold": sum(product.units for product in products),
            "top_product": _top(breakdown),
            "breakdown": breakdown,
        },
        "peak_hours": {
            "most_profitable_hour": max(hours, key=lambda hour: hour["total_revenue"]),
            "busiest_hour": max(hours, key=lambda hour: hour["ticket_count"]),
            "hourly_breakdown": hours,
        },
        "payment_methods": _methods(tickets),
    }


def _general(rows: Sequence[Tickets]) -> dict[str, Any]:
    revenue, count = _revenue(rows), _count(rows)
    return {
        "total_revenue": round_half_up(revenue),
        "average_ticket": round_half_up(revenue / count),
        "lowest_ticket": round_half_up(min(row.lowest for row in rows)),
        "highest_ticket": round_half_up(max(row.highest for row in rows)),
        "total_tickets": count,
    }


def _top(breakdown: list[dict[str, Any]]) -> dict[str, Any] | None:
    if not breakdown:
        return None
    return {"product_name": breakdown[0]["product_name"], "revenue": breakdown[0]["revenue"]}


def _hour(hour: int, rows: Sequence[Tickets]) -> dict[str, Any]:
    return {"hour": hour, "total_revenue": round_half_up(_revenue(rows)), "ticket_count": _count(rows)}


def _methods(tickets: Sequence[Tickets]) -> list[dict[str, Any]]:
    by_method: dict[str, list[Tickets]] = {}
    for row in tickets:
        by_method.setdefault(row.payment_method, []).append(row)
    most_first = sorted(by_method.items(), key=lambda item: (-_revenue(item[1]), item[0]))
    return [
        {
            "payment_method": method,
            "total_sales": _count(rows),
            "average_ticket": round_half_up(_revenue(rows) / _count(rows)),
            "highest_ticket": round_half_up(max(row.highest for row in rows)),
            "accumulated_amount": round_half_up(_revenue(rows)),
        }
        for method, rows in most_first
    ]


def _revenue(rows: Iterable[Tickets]) -> Decimal:
    return sum((row.revenue for row in rows), Decimal(0))


def _count(rows: Iterable[Tickets]) -> int:
    return sum(row.tickets for row in rows)
