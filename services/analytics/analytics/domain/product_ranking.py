"""Products by units sold (001, 27). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from analytics.domain.periods import Period
from analytics.domain.sales_summary import ProductTotal
from chassis.money import round_half_up

MOST, LEAST, BOTH = "most", "least", "both"


def product_ranking(period: Period, products: Sequence[ProductTotal], *, criterion: str, limit: int) -> dict[str, Any]:
    """The report. Of equal units the revenue decides, then the lower id; the list that was not asked for is absent."""
    analyzed = {"start_date": period.start, "end_date": period.end}
    if not products:
        return {"analyzed_period": analyzed, "detail": "No products sold in the selected period."}
    results: dict[str, Any] = {"criterion": criterion, "results_limit": limit}
    if criterion in (MOST, BOTH):
        most = sorted(products, key=lambda p: (-p.units, -p.revenue, p.product_id))
        results["most_sold"] = [_line(product) for product in most[:limit]]
    if criterion in (LEAST, BOTH):
        least = sorted(products, key=lambda p: (p.units, p.revenue, p.product_id))
        results["least_sold"] = [_line(product) for product in least[:limit]]
    return {"analyzed_period": analyzed, "results": results}


def _line(product: ProductTotal) -> dict[str, Any]:
    return {
        "product__id": product.product_id,
        "product_name": product.name,
        "units_sold": product.units,
        "revenue": round_half_up(product.revenue),
    }
