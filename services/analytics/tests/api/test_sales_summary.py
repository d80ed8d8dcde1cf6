"""`/api/analytics/sales-summary/` over HTTP: the document's own figures, the periods, the refusals."""

from __future__ import annotations

import pytest

from chassis.testing import counted_statements

PATH = "/api/analytics/sales-summary/"


@pytest.fixture
def documents_sales(sell):
    """Three orders that give the figures of 001, 26."""
    sell("2023-10-05T10:15", "CARD", [(1, "Laptop", 1, "1000.00")], total="1160.00")
    sell("2023-10-17T14:05", "CARD", [(1, "Laptop", 1, "1000.00"), (2, "Mouse", 1, "50.00")], total="1218.00")
    sell("2023-10-31T14:50", "CASH", [(2, "Mouse", 2, "100.00")], total="116.00")


REPORT = {
    "analyzed_period": {"start_date": "2023-10-01", "end_date": "2023-10-31"},
    "general_summary": {
        "total_revenue": 2494.00, "average_ticket": 831.33, "lowest_ticket": 116.00, "highest_ticket": 1218.00,
        "total_tickets": 3,
    },
    "products": {
        "total_units_sold": 5,
        "top_product": {"product_name": "Laptop", "revenue": 2000.00},
        "breakdown": [
            {"product_name": "Laptop", "units_sold": 2, "revenue": 2000.00},
            {"product_name": "Mouse", "units_sold": 3, "revenue": 150.00},
        ],
    },
    "peak_hours": {
        "most_profitable_hour": {"hour": 14, "total_revenue": 1334.00, "ticket_count": 2},
        "busiest_hour": {"hour": 14, "total_revenue": 1334.00, "ticket_count": 2},
        "hourly_breakdown": [
            {"hour": 10, "total_revenue": 1160.00, "ticket_count": 1},
            {"hour": 14, "total_revenue": 1334.00, "ticket_count": 2},
        ],
    },
    "payment_methods": [
        {
            "payment_method": "CARD", "total_sales": 2, "average_ticket": 1189.00, "highest_ticket": 1218.00,
            "accumulated_amount": 2378.00,
        },
        {
            "payment_method": "CASH", "total_sales": 1, "average_ticket": 116.00, "highest_ticket": 116.00,
            "accumulated_amount": 116.00,
        },
    ],
}  # fmt: skip


def test_the_document_s_own_figures(client, documents_sales):
    answer = client.get(f"{PATH}?start_date=2023-10-01&end_date=2023-10-31")
    assert answer.status == 200
    assert answer.json == REPORT
    assert answer.headers["X-Data-As-Of"] == "2023-10-31T20:50:00.000000Z"


def test_without_dates_the_last_thirty_days_of_operation(client, documents_sales):
    report = client.get(PATH).json
    assert report["analyzed_period"] == {"start_date": "2023-10-02", "end_date": "2023-10-31"}
    assert report["general_summary"]["total_tickets"] == 3


def test_one_given_date(client, documents_sales):
    ending = client.get(f"{PATH}?end_date=2023-10-30").json
    assert ending["analyzed_period"] == {"start_date": "2023-10-01", "end_date": "2023-10-30"}
    assert ending["general_summary"]["total_tickets"] == 2
    starting = client.get(f"{PATH}?start_date=2023-10-17&end_date=").json
    assert starting["analyzed_period"]["start_date"] == "2023-10-17"
    assert starting["general_summary"]["total_tickets"] == 2


@pytest.mark.parametrize(
    ("query", "wording"),
    [
        ("start_date=2024-12-31&end_date=2024-12-31", "the date 2024-12-31"),
        ("start_date=2023-10-06&end_date=2023-10-06", "the date 2023-10-06"),
        ("start_date=2023-10-06&end_date=2023-10-16", "the period 2023-10-06 to 2023-10-16"),
        ("start_date=2023-10-31&end_date=2023-10-01", "the period 2023-10-31 to 2023-10-01"),
        ("start_date=9999-01-01", "the date 9999-01-01"),
        ("start_date=31/10/2023", "the date 31/10/2023"),
        ("end_date=2023-02-29", "the date 2023-02-29"),
        ("end_date=2022-01-30", "the period 2022-01-01 to 2022-01-30"),
    ],
)
def test_no_sales_there(client, documents_sales, query, wording):
    answer = client.get(f"{PATH}?{query}")
    assert answer.status == 400
    assert answer.json == {
        "error": f"No sales found for {wording} in the system.",
        "first_system_record": "2023-10-05",
        "last_system_record": "2023-10-31",
    }


def test_an_account_without_any_sale(client, documents_sales):
    answer = client.get(f"{PATH}?start_date=2023-10-05&end_date=2023-10-05", account_id=2)
    assert answer.status == 400
    assert answer.json == {
        "error": "No sales found for the date 2023-10-05 in the system.",
        "first_system_record": None,
        "last_system_record": None,
    }
    assert client.get(PATH, account_id=2).status == 400


def test_only_admins_and_owners(client, documents_sales):
    assert client.get(PATH, role="OWNER").status == 200
    for role in ("EMPLOYEE", "CLIENT"):
        answer = client.get(PATH, role=role)
        assert (answer.status, answer.json) == (403, {"detail": "You do not have permission to perform this action."})
    assert client.get(PATH, role=None).status == 401
    assert client.post(PATH, {}).status == 405


def test_each_account_sees_its_own(client, sell, documents_sales):
    sell("2023-10-10T09:00", "CASH", [(1, "Other", 7, "70.00")], account_id=2)
    assert client.get(f"{PATH}?start_date=2023-10-01&end_date=2023-10-31").json == REPORT
    theirs = client.get(PATH, account_id=2).json
    assert theirs["products"]["breakdown"] == [{"product_name": "Other", "units_sold": 7, "revenue": 70.0}]


def test_the_day_is_the_account_s_not_utc_s(client, sell):
    sell("2023-10-05T23:59", "CASH", [(1, "Late", 1, "10.00")])
    report = client.get(PATH).json
    assert report["analyzed_period"]["end_date"] == "2023-10-05"
    assert report["peak_hours"]["busiest_hour"]["hour"] == 23


def test_a_product_keeps_its_last_name(client, sell):
    sell("2023-10-07T10:00", "CASH", [(1, "New name", 1, "1.00")])
    sell("2023-10-05T10:00", "CASH", [(1, "Old name", 1, "1.00")])
    [line] = client.get(PATH).json["products"]["breakdown"]
    assert line == {"product_name": "New name", "units_sold": 2, "revenue": 2.0}


def test_the_statements_and_rows_read_do_not_grow_with_the_orders(client, app, sell):
    def statements():
        with counted_statements(app) as seen:
            assert client.get(PATH).status == 200
        return seen

    sell("2023-10-05T10:00", "CASH", [(1, "A", 1, "1.00")])
    few = statements()
    for minute in range(10, 30):
        sell(f"2023-10-05T10:{minute}", "CASH", [(1, "A", 1, "1.00"), (2, "B", 1, "1.00")])
    assert statements() == few
    assert len(few) == 5  # as of, records, whether hours have blocks, hours, products
    assert not any("paid_order_lines" in statement for statement in few)
