"""What one customer bought, when and how it was paid (001, 30). Pure."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from decimal import Decimal
from typing import Any

from analytics.domain.periods import Period
from analytics.domain.sales_summary import ProductTotal, Tickets
from chassis.money import ZERO, round_half_up
from chassis.problems import Problem


class NoSuchCustomer(Problem):
    """404, 001's Scenario B."""

    def __init__(self) -> None:
        super().__init__(body={"error": "Customer not registered in the system."}, status=404)


def customer_sales(
    customer: Any, period: Period, tickets: Sequence[Tickets], products: Sequence[ProductTotal]
) -> dict[str, Any]:
    """The report on a customer (`customer_id, name, email`). Hours stand by money, payment methods by how often."""
    info = {"id": customer.customer_id, "name": customer.name}
    analyzed = {"start_date": period.start, "end_date": period.end}
    if not tickets:
        detail = "This customer made no purchases during the selected period."
        return {"customer_info": info, "analyzed_period": analyzed, "detail": detail}
    spent, count = _sums(tickets)
    hours = [(hour, *_sums(rows)) for hour, rows in _grouped(tickets, "hour")]
    methods = [(method, *_sums(rows)) for method, rows in _grouped(tickets, "payment_method")]
    return {
        "customer_info": {**info, "email": customer.email},
        "analyzed_period": analyzed,
        "sales_metrics": {
            "total_spent": round_half_up(spent),
            "average_ticket": round_half_up(spent / count),
            "total_tickets": count,
        },
        "top_product": _top(products),
        "peak_buying_hours": [
            {"hour": hour, "total_spent": round_half_up(money), "ticket_count": times}
            for hour, money, times in sorted(hours, key=lambda row: (-row[1], row[0]))
        ],
        "payment_methods": [
            {
                "payment_method": method,
                "total_sales": times,
                "average_ticket": round_half_up(money / times),
                "accumulated_amount": round_half_up(money),
            }
            for method, money, times in sorted(methods, key=lambda row: (-row[2], -row[1], row[0]))
        ],
    }


def _top(products: Sequence[ProductTotal]) -> dict[str, Any] | None:
    if not products:
        return None
    top = min(products, key=lambda p: (-p.revenue, -p.units, p.name, p.product_id))
    return {
        "product_name": top.name,
        "total_spent_on_product": round_half_up(top.revenue),
        "units_bought": top.units,
    }


def _grouped(tickets: Iterable[Tickets], by: str) -> list[tuple[Any, list[Tickets]]]:
    groups: dict[Hashable, list[Tickets]] = {}
    for row in tickets:
        groups.setdefault(getattr(row, by), []).append(row)
    return list(groups.items())


def _sums(rows: Sequence[Tickets]) -> tuple[Decimal, int]:
    return sum((row.revenue for row in rows), ZERO), sum(row.tickets for row in rows)
