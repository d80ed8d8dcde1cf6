"""The sales summary computed the slow and obvious way, from the events' data: what the tests hold the service against."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo


def number(amount):
    return float(Decimal(amount).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP))


def slow_summary(orders, zone, start, end):
    """The report on `start` to `end` of the orders' data; None when there was no sale."""
    local = lambda order: datetime.fromisoformat(order["paid_at"]).astimezone(ZoneInfo(zone))  # noqa: E731
    orders = [order for order in orders if start <= local(order).date() <= end]
    if not orders:
        return None
    names, units, revenue = {}, defaultdict(int), defaultdict(Decimal)
    for order in orders:
        for item in order["items"]:
            units[item["product_id"]] += item["quantity"]
            revenue[item["product_id"]] += Decimal(item["amount"])
            names[item["product_id"]] = item["product_name"]
    ranked = sorted(units, key=lambda id_: (-revenue[id_], -units[id_], names[id_], id_))
    lines = [{"product_name": names[i], "units_sold": units[i], "revenue": number(revenue[i])} for i in ranked]

    def paid(some):
        return [Decimal(order["final_amount"]) for order in some]

    hours = []
    for hour in range(24):
        amounts = paid(order for order in orders if local(order).hour == hour)
        if amounts:
            hours.append({"hour": hour, "total_revenue": number(sum(amounts)), "ticket_count": len(amounts)})
    methods = []
    for method in {order["payment_method"] for order in orders}:
        amounts = paid(order for order in orders if order["payment_method"] == method)
        methods.append(
            {
                "payment_method": method,
                "total_sales": len(amounts),
                "average_ticket": number(sum(amounts) / len(amounts)),
                "highest_ticket": number(max(amounts)),
                "accumulated_amount": number(sum(amounts)),
            }
        )
    amounts = paid(orders)
    return {
        "analyzed_period": {"start_date": start.isoformat(), "end_date": end.isoformat()},
        "general_summary": {
            "total_revenue": number(sum(amounts)),
            "average_ticket": number(sum(amounts) / len(amounts)),
            "lowest_ticket": number(min(amounts)),
            "highest_ticket": number(max(amounts)),
            "total_tickets": len(amounts),
        },
        "products": {
            "total_units_sold": sum(units.values()),
            "top_product": {"product_name": lines[0]["product_name"], "revenue": lines[0]["revenue"]},
            "breakdown": lines,
        },
        "peak_hours": {
            "most_profitable_hour": min(hours, key=lambda hour: (-hour["total_revenue"], hour["hour"])),
            "busiest_hour": min(hours, key=lambda hour: (-hour["ticket_count"], hour["hour"])),
            "hourly_breakdown": hours,
        },
        "payment_methods": sorted(methods, key=lambda row: (-row["accumulated_amount"], row["payment_method"])),
    }
