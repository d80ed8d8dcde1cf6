"""Request and answer shapes of the reports (001, 26–31). Amounts are JSON numbers here."""

from __future__ import annotations

import marshmallow as ma

from analytics.domain.product_ranking import BOTH, LEAST, MOST
from analytics.domain.sales_velocity import NEVER
from analytics.queries.stock import STOCK_ORDERINGS
from chassis import schemas
from chassis.pagination import ListQuery

_OPTIONAL = {"optional": True}
_DATE = {"schema": {"type": "string", "format": "date"}}
_INTEGER = {"schema": {"type": "integer", "format": "int64"}}
_DAYS_OR_NEVER = {"anyOf": [{"type": "integer", "format": "int64"}, {"type": "string", "enum": [NEVER]}]}


class ReportQuery(schemas.Schema):
    """Every report is had as JSON and as CSV."""

    format = schemas.Choice(["json", "csv"], normalize=str.lower)


class ChartQuery(schemas.Schema):
    """Some are had as a picture too."""

    format = schemas.Choice(["json", "csv", "svg"], normalize=str.lower)


class PeriodQuery(schemas.Schema):
    """The days a report covers, YYYY-MM-DD. What is no date is answered like a day without sales, so it passes here."""

    start_date = schemas.Text(blank=True, metadata=_DATE)
    end_date = schemas.Text(blank=True, metadata=_DATE)


class SummaryQuery(PeriodQuery, ChartQuery):
    """A period, and which of the charts."""

    chart = schemas.Choice(["day", "hour", "payment_method"])


class RankingQuery(PeriodQuery, ChartQuery):
    """A period, how many products, and from which end. 001 says "ambos" in its example and means both."""

    limit = schemas.Integer(minimum=1, load_default=10)
    criterion = schemas.Choice(
        [MOST, LEAST, BOTH], normalize=lambda given: BOTH if given == "ambos" else given, load_default=MOST
    )


class LowStockQuery(ListQuery, ReportQuery):
    """What is no number is answered like a threshold below all stock, so it passes here."""

    ordering = schemas.Ordering(STOCK_ORDERINGS)
    threshold = schemas.Text(blank=True, metadata=_INTEGER)


class DeadInventoryQuery(ListQuery, ReportQuery):
    """What is no date is answered as if everything had sold, so it passes here."""

    ordering = schemas.Ordering(STOCK_ORDERINGS)
    reference_date = schemas.Text(blank=True, metadata=_DATE)


class CustomerSalesQuery(PeriodQuery, ReportQuery):
    """A customer and a period."""

    customer_id = schemas.Integer(required=True)


class VelocityQuery(ChartQuery):
    """A product's SKU or name, and how many days."""

    identifier = schemas.Text(blank=True)
    period_days = schemas.Text(blank=True, metadata=_INTEGER)


class ValuationQuery(ReportQuery):
    """A product's SKU or name, or nothing for all."""

    product_identifier = schemas.Text(blank=True)


class _Period(schemas.Schema):
    start_date = schemas.Date()
    end_date = schemas.Date()


class _General(schemas.Schema):
    total_revenue = ma.fields.Float()
    average_ticket = ma.fields.Float()
    lowest_ticket = ma.fields.Float()
    highest_ticket = ma.fields.Float()
    total_tickets = schemas.Integer()


class _TopProduct(schemas.Schema):
    product_name = schemas.Text()
    revenue = ma.fields.Float()


class _ProductLine(_TopProduct):
    units_sold = schemas.Integer()


class _Products(schemas.Schema):
    total_units_sold = schemas.Integer()
    top_product = schemas.Nested(_TopProduct, allow_none=True)
    breakdown = schemas.List(schemas.Nested(_ProductLine))


class _Hour(schemas.Schema):
    hour = schemas.Integer()
    total_revenue = ma.fields.Float()
    ticket_count = schemas.Integer()


class _PeakHours(schemas.Schema):
    most_profitable_hour = schemas.Nested(_Hour)
    busiest_hour = schemas.Nested(_Hour)
    hourly_breakdown = schemas.List(schemas.Nested(_Hour))


class _PaymentMethod(schemas.Schema):
    payment_method = schemas.Text()
    total_sales = schemas.Integer()
    average_ticket = ma.fields.Float()
    highest_ticket = ma.fields.Float()
    accumulated_amount = ma.fields.Float()


class SalesSummaryOut(schemas.Schema):
    """The sales summary."""

    analyzed_period = schemas.Nested(_Period)
    general_summary = schemas.Nested(_General)
    products = schemas.Nested(_Products)
    peak_hours = schemas.Nested(_PeakHours)
    payment_methods = schemas.List(schemas.Nested(_PaymentMethod))


class _Ranked(schemas.Schema):
    product__id = schemas.Integer()
    product_name = schemas.Text()
    units_sold = schemas.Integer()
    revenue = ma.fields.Float()


class _Ranking(schemas.Schema):
    criterion = schemas.Text()
    results_limit = schemas.Integer()
    most_sold = schemas.List(schemas.Nested(_Ranked), metadata=_OPTIONAL)
    least_sold = schemas.List(schemas.Nested(_Ranked), metadata=_OPTIONAL)


class ProductRankingOut(schemas.Schema):
    """The ranking, or `detail` when nothing was sold."""

    analyzed_period = schemas.Nested(_Period)
    results = schemas.Nested(_Ranking, metadata=_OPTIONAL)
    detail = schemas.Text(metadata=_OPTIONAL)


class NothingOut(schemas.Schema):
    """A sentence instead of an empty list."""

    message = schemas.Text()


class LowStockOut(schemas.Schema):
    """A product."""

    name = schemas.Text()
    current_stock = schemas.Integer()


class DeadInventoryOut(LowStockOut):
    """The same, with the product's id."""

    id = schemas.Integer()


class _CustomerInfo(schemas.Schema):
    id = schemas.Integer()
    name = schemas.Text()
    email = schemas.Text(allow_none=True, metadata=_OPTIONAL)


class _SalesMetrics(schemas.Schema):
    total_spent = ma.fields.Float()
    average_ticket = ma.fields.Float()
    total_tickets = schemas.Integer()


class _TopBought(schemas.Schema):
    product_name = schemas.Text()
    total_spent_on_product = ma.fields.Float()
    units_bought = schemas.Integer()


class _BuyingHour(schemas.Schema):
    hour = schemas.Integer()
    total_spent = ma.fields.Float()
    ticket_count = schemas.Integer()


class _CustomerMethod(schemas.Schema):
    payment_method = schemas.Text()
    total_sales = schemas.Integer()
    average_ticket = ma.fields.Float()
    accumulated_amount = ma.fields.Float()


class CustomerSalesOut(schemas.Schema):
    """The history, or `detail` when the customer bought nothing."""

    customer_info = schemas.Nested(_CustomerInfo)
    analyzed_period = schemas.Nested(_Period)
    sales_metrics = schemas.Nested(_SalesMetrics, metadata=_OPTIONAL)
    top_product = schemas.Nested(_TopBought, allow_none=True, metadata=_OPTIONAL)
    peak_buying_hours = schemas.List(schemas.Nested(_BuyingHour), metadata=_OPTIONAL)
    payment_methods = schemas.List(schemas.Nested(_CustomerMethod), metadata=_OPTIONAL)
    detail = schemas.Text(metadata=_OPTIONAL)


class SalesVelocityOut(schemas.Schema):
    """The velocity."""

    product_name = schemas.Text()
    product_sku = schemas.Text()
    analyzed_period_days = schemas.Integer()
    total_units_sold = schemas.Integer()
    sales_velocity = ma.fields.Float()
    current_stock = schemas.Integer()
    depletion_estimation_days = ma.fields.Raw(metadata={"schema": _DAYS_OR_NEVER, "description": "Whole days."})


class _FinancialMetrics(schemas.Schema):
    total_inventory_cost = ma.fields.Float()
    total_potential_sale = ma.fields.Float()
    total_potential_profit = ma.fields.Float()
    profit_margin_percentage = ma.fields.Float()


class InventoryValuationOut(schemas.Schema):
    """The valuation."""

    scope = schemas.Text()
    financial_metrics = schemas.Nested(_FinancialMetrics)
