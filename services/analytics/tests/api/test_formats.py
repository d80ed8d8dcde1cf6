"""CSV files and charts of the reports, and how each answer says how fresh it is."""

from __future__ import annotations

import csv
import io
import sys
from xml.etree import ElementTree

import pytest

from analytics.api import charts
from chassis.testing import counted_statements

SUMMARY = "/api/analytics/sales-summary/"
RANKING = "/api/analytics/product-ranking/"
VELOCITY = "/api/analytics/sales-velocity/?identifier=SKU-1&period_days=60"
CUSTOMER = "/api/analytics/customer-sales/?customer_id=5"
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture
def told(stock, sell, customer, today):
    """A product whose name is a formula and one that was never sold, a customer, three sales."""
    today("2023-10-31")
    stock(1, "=1+1", 4, price="10.00", final_price="11.60")
    stock(2, 'Té "verde", 1 kg', 2)
    customer(5, "Juan Pérez", "juan@x.mx")
    sell("2023-10-05T10:15", "CARD", [(1, "=1+1", 2, "1000.00")], total="1160.00", customer_id=5)
    sell("2023-10-31T14:50", "CASH", [(1, "=1+1", 1, "50.00"), (3, "Gone", 1, "7.50")], total="65.50")


def rows(answer):
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="')
    assert answer.headers["X-Data-As-Of"]
    assert "Accept" in answer.headers["Vary"]
    assert answer.data.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))


def test_the_summary_as_csv(client, told):
    assert rows(client.get(f"{SUMMARY}?format=csv")) == [
        ["section", "name", "tickets", "units_sold", "revenue", "average_ticket", "lowest_ticket", "highest_ticket"],
        ["total", "2023-10-02 to 2023-10-31", "2", "4", "1225.50", "612.75", "65.50", "1160.00"],
        ["product", "'=1+1", "", "3", "1050.00", "", "", ""],
        ["product", "Gone", "", "1", "7.50", "", "", ""],
        ["hour", "10", "1", "", "1160.00", "", "", ""],
        ["hour", "14", "1", "", "65.50", "", "", ""],
        ["payment_method", "CARD", "1", "", "1160.00", "1160.00", "", "1160.00"],
        ["payment_method", "CASH", "1", "", "65.50", "65.50", "", "65.50"],
    ]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (
            f"{RANKING}?criterion=both&limit=1",
            [
                ["list", "rank", "product__id", "product_name", "units_sold", "revenue"],
                ["most_sold", "1", "1", "'=1+1", "3", "1050.00"],
                ["least_sold", "1", "3", "Gone", "1", "7.50"],
            ],
        ),
        (
            f"{RANKING}?start_date=2023-10-06&end_date=2023-10-06",
            [["list", "rank", "product__id", "product_name", "units_sold", "revenue"]],
        ),
        (
            "/api/analytics/reports/low-stock/",
            [["name", "current_stock"], ["'=1+1", "4"], ['Té "verde", 1 kg', "2"]],
        ),
        ("/api/analytics/reports/low-stock/?threshold=x", [["name", "current_stock"]]),
        (
            "/api/analytics/reports/dead-inventory/",
            [["id", "name", "current_stock"], ["2", 'Té "verde", 1 kg', "2"]],
        ),
        (
            CUSTOMER,
            [
                ["section", "name", "tickets", "units", "amount", "average_ticket"],
                ["customer", "Juan Pérez", "1", "", "1160.00", "1160.00"],
                ["top_product", "'=1+1", "", "2", "1000.00", ""],
                ["hour", "10", "1", "", "1160.00", ""],
                ["payment_method", "CARD", "1", "", "1160.00", "1160.00"],
            ],
        ),
        (
            f"{CUSTOMER}&start_date=2023-10-31&end_date=2023-10-31",
            [["section", "name", "tickets", "units", "amount", "average_ticket"]],
        ),
        (
            VELOCITY,
            [
                [
                    "product_name", "product_sku", "analyzed_period_days", "total_units_sold", "sales_velocity",
                    "current_stock", "depletion_estimation_days",
                ],
                ["'=1+1", "SKU-1", "26", "3", "0.12", "4", "34"],
            ],
        ),
        (
            "/api/analytics/inventory-valuation/?product_identifier=SKU-1",
            [
                [
                    "scope", "total_inventory_cost", "total_potential_sale", "total_potential_profit",
                    "profit_margin_percentage",
                ],
                ["Specific Product: SKU-1", "40.00", "46.40", "6.40", "13.79"],
            ],
        ),
    ],
)  # fmt: skip
def test_reports_as_csv(client, told, path, expected):
    assert rows(client.get(path, headers={"Accept": "text/csv"})) == expected
    assert rows(client.get(f"{path}{'&' if '?' in path else '?'}format=CSV")) == expected


def test_json_is_what_browsers_and_those_who_do_not_care_get(client, told):
    for accept in ("*/*", "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8", "image/png"):
        assert client.get(SUMMARY, headers={"Accept": accept}).json["general_summary"]["total_tickets"] == 2
    assert client.get(f"{SUMMARY}?format=json", headers={"Accept": "text/csv"}).json


def test_problems_are_json_in_every_format(client, told):
    for form in ("csv", "svg"):
        answer = client.get(f"{SUMMARY}?start_date=2024-01-01&end_date=2024-01-01&format={form}")
        assert (answer.status, answer.json["first_system_record"]) == (400, "2023-10-05")
    assert client.get(f"{CUSTOMER}&format=svg").json == {"format": ['"svg" is not a valid choice.']}


def drawing(answer):
    assert answer.status == 200
    assert answer.headers["Content-Type"].startswith("image/svg+xml")
    assert answer.headers["X-Data-As-Of"]
    root = ElementTree.fromstring(answer.data)
    assert root.tag == f"{SVG}svg"
    assert not list(root.iter(f"{SVG}script")), "a picture runs nothing"
    return ["".join(element.itertext()) for tag in ("text", "title", "desc") for element in root.iter(f"{SVG}{tag}")]


@pytest.mark.parametrize(
    ("path", "title", "labels"),
    [
        (
            f"{SUMMARY}?format=svg",
            "Revenue by day, 2023-10-02 to 2023-10-31",
            ["2023-10-05", "1,160.00", "65.50", "day"],
        ),
        (f"{SUMMARY}?format=svg&chart=hour", "Revenue by hour, 2023-10-02 to 2023-10-31", ["10:00", "14:00", "65.50"]),
        (
            f"{SUMMARY}?format=svg&chart=payment_method",
            "Revenue by payment method, 2023-10-02 to 2023-10-31",
            ["CARD", "CASH", "1,160.00"],
        ),
        (f"{RANKING}?format=svg", "Most sold products, 2023-10-02 to 2023-10-31", ["=1+1", "Gone", "3", "units sold"]),
        (
            f"{RANKING}?format=svg&criterion=least&limit=1",
            "Least sold products, 2023-10-02 to 2023-10-31",
            ["Gone", "1"],
        ),
        (f"{VELOCITY}&format=svg", "=1+1: units sold by day", ["2023-10-05", "2", "1"]),
    ],
)
def test_charts_are_titled_and_labelled(client, told, path, title, labels):
    texts = drawing(client.get(path))
    assert title in texts
    for label in labels:
        assert label in texts, label


def test_names_can_not_break_a_chart(client, stock, sell, today):
    today("2023-10-31")
    stock(1, '</text><script>alert("x")</script>\x01 & more than thirty-two letters', 4)
    sell("2023-10-31T10:15", "CARD", [(1, "A", 2, "1000.00")])
    assert any(text.startswith("</text><script>alert") for text in drawing(client.get(f"{RANKING}?format=svg")))


def test_a_day_without_items_is_an_empty_chart(client, told):
    assert "No data" in drawing(client.get(f"{RANKING}?start_date=2023-10-06&end_date=2023-10-06&format=svg"))


def test_days_without_a_sale_are_in_the_chart_those_before_the_first_and_after_the_last_are_not(client, told, sell):
    period = "start_date=0001-01-01&end_date=9999-12-31"
    texts = drawing(client.get(f"{SUMMARY}?{period}&format=svg"))
    days = [text for text in texts if text.startswith("2023-10-") and len(text) == 10]
    assert (min(days), max(days), len(set(days))) == ("2023-10-05", "2023-10-31", 27)
    period = "start_date=2023-10-04&end_date=2023-10-30"
    texts = drawing(client.get(f"{SUMMARY}?{period}&format=svg"))
    assert "2023-10-30" in texts, "a day of the period on which nothing was sold"
    assert "2023-10-04" not in texts, "nothing can have been sold yet"


def test_labels_can_be_told_apart_values_stand_clear_of_bars_and_units_are_whole(client, told, sell):
    def texts(path):
        return list(ElementTree.fromstring(client.get(path).data).iter(f"{SVG}text"))

    sell("2023-09-01T10:15", "CARD", [(1, "=1+1", 1, "10.00")])
    sixty_days = [element for element in texts(f"{VELOCITY}&format=svg") if element.text.startswith("2023-")]
    assert len(sixty_days) == 20, "every third"
    methods = texts(f"{SUMMARY}?format=svg&chart=payment_method")
    assert not [element for element in methods if element.text in ("CARD", "CASH") and "transform" in element.attrib]
    ranking = texts(f"{RANKING}?start_date=2023-10-31&end_date=2023-10-31&format=svg")
    assert [element.text for element in ranking if element.get("text-anchor") == "start"] == ["1", "1"]
    assert [element.text for element in ranking if element.get("class") != "value" and element.text[0] in "0123"] == [
        "0",
        "1",
    ]


def test_a_long_period_is_a_line(client, told, sell):
    sell("2021-01-01T10:15", "CARD", [(1, "A", 2, "1000.00")])
    texts = drawing(client.get(f"{SUMMARY}?start_date=2021-01-01&end_date=2023-10-31&format=svg"))
    assert "2021-01-01" in texts
    assert sum(text.startswith("202") for text in texts) < 30, "labels that can be told apart"


def test_charts_are_drawn_once_until_a_figure_changes(client, app, told, sell, monkeypatch):
    drawn = []
    real = charts._draw
    monkeypatch.setattr(charts, "_draw", lambda chart: (drawn.append(chart.title), real(chart))[1])
    first = client.get(f"{SUMMARY}?format=svg&chart=hour")
    with counted_statements(app) as seen:
        assert client.get(f"{SUMMARY}?format=svg&chart=hour").data == first.data
    assert len(drawn) == 1
    assert len(seen) == 2, "how fresh, and what day it is"
    assert client.get(f"{SUMMARY}?format=svg&chart=hour", account_id=2).status == 400
    sell("2023-10-31T14:51", "CASH", [(1, "=1+1", 1, "50.00")])
    assert client.get(f"{SUMMARY}?format=svg&chart=hour").data != first.data
    assert len(drawn) == 2


def test_the_library_leaves_no_hook_in_the_process_s_imports(client, told):
    client.get(f"{SUMMARY}?format=svg")
    assert not [finder for finder in sys.meta_path if "pygal" in type(finder).__module__]


def test_as_of_is_the_newest_event_s_time_whatever_it_told(client, deliver, event_of, sell):
    sell("2023-10-05T10:15", "CARD", [(1, "A", 1, "1.00")])
    assert client.get(SUMMARY).headers["X-Data-As-Of"] == "2023-10-05T16:15:00.000000Z"
    sell("2023-10-04T10:15", "CARD", [(1, "A", 1, "1.00")])
    assert client.get(SUMMARY).headers["X-Data-As-Of"] == "2023-10-05T16:15:00.000000Z"
    assert "X-Data-As-Of" not in client.get("/api/analytics/reports/low-stock/", account_id=2).headers


def test_messages_cut_long_values(client):
    for query in ("start_date", "end_date", "limit", "criterion", "format", "chart"):
        answer = client.get(f"/api/analytics/sales-summary/?{query}={'x' * 5000}")
        assert len(answer.data) < 400


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Кофе 香皂", "Кофе 香皂"), ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"), ("a\x07b", "a b"),
        ("x" * 20 + "👨\u200d👩" * 9, "x" * 20 + "👨\u200d👩" * 3 + "👨…"),
    ],
)  # fmt: skip
def test_labels_of_charts_keep_every_script(name, shown):
    assert charts._shown(name, 31) == shown
