"""Every report through the gateway: real products, customers and sales, and the figures that follow from them."""

from __future__ import annotations

import csv
import io
import uuid
from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

from cashier import Api, Shop, eventually
from native.platform import Platform

REPORTS = "/api/analytics"


class Till:
    """Sells in one account and waits until analytics has heard of it."""

    def __init__(self, api: Api) -> None:
        self.api, self.sold = api, 0

    def product(self, name: str, sku: str, price: str, stock: int, **fields: Any) -> int:
        body = {"name": name, "sku": sku, "price": price, "tax_rate": "16.00", "current_stock": stock, **fields}
        made: dict[str, Any] = self.api.post("/api/products/", body)
        return int(made["id"])

    def sell(self, method: str, items: dict[int, int], customer: int | None = None) -> None:
        lines = [{"product_id": product, "quantity": quantity} for product, quantity in items.items()]
        order = self.api.post("/api/orders/", {"customer": customer, "items": lines})
        self.api.post(f"/api/orders/{order['id']}/pay/", {"payment_method": method}, 200)
        self.sold += 1

    def report(self, path: str) -> Any:
        return self.api.get(f"{REPORTS}/{path}")

    def settled(self) -> None:
        def tickets() -> int:
            answer = self.api.ask("GET", f"{REPORTS}/sales-summary/").json()
            return int(answer.get("general_summary", {}).get("total_tickets", 0))

        eventually(lambda: tickets() == self.sold, "the reports have heard of every sale")


def test_every_report_has_the_figures_of_what_was_sold(company: Api) -> None:
    till = Till(company)
    laptop = till.product("Laptop", "LAP-1", "1000.00", 12)
    mouse = till.product("Mouse", "MOU-1", "50.00", 8)
    dead = till.product("Funda iPhone 12 Rosa", "FUN-1", "10.00", 15)
    who = {"first_name": "Juan", "last_name": "Pérez", "phone_number": "5599887766", "email": "juan@example.com"}
    juan = company.post("/api/customers/", who)["id"]
    before = datetime.now(UTC)
    till.sell("CARD", {laptop: 1}, juan)
    till.sell("CARD", {laptop: 1, mouse: 1})
    till.sell("CASH", {mouse: 2}, juan)
    till.settled()
    eventually(lambda: len(till.report("reports/low-stock/?threshold=100")) == 3, "the products are there")
    eventually(lambda: till.report("reports/low-stock/?threshold=100")[0]["current_stock"] == 15, "and their stock")

    summary = till.report("sales-summary/")
    assert summary["general_summary"] == {
        "total_revenue": 2494.00, "average_ticket": 831.33, "lowest_ticket": 116.00, "highest_ticket": 1218.00,
        "total_tickets": 3,
    }  # fmt: skip
    assert summary["products"] == {
        "total_units_sold": 5,
        "top_product": {"product_name": "Laptop", "revenue": 2000.00},
        "breakdown": [
            {"product_name": "Laptop", "units_sold": 2, "revenue": 2000.00},
            {"product_name": "Mouse", "units_sold": 3, "revenue": 150.00},
        ],
    }
    assert summary["payment_methods"] == [
        {
            "payment_method": "CARD", "total_sales": 2, "average_ticket": 1189.00, "highest_ticket": 1218.00,
            "accumulated_amount": 2378.00,
        },
        {
            "payment_method": "CASH", "total_sales": 1, "average_ticket": 116.00, "highest_ticket": 116.00,
            "accumulated_amount": 116.00,
        },
    ]  # fmt: skip
    local = [moment.astimezone(ZoneInfo("America/Mexico_City")) for moment in (before, datetime.now(UTC))]
    assert {row["hour"] for row in summary["peak_hours"]["hourly_breakdown"]} <= {moment.hour for moment in local}

    assert till.report("product-ranking/?criterion=both&limit=1")["results"] == {
        "criterion": "both",
        "results_limit": 1,
        "most_sold": [{"product__id": mouse, "product_name": "Mouse", "units_sold": 3, "revenue": 150.00}],
        "least_sold": [{"product__id": laptop, "product_name": "Laptop", "units_sold": 2, "revenue": 2000.00}],
    }
    eventually(
        lambda: (
            till.report("reports/low-stock/?threshold=10")
            == [{"name": "Laptop", "current_stock": 10}, {"name": "Mouse", "current_stock": 5}]
        ),
        "the stock after the sales",
    )
    expected = [{"id": dead, "name": "Funda iPhone 12 Rosa", "current_stock": 15}]
    assert till.report(f"reports/dead-inventory/?reference_date={local[0].date()}") == expected

    eventually(lambda: company.ask("GET", f"{REPORTS}/customer-sales/?customer_id={juan}").ok, "the customer is there")
    theirs = till.report(f"customer-sales/?customer_id={juan}")
    assert theirs["customer_info"] == {"id": juan, "name": "Juan Pérez", "email": "juan@example.com"}
    assert theirs["sales_metrics"] == {"total_spent": 1276.00, "average_ticket": 638.00, "total_tickets": 2}
    assert theirs["top_product"] == {"product_name": "Laptop", "total_spent_on_product": 1000.00, "units_bought": 1}

    assert till.report("sales-velocity/?identifier=mou-1&period_days=30") == {
        "product_name": "Mouse", "product_sku": "MOU-1", "analyzed_period_days": 1, "total_units_sold": 3,
        "sales_velocity": 3.0, "current_stock": 5, "depletion_estimation_days": 1,
    }  # fmt: skip
    assert till.report("inventory-valuation/?product_identifier=Mouse") == {
        "scope": "Specific Product: Mouse",
        "financial_metrics": {
            "total_inventory_cost": 250.00, "total_potential_sale": 290.00, "total_potential_profit": 40.00,
            "profit_margin_percentage": 13.79,
        },
    }  # fmt: skip
    assert till.report("inventory-valuation/")["financial_metrics"]["total_inventory_cost"] == 10_400.00


def test_an_emptied_analytics_learns_all_of_it_again(company: Api, platform: Platform) -> None:
    """Nothing is left but what the other four tell again: every report of an account in a zone of its own is as it was."""
    account = company.tokens["user"]["account"]["id"]
    company.ask("PATCH", f"/api/accounts/{account}/", {"timezone": "America/Tijuana"}).raise_for_status()
    till = Till(company)
    laptop = till.product("Laptop", "LAP-1", "1000.00", 12)
    mouse = till.product("Mouse", "MOU-1", "50.00", 8)
    till.product("Funda", "FUN-1", "10.00", 15)
    juan = company.post("/api/customers/", {"first_name": "Juan", "last_name": "Paz", "phone_number": "5599887755"})[
        "id"
    ]
    for method, items in (("CARD", {laptop: 1}), ("CARD", {laptop: 1, mouse: 1}), ("CASH", {mouse: 2})):
        till.sell(method, items, juan)
    till.settled()
    company.ask("PATCH", f"/api/products/{mouse}/", {"name": "Ratón", "price": "60.00"}).raise_for_status()

    def told() -> list[str]:
        paths = (
            "sales-summary/", "product-ranking/?criterion=both", "reports/low-stock/?threshold=100",
            "reports/dead-inventory/", f"customer-sales/?customer_id={juan}", "sales-velocity/?identifier=mou-1",
            "inventory-valuation/", "inventory-valuation/?product_identifier=Rat%C3%B3n",
        )  # fmt: skip
        return [company.ask("GET", f"{REPORTS}/{path}").text for path in paths]

    eventually(
        lambda: "Ratón" in told()[5] and '"current_stock":5' in told()[5], "the new name and the stock are there"
    )
    before = told()
    for process in ("analytics-web", "analytics-worker"):
        platform.stop_process(process)
    platform.run("analytics", "downgrade", "--to", "base")
    platform.run("analytics", "migrate")
    for process in ("analytics-web", "analytics-worker"):
        platform.start_process(process)
    platform.wait_healthy()
    assert told() != before
    for service in ("auth", "catalog", "customers", "sales"):
        platform.run(service, "republish")
    eventually(lambda: told() == before, "every report is as it was")
    assert platform.run("analytics", "verify") == "every rollup equals the sum of its facts\n"


def test_files_charts_and_their_freshness(shop: Shop) -> None:
    before = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"
    tickets = shop.tickets()[0]
    shop.sell()
    eventually(lambda: shop.tickets()[0] == tickets + 1, "the sale is counted")
    answer = shop.api.ask("GET", f"{REPORTS}/product-ranking/?limit=1000", Accept="text/csv")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["X-Data-As-Of"] > before
    header, *rows = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert header == ["list", "rank", "product__id", "product_name", "units_sold", "revenue"]
    assert ["most_sold", str(shop.product["id"]), "10", "185.00"] in [[row[0], row[2], *row[4:]] for row in rows]
    chart = shop.api.ask("GET", f"{REPORTS}/sales-summary/?format=svg&chart=day")
    assert chart.headers["Content-Type"].startswith("image/svg+xml")
    assert ElementTree.fromstring(chart.content).tag == "{http://www.w3.org/2000/svg}svg"


def test_an_employee_sees_no_report(api: Api, platform: Platform) -> None:
    name = f"caja-{uuid.uuid4().hex[:8]}"
    body = {"username": name, "email": f"{name}@example.com", "password": "Mostrador-2026", "role": "EMPLOYEE"}
    api.post("/api/users/", {**body, "first_name": "Eva", "last_name": "Luna"})
    employee = Api(platform.url, name, "Mostrador-2026")
    for path in (
        "sales-summary/", "product-ranking/", "reports/low-stock/", "reports/dead-inventory/", "customer-sales/?customer_id=1",
        "sales-velocity/?identifier=x", "inventory-valuation/",
    ):  # fmt: skip
        answer = employee.ask("GET", f"{REPORTS}/{path}")
        assert answer.status_code == 403, path
        assert answer.json() == {"detail": "You do not have permission to perform this action."}
