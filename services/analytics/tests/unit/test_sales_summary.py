"""The report's arithmetic: rounding, order and ties."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from analytics.domain.periods import Period
from analytics.domain.sales_summary import ProductTotal, Tickets, sales_summary

PERIOD = Period(date(2023, 10, 1), date(2023, 10, 31), "")


def hour(at, method, count, revenue, lowest="1.00", highest="1.00"):
    return Tickets(at, method, count, Decimal(revenue), Decimal(lowest), Decimal(highest))


def product(id_, name, units, revenue):
    return ProductTotal(id_, name, units, Decimal(revenue))


def test_averages_are_rounded_half_up():
    report = sales_summary(PERIOD, [hour(9, "CASH", 8, "1.00")], [])
    assert report["general_summary"]["average_ticket"] == Decimal("0.13")  # 0.125


def test_of_equal_hours_the_earliest_is_the_peak():
    rows = [hour(17, "CASH", 3, "9.00"), hour(8, "CARD", 3, "9.00"), hour(12, "CASH", 1, "1.00")]
    peaks = sales_summary(PERIOD, rows, [])["peak_hours"]
    assert peaks["most_profitable_hour"]["hour"] == peaks["busiest_hour"]["hour"] == 8
    assert [row["hour"] for row in peaks["hourly_breakdown"]] == [8, 12, 17]


def test_the_busiest_hour_need_not_be_the_most_profitable():
    peaks = sales_summary(PERIOD, [hour(8, "CASH", 5, "5.00"), hour(9, "CASH", 1, "90.00")], [])["peak_hours"]
    assert (peaks["busiest_hour"]["hour"], peaks["most_profitable_hour"]["hour"]) == (8, 9)


def test_products_stand_by_revenue_then_units_then_name():
    products = [
        product(1, "d", 9, "1.00"), product(2, "c", 1, "5.00"), product(3, "b", 1, "5.00"), product(4, "a", 2, "5.00"),
    ]  # fmt: skip
    report = sales_summary(PERIOD, [hour(8, "CASH", 1, "1.00")], products)["products"]
    assert [line["product_name"] for line in report["breakdown"]] == ["a", "b", "c", "d"]
    assert report["top_product"] == {"product_name": "a", "revenue": 5.0}
    assert report["total_units_sold"] == 13


def test_payment_methods_stand_by_money_then_name():
    rows = [
        hour(8, "CASH", 1, "5.00"),
        hour(9, "CARD", 1, "5.00"),
        hour(9, "POINTS", 1, "7.00"),
        hour(7, "CASH", 1, "0.00"),
    ]
    methods = sales_summary(PERIOD, rows, [])["payment_methods"]
    assert [(row["payment_method"], row["total_sales"]) for row in methods] == [("POINTS", 1), ("CARD", 1), ("CASH", 2)]


def test_no_product_no_top_product():
    assert sales_summary(PERIOD, [hour(8, "CASH", 1, "1.00")], [])["products"]["top_product"] is None
