"""`/api/analytics/customer-sales/`: the document's own figures and scenarios, customers that are gone."""

from __future__ import annotations

import pytest

PATH = "/api/analytics/customer-sales/"
OCTOBER = "start_date=2023-10-01&end_date=2023-10-31"
UNKNOWN = {"error": "Customer not registered in the system."}
SOLD_TO = "Maria González"  # of each order in the contract's example


@pytest.fixture
def juan(customer, sell):
    customer(5, "Juan Pérez", "juan.perez@email.com")
    sell("2023-10-03T18:20", "CASH", [(1, "Laptop", 1, "1000.00")], customer_id=5)
    sell("2023-10-12T10:00", "CARD", [(2, "Mouse", 4, "200.00")], total="300.00", customer_id=5)
    sell(
        "2023-10-31T10:59", "CARD", [(2, "Mouse", 3, "150.00"), (3, "Cable", 1, "20.00")], total="200.00", customer_id=5
    )
    sell("2023-10-12T10:00", "CASH", [(2, "Mouse", 9, "900.00")], customer_id=6)
    sell("2023-10-12T10:00", "CASH", [(2, "Mouse", 9, "900.00")])
    sell("2023-11-01T00:00", "CASH", [(2, "Mouse", 9, "900.00")], customer_id=5)


def test_the_document_s_own_figures(client, juan):
    answer = client.get(f"{PATH}?customer_id=5&{OCTOBER}")
    assert answer.status == 200
    assert answer.json == {
        "customer_info": {"id": 5, "name": "Juan Pérez", "email": "juan.perez@email.com"},
        "analyzed_period": {"start_date": "2023-10-01", "end_date": "2023-10-31"},
        "sales_metrics": {"total_spent": 1500.00, "average_ticket": 500.00, "total_tickets": 3},
        "top_product": {"product_name": "Laptop", "total_spent_on_product": 1000.00, "units_bought": 1},
        "peak_buying_hours": [
            {"hour": 18, "total_spent": 1000.00, "ticket_count": 1},
            {"hour": 10, "total_spent": 500.00, "ticket_count": 2},
        ],
        "payment_methods": [
            {"payment_method": "CARD", "total_sales": 2, "average_ticket": 250.00, "accumulated_amount": 500.00},
            {"payment_method": "CASH", "total_sales": 1, "average_ticket": 1000.00, "accumulated_amount": 1000.00},
        ],
    }
    assert b'"total_spent":1500.00' in answer.data


def test_no_purchases_in_the_period(client, juan):
    answer = client.get(f"{PATH}?customer_id=5&start_date=2023-10-04&end_date=2023-10-11")
    assert answer.status == 200
    assert answer.json == {
        "customer_info": {"id": 5, "name": "Juan Pérez"},
        "analyzed_period": {"start_date": "2023-10-04", "end_date": "2023-10-11"},
        "detail": "This customer made no purchases during the selected period.",
    }


def test_without_dates_the_last_thirty_days_of_operation(client, juan, customer, today):
    report = client.get(f"{PATH}?customer_id=5").json
    assert report["analyzed_period"] == {"start_date": "2023-10-03", "end_date": "2023-11-01"}
    assert report["sales_metrics"]["total_tickets"] == 4


def test_without_any_sale_the_thirty_days_to_today(client, customer, today):
    today("2023-10-31")
    customer(5, "Juan Pérez")
    report = client.get(f"{PATH}?customer_id=5").json
    assert report["analyzed_period"] == {"start_date": "2023-10-02", "end_date": "2023-10-31"}
    assert report["detail"] == "This customer made no purchases during the selected period."


@pytest.mark.parametrize("who", ["404", "0", "-5"])
def test_a_customer_that_does_not_exist(client, juan, who):
    answer = client.get(f"{PATH}?customer_id={who}")
    assert (answer.status, answer.json) == (404, UNKNOWN)


def test_another_account_s_customer_does_not_exist(client, juan):
    answer = client.get(f"{PATH}?customer_id=5", account_id=2)
    assert (answer.status, answer.json) == (404, UNKNOWN)


def test_an_erased_customer_does_not_come_back_by_what_is_told_late(client, juan, customer, deliver):
    deliver("CustomerErased", {"customer_id": 5}, version=3)
    customer(5, "Juan Pérez", version=2)
    assert client.get(f"{PATH}?customer_id=5").status == 404


@pytest.mark.parametrize("erased_first", [False, True])
def test_a_deleted_customer_s_sales_stay_under_the_last_name_until_it_is_erased(client, juan, deliver, erased_first):
    before = client.get(f"{PATH}?customer_id=5&{OCTOBER}").json
    gone = [("CustomerDeleted", 3), ("CustomerErased", 4)]
    if not erased_first:
        deliver("CustomerDeleted", {"customer_id": 5}, version=3)
        assert client.get(f"{PATH}?customer_id=5&{OCTOBER}").json == before
        quiet = client.get(f"{PATH}?customer_id=5&start_date=2023-10-04&end_date=2023-10-11").json
        assert quiet["customer_info"] == {"id": 5, "name": "Juan Pérez"}
    for type_, version in reversed(gone) if erased_first else gone:
        deliver(type_, {"customer_id": 5}, version=version)
    answer = client.get(f"{PATH}?customer_id=5&{OCTOBER}")
    assert (answer.status, answer.json) == (404, UNKNOWN)


@pytest.mark.parametrize("order", [(1, 2, 3), (3, 2, 1), (2, 3, 1)])
def test_a_deleted_customer_has_its_last_name_whatever_the_order(client, customer, deliver, sell, order):
    sell("2023-10-03T18:20", "CASH", [(1, "Laptop", 1, "1000.00")], customer_id=5)
    tell = {
        1: lambda: customer(5, "Juan Mora", version=1),
        2: lambda: customer(5, "Juan Pérez", version=2),
        3: lambda: deliver("CustomerDeleted", {"customer_id": 5}, version=3),
    }
    for version in order:
        tell[version]()
    name = client.get(f"{PATH}?customer_id=5&{OCTOBER}").json["customer_info"]["name"]
    assert name == ("Juan Pérez" if order[0] != 3 else SOLD_TO), (
        "if told before its name, it has that of its last order"
    )


@pytest.mark.parametrize(
    ("query", "body"),
    [
        ("", {"customer_id": ["This field is required."]}),
        ("customer_id=x", {"customer_id": ["A valid integer is required."]}),
    ],
)
def test_no_customer_asked_for(client, query, body):
    answer = client.get(f"{PATH}?{query}")
    assert (answer.status, answer.json) == (400, body)


@pytest.mark.parametrize("dates", ["start_date=2023-10-32", "start_date=2023-10-31&end_date=2023-10-01"])
def test_what_is_no_period(client, juan, dates):
    answer = client.get(f"{PATH}?customer_id=5&{dates}")
    assert answer.status == 400
    assert answer.json["error"].startswith("No sales found for the ")
    assert answer.json["last_system_record"] == "2023-11-01"


def test_only_admins_and_owners(client, juan):
    assert client.get(f"{PATH}?customer_id=5", role="OWNER").status == 200
    for role in ("EMPLOYEE", "CLIENT"):
        assert client.get(f"{PATH}?customer_id=5", role=role).status == 403
