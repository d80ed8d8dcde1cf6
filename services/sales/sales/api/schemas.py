"""Requests and answers of the orders resource."""

from __future__ import annotations

import marshmallow as ma

from chassis import schemas
from chassis.pagination import ListQuery
from sales.domain.drafts import BIRTHDAY, PROMOTION
from sales.domain.models import PAYMENT_METHODS, STATUSES
from sales.queries import ORDERINGS


class ItemCreate(schemas.Schema):
    product_id = schemas.Integer(required=True, minimum=1)
    quantity = schemas.Integer(required=True, minimum=1, maximum=1_000_000)


class OrderCreate(schemas.Schema):
    customer = schemas.Integer(load_default=None, allow_none=True)
    items = schemas.List(schemas.Nested(ItemCreate), required=True, empty=False, maximum=500)


class OrderPay(schemas.Schema):
    payment_method = schemas.Choice(PAYMENT_METHODS, required=True)


class OrderCancel(schemas.Schema):
    """Nothing: an empty JSON object, or no body at all."""


class OrderQuery(ListQuery):
    ordering = schemas.Ordering(ORDERINGS)
    status = schemas.Choice(STATUSES, normalize=str.upper)
    customer = schemas.Integer(minimum=1)
    payment_method = schemas.Choice(PAYMENT_METHODS, normalize=str.upper)
    date_from = schemas.Date()
    date_to = schemas.Date()
    ticket_folio = schemas.Text(max_length=8)


class ReceiptQuery(schemas.Schema):
    format = schemas.Choice(("text", "html", "pdf"), normalize=str.lower)
    width = schemas.Choice(("58", "80"), load_default="80", metadata={"description": "Millimetres of the paper."})


class ItemOut(schemas.Schema):
    product_id = schemas.Integer()
    product_name = schemas.Text()
    quantity = schemas.Integer()
    unit_price = schemas.Text()
    tax_amount = schemas.Text()
    discount_amount = schemas.Text()
    amount = schemas.Text()


class OrderCreatedOut(schemas.Schema):
    id = schemas.Integer()
    ticket_folio = schemas.Text()
    status = schemas.Choice(STATUSES)
    created_at = ma.fields.AwareDateTime()
    customer = schemas.Integer(allow_none=True)
    customer_name = schemas.Text()
    subtotal = schemas.Text()
    total_tax = schemas.Text()
    final_amount = schemas.Text()
    money_saved_total = schemas.Text()
    items = schemas.List(schemas.Nested(ItemOut))


class OrderOut(OrderCreatedOut):
    payment_method = schemas.Choice(PAYMENT_METHODS, allow_none=True)
    paid_at = ma.fields.AwareDateTime(allow_none=True)


class OrderPaidOut(schemas.Schema):
    id = schemas.Integer()
    status = schemas.Choice(STATUSES)
    payment_method = schemas.Choice(PAYMENT_METHODS)
    paid_at = ma.fields.AwareDateTime()
    final_amount = schemas.Text()
    points_earned = schemas.Integer()


class OrderCancelledOut(schemas.Schema):
    status = schemas.Text()
    detail = schemas.Text()


class DiscountOut(schemas.Schema):
    kind = schemas.Choice((PROMOTION, BIRTHDAY))
    promotion = schemas.Integer(allow_none=True, metadata={"description": "The promotion's id; null for a birthday."})
    name = schemas.Text(allow_none=True)
    percent = schemas.Text()
    amount_saved = schemas.Text(metadata={"description": "Before tax, for all pieces of the line."})


class QuotedItemOut(ItemOut):
    list_price = schemas.Text(metadata={"description": "For one, before tax and discount."})
    tax_rate = schemas.Text()
    discount = schemas.Nested(DiscountOut, allow_none=True)
    available = schemas.Integer(metadata={"description": "Units that this user could order now."})
    is_available = schemas.Boolean()


class QuoteOut(schemas.Schema):
    customer = schemas.Integer(allow_none=True)
    customer_name = schemas.Text()
    subtotal = schemas.Text()
    total_tax = schemas.Text()
    final_amount = schemas.Text()
    money_saved_total = schemas.Text()
    points_earned = schemas.Integer()
    is_available = schemas.Boolean(metadata={"description": "Whether there is enough of everything."})
    items = schemas.List(schemas.Nested(QuotedItemOut))


class OrderStatusOut(schemas.Schema):
    order_uid = schemas.Text()
    status = schemas.Choice(STATUSES)
    payment_method = schemas.Choice(PAYMENT_METHODS, allow_none=True)
