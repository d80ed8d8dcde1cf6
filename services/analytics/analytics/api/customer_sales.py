"""`/api/analytics/customer-sales/`: what one customer bought in a period (001, 30)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from analytics.api.answers import CSV, DATA_AS_OF, Report, answer
from analytics.api.schemas import CustomerSalesOut, CustomerSalesQuery
from analytics.domain.customer_sales import NoSuchCustomer, customer_sales
from analytics.domain.periods import NoSales, requested_period
from analytics.queries import customers, sales
from chassis.access import roles
from chassis.blueprint import Blueprint
from chassis.tenants import local_date, zone_of

blp = Blueprint("customer sales", __name__, tag="Reports", description="One customer's purchases.")


@blp.get("/api/analytics/customer-sales/")
@blp.doc(operationId="getCustomerSales")
@roles("ADMIN", "OWNER")
@blp.query(CustomerSalesQuery)
@blp.files(response=[CSV])
@blp.response(200, CustomerSalesOut, headers=DATA_AS_OF)
def show(query: dict[str, Any]) -> Response:
    """What a customer bought in a period; one in which this customer bought nothing is answered with a sentence."""
    return answer(REPORT, query)


def _figures(session: Session, query: Mapping[str, Any]) -> dict[str, Any]:
    customer = customers.find_customer(session, query["customer_id"])
    if customer is None:
        raise NoSuchCustomer
    records = sales.records(session)
    start, end = query.get("start_date"), query.get("end_date")
    period = requested_period(start, end, records=records, today=lambda: local_date(session))
    if period.reversed:
        raise NoSales(period.wording, records)
    who_when = (session, customer.customer_id, period, zone_of(session))
    tickets = customers.customer_tickets(*who_when)
    return customer_sales(customer, period, tickets, customers.customer_products(*who_when) if tickets else [])


def _table(report: dict[str, Any]) -> Iterator[list[Any]]:
    yield ["section", "name", "tickets", "units", "amount", "average_ticket"]
    if "sales_metrics" not in report:
        return
    total, top = report["sales_metrics"], report["top_product"]
    amounts = [total["total_spent"], total["average_ticket"]]
    yield ["customer", report["customer_info"]["name"], total["total_tickets"], None, *amounts]
    if top:
        yield ["top_product", top["product_name"], None, top["units_bought"], top["total_spent_on_product"], None]
    for row in report["peak_buying_hours"]:
        yield ["hour", row["hour"], row["ticket_count"], None, row["total_spent"], None]
    for row in report["payment_methods"]:
        amounts = [row["accumulated_amount"], row["average_ticket"]]
        yield ["payment_method", row["payment_method"], row["total_sales"], None, *amounts]


REPORT = Report(name="customer-sales", figures=_figures, table=_table)
