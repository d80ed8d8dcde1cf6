"""`/api/analytics/product-ranking/`: the document's own figures, ties, periods without items, refusals."""

from __future__ import annotations

import pytest

PATH = "/api/analytics/product-ranking/"
OCTOBER = "start_date=2023-10-01&end_date=2023-10-31"


@pytest.fixture
def documents_sales(sell):
    sell("2023-10-05T10:00", "CASH", [(3, "Teclado", 5, "750.00"), (2, "Mouse", 1, "50.00")])
    sell("2023-10-31T10:00", "CARD", [(1, "Laptop", 1, "1000.00"), (2, "Mouse", 2, "100.00")])


TECLADO = {"product__id": 3, "product_name": "Teclado", "units_sold": 5, "revenue": 750.00}
MOUSE = {"product__id": 2, "product_name": "Mouse", "units_sold": 3, "revenue": 150.00}
LAPTOP = {"product__id": 1, "product_name": "Laptop", "units_sold": 1, "revenue": 1000.00}
ANALYZED = {"start_date": "2023-10-01", "end_date": "2023-10-31"}


@pytest.mark.parametrize("criterion", ["both", "ambos"])
def test_the_document_s_own_figures(client, documents_sales, criterion):
    answer = client.get(f"{PATH}?{OCTOBER}&criterion={criterion}&limit=2")
    assert answer.status == 200
    results = {"criterion": "both", "results_limit": 2, "most_sold": [TECLADO, MOUSE], "least_sold": [LAPTOP, MOUSE]}
    assert answer.json == {"analyzed_period": ANALYZED, "results": results}
    assert b'"revenue":750.00' in answer.data


def test_the_list_not_asked_for_is_absent_and_ten_is_the_limit(client, documents_sales):
    most = client.get(f"{PATH}?{OCTOBER}").json["results"]
    assert most == {"criterion": "most", "results_limit": 10, "most_sold": [TECLADO, MOUSE, LAPTOP]}
    least = client.get(f"{PATH}?{OCTOBER}&criterion=least&limit=1").json["results"]
    assert least == {"criterion": "least", "results_limit": 1, "least_sold": [LAPTOP]}


def test_ties_are_decided_by_revenue_then_id(client, sell):
    sell(
        "2023-10-05T10:00", "CASH", [(4, "d", 2, "9.00"), (3, "c", 2, "9.00"), (2, "b", 2, "5.00"), (1, "a", 9, "1.00")]
    )
    results = client.get(f"{PATH}?criterion=both").json["results"]
    assert [row["product__id"] for row in results["most_sold"]] == [1, 3, 4, 2]
    assert [row["product__id"] for row in results["least_sold"]] == [2, 3, 4, 1]


def test_a_day_between_without_items(client, documents_sales):
    answer = client.get(f"{PATH}?start_date=2023-10-06&end_date=2023-10-06")
    assert answer.status == 200
    assert answer.json == {
        "analyzed_period": {"start_date": "2023-10-06", "end_date": "2023-10-06"},
        "detail": "No products sold in the selected period.",
    }


@pytest.mark.parametrize(
    ("query", "wording"),
    [
        ("start_date=2024-12-31&end_date=2024-12-31", "the date 2024-12-31"),
        ("start_date=2023-10-31&end_date=2023-10-01", "the period 2023-10-31 to 2023-10-01"),
        ("start_date=soon", "the date soon"),
    ],
)
def test_days_outside_the_records_and_no_days_at_all(client, documents_sales, query, wording):
    answer = client.get(f"{PATH}?{query}")
    assert answer.status == 400
    assert answer.json == {
        "error": f"No sales found for {wording} in the system.",
        "first_system_record": "2023-10-05",
        "last_system_record": "2023-10-31",
    }
    assert "X-Data-As-Of" in answer.headers


def test_an_account_without_any_sale(client, documents_sales):
    answer = client.get(PATH, account_id=2)
    assert (answer.status, answer.json["first_system_record"]) == (400, None)


@pytest.mark.parametrize(
    ("query", "field"),
    [("criterion=best", "criterion"), ("limit=0", "limit"), ("limit=ten", "limit"), ("format=xml", "format")],
)
def test_bad_questions(client, documents_sales, query, field):
    answer = client.get(f"{PATH}?{query}")
    assert (answer.status, list(answer.json)) == (400, [field])


def test_a_product_is_called_as_catalog_calls_it_now_and_keeps_its_name_when_deleted(client, documents_sales, stock):
    stock(2, "Ratón", 3, version=4, type_="ProductUpdated")
    stock(3, "Teclado mecánico", 3, version=2, type_="ProductDeleted")
    rows = client.get(f"{PATH}?{OCTOBER}").json["results"]["most_sold"]
    assert [row["product_name"] for row in rows] == ["Teclado mecánico", "Ratón", "Laptop"]


def test_only_admins_and_owners(client, documents_sales):
    assert client.get(PATH, role="OWNER").status == 200
    for role in ("EMPLOYEE", "CLIENT"):
        answer = client.get(PATH, role=role)
        assert (answer.status, answer.json) == (403, {"detail": "You do not have permission to perform this action."})
