"""Request and answer shapes of the reports (001, 26). Amounts are JSON numbers here."""

from __future__ import annotations

import marshmallow as ma

from chassis import schemas


class PeriodQuery(schemas.Schema):
    """The days a report covers, YYYY-MM-DD. What is no date is answered like a day without sales, so it passes here."""

    start_date = schemas.Text(blank=True)
    end_date = schemas.Text(blank=True)


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
