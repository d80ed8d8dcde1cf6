"""The reports other than the summary computed the slow and obvious way, from the events' data: what the tests hold the
service against.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo


def cents(amount):
    return Decimal(amount).quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


def number(amount):
    return float(cents(amount))


class SlowReports:
    """All that an account's events told: `orders` are data of `OrderPaid`, `products` states by id as catalog has them
    (`name, sku, price, final_price, current_stock, low_stock_threshold, is_deleted`, all taxed with 16 %), `customers` names
    by id, `promotions` data of `PromotionChanged`.
    """

    def __init__(self, orders, products, customers, promotions, zone, today):
        self.orders, self.products, self.customers, self.today = orders, products, customers, today
        self.promotions = promotions
        self.zone = ZoneInfo(zone)

    def local(self, order):
        return datetime.fromisoformat(order["paid_at"]).astimezone(self.zone)

    def day(self, order):
        return self.local(order).date()

    def name(self, product_id):
        if product_id in self.products:
            return self.products[product_id]["name"]
        sold = [
            (order["paid_at"], item["product_name"])
            for order in self.orders for item in order["items"] if item["product_id"] == product_id
        ]  # fmt: skip
        return max(sold)[1]

    def sums(self, orders):
        """(id, units, revenue) of each product in the orders."""
        units, revenue = defaultdict(int), defaultdict(Decimal)
        for order in orders:
            for item in order["items"]:
                units[item["product_id"]] += item["quantity"]
                revenue[item["product_id"]] += Decimal(item["amount"])
        return [(id_, units[id_], revenue[id_]) for id_ in units]

    def ranking(self, start, end):
        sums = self.sums(order for order in self.orders if start <= self.day(order) <= end)
        analyzed = {"start_date": start.isoformat(), "end_date": end.isoformat()}
        if not sums:
            return {"analyzed_period": analyzed, "detail": "No products sold in the selected period."}
        most = sorted(sums, key=lambda row: (-row[1], -row[2], row[0]))[:3]
        least = sorted(sums, key=lambda row: (row[1], row[2], row[0]))[:3]
        lines = [
            [
                {"product__id": id_, "product_name": self.name(id_), "units_sold": units, "revenue": number(revenue)}
                for id_, units, revenue in rows
            ]
            for rows in (most, least)
        ]
        results = {"criterion": "both", "results_limit": 3, "most_sold": lines[0], "least_sold": lines[1]}
        return {"analyzed_period": analyzed, "results": results}

    def there(self):
        return [(id_, product) for id_, product in sorted(self.products.items()) if not product["is_deleted"]]

    def low(self, threshold=None):
        rows = [
            (-product["current_stock"], id_, product["name"])
            for id_, product in self.there()
            if product["current_stock"] <= (product["low_stock_threshold"] if threshold is None else threshold)
        ]
        found = [{"name": name, "current_stock": -stock} for stock, _, name in sorted(rows)]
        return found or {"message": "No hay productos dentro del umbral establecido."}

    def dead(self, since):
        sold = {id_ for id_, *_ in self.sums(order for order in self.orders if self.day(order) >= since)}
        found = [
            {"id": id_, "name": product["name"], "current_stock": product["current_stock"]}
            for id_, product in self.there() if id_ not in sold
        ]  # fmt: skip
        return found or {"message": "Todos los productos han tenido ventas en este período."}

    def customer(self, customer_id, start, end):
        name, email = self.customers[customer_id]
        info = {"id": customer_id, "name": name}
        analyzed = {"start_date": start.isoformat(), "end_date": end.isoformat()}
        theirs = [o for o in self.orders if o["customer_id"] == customer_id and start <= self.day(o) <= end]
        if not theirs:
            detail = "This customer made no purchases during the selected period."
            return {"customer_info": info, "analyzed_period": analyzed, "detail": detail}

        def paid(orders):
            return [Decimal(order["final_amount"]) for order in orders]

        hours, methods = [], []
        for hour in range(24):
            if amounts := paid(order for order in theirs if self.local(order).hour == hour):
                hours.append({"hour": hour, "total_spent": number(sum(amounts)), "ticket_count": len(amounts)})
        for method in ("CARD", "CASH"):
            if amounts := paid(order for order in theirs if order["payment_method"] == method):
                methods.append(
                    {
                        "payment_method": method, "total_sales": len(amounts),
                        "average_ticket": number(sum(amounts) / len(amounts)), "accumulated_amount": number(sum(amounts)),
                    }
                )  # fmt: skip
        amounts = paid(theirs)
        top = min(self.sums(theirs), key=lambda row: (-row[2], -row[1], self.name(row[0]), row[0]))
        return {
            "customer_info": {**info, "email": email},
            "analyzed_period": analyzed,
            "sales_metrics": {
                "total_spent": number(sum(amounts)),
                "average_ticket": number(sum(amounts) / len(amounts)),
                "total_tickets": len(amounts),
            },
            "top_product": {
                "product_name": self.name(top[0]), "total_spent_on_product": number(top[2]), "units_bought": top[1],
            },
            "peak_buying_hours": sorted(hours, key=lambda row: (-row["total_spent"], row["hour"])),
            "payment_methods": sorted(
                methods, key=lambda row: (-row["total_sales"], -row["accumulated_amount"], row["payment_method"])
            ),
        }  # fmt: skip

    def velocity(self, product_id, period_days):
        product = self.products[product_id]
        days_sold = [
            self.day(order) for order in self.orders for item in order["items"] if item["product_id"] == product_id
        ]
        start, days = self.today - timedelta(days=period_days - 1), period_days
        if days_sold and min(days_sold) > start:
            start, days = min(days_sold), max(1, min(days, (self.today - min(days_sold)).days))
        orders = [order for order in self.orders if start <= self.day(order) <= self.today]
        units = sum(item["quantity"] for order in orders for item in order["items"] if item["product_id"] == product_id)
        return {
            "product_name": product["name"], "product_sku": product["sku"], "analyzed_period_days": days,
            "total_units_sold": units, "sales_velocity": number(Decimal(units) / days),
            "current_stock": product["current_stock"],
            "depletion_estimation_days": product["current_stock"] * days // units if units else "Indefinida",
        }  # fmt: skip

    def final_price(self, id_):
        running = [
            Decimal(some["discount_percent"])
            for some in self.promotions
            if some["product_id"] == id_ and some["is_active"] and not some["is_deleted"]
            and some["target_audience"] == "ALL" and some["start_date"] <= self.today.isoformat() <= some["end_date"]
        ]  # fmt: skip
        if not running:
            return Decimal(self.products[id_]["final_price"])
        discounted = cents(Decimal(self.products[id_]["price"]) * (1 - max(running) / 100))
        return cents(discounted * Decimal("1.16"))

    def valuation(self, product_id=None):
        stocked = [
            (id_, product) for id_, product in self.there()
            if product["current_stock"] and product_id in (None, id_)
        ]  # fmt: skip
        if not stocked:
            return {"error": "No products available in the selected scope."}
        cost = sum(product["current_stock"] * Decimal(product["price"]) for _, product in stocked)
        sale = sum(product["current_stock"] * self.final_price(id_) for id_, product in stocked)
        scope = f"Specific Product: {self.products[product_id]['sku']}" if product_id else "Entire Inventory"
        return {
            "scope": scope,
            "financial_metrics": {
                "total_inventory_cost": number(cost),
                "total_potential_sale": number(sale),
                "total_potential_profit": number(sale - cost),
                "profit_margin_percentage": number((sale - cost) / sale * 100) if sale else 0.0,
            },
        }
