"""The shapes of requests and answers of the B2B orders (004, Order; contract, 6 and 8)."""

from __future__ import annotations

import marshmallow as ma

from chassis import schemas
from sales.domain.b2b_models import ADDRESS_LENGTH
from sales.domain.b2b_orders import STATUSES

MAX_UNITS = 1_000_000


class B2BOrderUpsert(schemas.Schema):
    """An order as far as given; a new one needs `user_uid`, unless a client makes it. `total` counts while it has no items."""

    uid = schemas.Uid()
    user_uid = schemas.Uid()
    status = schemas.Choice(STATUSES)
    total = schemas.Amount(minimum=0)
    shipping_address = schemas.Text(blank=True, max_length=ADDRESS_LENGTH)
    billing_address = schemas.Text(blank=True, max_length=ADDRESS_LENGTH)


class B2BOrderStatus(schemas.Schema):
    """The status that an order is to have."""

    uid = schemas.Uid(required=True)
    status = schemas.Choice(STATUSES, required=True)


class B2BOrderOut(schemas.Schema):
    uid = schemas.Text()
    user_uid = schemas.Text()
    status = schemas.Choice(STATUSES)
    total = schemas.Amount()
    shipping_address = schemas.Text()
    billing_address = schemas.Text()
    created_at = ma.fields.DateTime()
    updated_at = ma.fields.DateTime()


class B2BItemKey(schemas.Schema):
    """A product on an order."""

    order_uid = schemas.Uid(required=True)
    product_uid = schemas.Uid(required=True)


class B2BItemUpsert(B2BItemKey):
    """An item as far as given; a new one needs `quantity` and `price`. Price and discount are of one unit, the total follows."""

    quantity = schemas.Integer(minimum=1, maximum=MAX_UNITS)
    price = schemas.Amount(minimum=0)
    discount = schemas.Amount(minimum=0)


class B2BItemOut(schemas.Schema):
    order_uid = schemas.Text()
    product_uid = schemas.Text()
    quantity = schemas.Integer()
    price = schemas.Amount()
    discount = schemas.Amount()
    total = schemas.Amount()
