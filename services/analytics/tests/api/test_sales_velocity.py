"""`/api/analytics/sales-velocity/`: the document's own figures and scenarios, short histories, rounding."""

from __future__ import annotations

import pytest

from chassis.testing import counted_statements

PATH = "/api/analytics/sales-velocity/"


@pytest.fixture
def laptop(stock, sell, today):
    today("2023-10-31")
    stock(1, "Laptop Gamer", 100, sku="FAST123")
    sell("2023-08-01T10:00", "CASH", [(1, "Laptop Gamer", 500, "10.00")])
    sell("2023-10-01T23:59", "CASH", [(1, "Laptop Gamer", 9, "10.00"), (2, "Other", 7, "1.00")])
    sell("2023-10-02T00:00", "CASH", [(1, "Laptop Gamer", 40, "10.00")])
    sell("2023-10-31T10:00", "CASH", [(1, "Laptop Gamer", 20, "10.00"), (2, "Other", 7, "1.00")])


REPORT = {
    "product_name": "Laptop Gamer",
    "product_sku": "FAST123",
    "analyzed_period_days": 30,
    "total_units_sold": 60,
    "sales_velocity": 2.0,
    "current_stock": 100,
    "depletion_estimation_days": 50,
}


@pytest.mark.parametrize("identifier", ["FAST123", "fast123", "Laptop Gamer", "LAPTOP%20gamer", "%20FAST123%20"])
def test_the_document_s_own_figures(client, laptop, identifier):
    answer = client.get(f"{PATH}?identifier={identifier}&period_days=30")
    assert (answer.status, answer.json) == (200, REPORT)
    assert b'"sales_velocity":2.0,' in answer.data
    assert client.get(f"{PATH}?identifier={identifier}").json == REPORT, "30 days are the default"


def test_no_sales_in_the_period(client, stock, sell, today):
    today("2023-10-31")
    stock(2, "Mouse Viejo", 50, sku="SLOW123")
    expected = {
        "product_name": "Mouse Viejo", "product_sku": "SLOW123", "analyzed_period_days": 30, "total_units_sold": 0,
        "sales_velocity": 0.0, "current_stock": 50, "depletion_estimation_days": "Indefinida",
    }  # fmt: skip
    assert client.get(f"{PATH}?identifier=SLOW123").json == expected, "never sold"
    sell("2023-08-01T10:00", "CASH", [(2, "Mouse Viejo", 5, "10.00")])
    assert client.get(f"{PATH}?identifier=SLOW123").json == expected, "sold before the period"


@pytest.mark.parametrize(
    ("first_sale", "days", "velocity", "lasts"),
    [
        ("2023-10-31", 1, 7.0, 14),
        ("2023-10-30", 1, 7.0, 14),
        ("2023-10-28", 3, 2.33, 42),  # 100 × 3 / 7 = 42.86
        ("2023-10-02", 30, 0.23, 428),
        ("2023-10-03", 28, 0.25, 400),
    ],
)
def test_the_period_is_no_longer_than_the_days_since_the_first_sale(
    client, stock, sell, today, first_sale, days, velocity, lasts
):
    today("2023-10-31")
    stock(1, "Nuevo", 100, sku="N")
    sell(f"{first_sale}T00:00", "CASH", [(1, "Nuevo", 7, "10.00")])
    report = client.get(f"{PATH}?identifier=n").json
    found = (report["analyzed_period_days"], report["sales_velocity"], report["depletion_estimation_days"])
    assert found == (days, velocity, lasts)
    assert report["total_units_sold"] == 7


def test_long_periods_count_all_and_cost_no_more(client, laptop):
    report = client.get(f"{PATH}?identifier=FAST123&period_days=999999999").json
    assert (report["total_units_sold"], report["analyzed_period_days"]) == (569, 91)


def test_a_product_that_was_never_sold_is_looked_for_on_no_day(client, app, stock, today):
    today("2023-10-31")
    stock(1, "Nuevo", 100, sku="N")
    with counted_statements(app) as seen:
        report = client.get(f"{PATH}?identifier=n&period_days=999999999").json
    assert (report["analyzed_period_days"], report["total_units_sold"]) == (999_999_999, 0)
    assert max(map(len, seen)) < 2_000
    assert "No data" in client.get(f"{PATH}?identifier=n&period_days=999999999&format=svg").data.decode()


def test_a_sku_goes_before_a_name_and_the_older_before_the_younger(client, stock):
    stock(1, "B2", 1, sku="A1")
    stock(2, "Doble", 2, sku="B2")
    stock(3, "doble", 3, sku="C3")
    stock(4, "Ñandú", 4, sku="D4")
    found = {text: client.get(f"{PATH}?identifier={text}").json["current_stock"] for text in ("b2", "DOBLE", "ñANDÚ")}
    assert found == {"b2": 2, "DOBLE": 2, "ñANDÚ": 4}


@pytest.mark.parametrize("query", ["", "identifier=", "identifier=%20", "period_days=30"])
def test_no_identifier(client, laptop, query):
    answer = client.get(f"{PATH}?{query}")
    assert (answer.status, answer.json) == (400, {"error": "Product identifier (Name or SKU) is required."})


def test_no_such_product(client, laptop, stock):
    expected = (404, {"error": "Product not found in the system."})
    answer = client.get(f"{PATH}?identifier=FAST")
    assert (answer.status, answer.json) == expected
    answer = client.get(f"{PATH}?identifier=FAST123", account_id=2)
    assert (answer.status, answer.json) == expected
    stock(1, "Laptop Gamer", 100, sku="FAST123", version=2, type_="ProductDeleted")
    answer = client.get(f"{PATH}?identifier=FAST123")
    assert (answer.status, answer.json) == expected


@pytest.mark.parametrize("days", ["0", "-3", "x", "1.5", "9999999999"])
def test_what_is_no_number_of_days(client, laptop, days):
    answer = client.get(f"{PATH}?identifier=FAST123&period_days={days}")
    assert (answer.status, answer.json) == (400, {"error": "period_days must be a whole number of days, 1 or more."})


def test_only_admins_and_owners(client, laptop):
    assert client.get(f"{PATH}?identifier=FAST123", role="OWNER").status == 200
    for role in ("EMPLOYEE", "CLIENT"):
        assert client.get(f"{PATH}?identifier=FAST123", role=role).status == 403


@pytest.mark.parametrize(
    ("sku", "identifier"),
    [
        ("KO-600-MX", "ko-600-mx"), ("750105530007", "0750105530007"), ("0750105530007", "750105530007"),
        ("Ni\u00f1o-1", "Nin\u0303o-1"), ("A1", "A\u200b1"),
    ],
)  # fmt: skip
def test_a_code_finds_its_product_however_it_is_written(client, stock, sku, identifier):
    stock(1, "Other", 2, sku="other", price="1.00", final_price="1.00")
    stock(2, "Agua", 5, sku=sku, price="10.00", final_price="10.00")
    assert client.get(f"{PATH}?identifier={identifier}").json["product_sku"] == sku
    valued = client.get(f"/api/analytics/inventory-valuation/?product_identifier={identifier}").json
    assert valued["financial_metrics"]["total_inventory_cost"] == 50.0
    listed = client.get(f"/api/analytics/reports/low-stock/?threshold=100&search={identifier}").json
    assert [row["name"] for row in listed] == ["Agua"]


def test_of_twins_both_reports_take_the_one_that_is_spelled_like_this(client, stock):
    stock(1, "Old", 5, sku="KO", price="10.00", final_price="10.00")
    stock(2, "Twin", 7, sku="ko", price="10.00", final_price="10.00")
    for identifier, name, value in (("KO", "Old", 50.0), ("ko", "Twin", 70.0), ("Ko", "Old", 50.0)):
        assert client.get(f"{PATH}?identifier={identifier}").json["product_name"] == name
        valued = client.get(f"/api/analytics/inventory-valuation/?product_identifier={identifier}").json
        assert valued["financial_metrics"]["total_inventory_cost"] == value
