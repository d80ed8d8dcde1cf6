"""The shapes of requests and answers of suppliers, products, promotions and the internal calls."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import marshmallow as ma

from catalog.domain.models import EVERYONE, FREQUENT
from catalog.domain.pricing import NOTATIONS
from catalog.queries import PRODUCT_ORDERINGS, PROMOTION_ORDERINGS, SUPPLIER_ORDERINGS
from chassis.columns import UID_LENGTH
from chassis.pagination import ListQuery
from chassis.schemas import Amount, Boolean, Choice, Code, Date, Integer, List, Nested, Ordering, Schema, Text

MAX_UNITS = 1_000_000_000
_RFC = r"[A-ZÑ&]{3,4}[0-9]{2}(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01])[A-Z0-9]{3}"  # name, date, check characters


class Rfc(Text):
    """A Mexican RFC, 12 characters for a company and 13 for a person, in upper case."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(blank=True, pattern=_RFC, pattern_message="Enter a valid RFC (12 or 13 characters).", **kwargs)

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        return super()._deserialize(value.upper() if isinstance(value, str) else value, attr, data, **kwargs)


class TaxRate(Choice):
    """One of the two notations; numbers are read as the notation they spell (`0.16`, `16`)."""

    _NUMBERS = {Decimal(notation): notation for notation in NOTATIONS if notation not in ("EXENT", "0.00")}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(list(NOTATIONS), **kwargs)

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        if isinstance(value, int | float) and not isinstance(value, bool):
            value = self._NUMBERS.get(Decimal(str(value)), value)
        return super()._deserialize(value, attr, data, **kwargs)


class SupplierCreate(Schema):
    name = Text(required=True, max_length=200)
    phone_number = Text(blank=True, allow_none=True, max_length=20)
    contact_person = Text(blank=True, allow_none=True, max_length=200)
    rfc = Rfc(allow_none=True)
    tax_address = Text(blank=True, allow_none=True, max_length=500)


class SupplierPatch(SupplierCreate):
    pass


class SupplierQuery(ListQuery):
    ordering = Ordering(SUPPLIER_ORDERINGS)


class SupplierOut(Schema):
    id = Integer()
    name = Text()
    phone_number = Text(allow_none=True)
    contact_person = Text(allow_none=True)
    rfc = Text(allow_none=True)
    tax_address = Text(allow_none=True)


class ProductPatch(Schema):
    name = Text(required=True, max_length=200)
    sku = Code(required=True, max_length=64)
    price = Amount(required=True, minimum=0)
    tax_rate = TaxRate()
    current_stock = Integer(minimum=0, maximum=MAX_UNITS)
    low_stock_threshold = Integer(minimum=0, maximum=MAX_UNITS)
    supplier_id = Integer(data_key="supplier", allow_none=True)
    is_active = Boolean()


class ProductCreate(ProductPatch):
    tax_rate = TaxRate(load_default="16.00")
    current_stock = Integer(load_default=0, minimum=0, maximum=MAX_UNITS)
    low_stock_threshold = Integer(load_default=10, minimum=0, maximum=MAX_UNITS)


class ProductQuery(ListQuery):
    ordering = Ordering(PRODUCT_ORDERINGS)
    sku = Code(max_length=64)
    supplier = Integer()
    category_uid = Text(max_length=64)
    low_stock = Boolean()
    is_active = Boolean()


class ProductOut(Schema):
    id = Integer()
    uid = Text()
    name = Text()
    sku = Text()
    price = Text(metadata={"description": "Before tax, two decimals."})
    tax_rate = Text(metadata={"description": "In the notation it was given in."})
    discounted_price = Text(allow_none=True)
    final_price = Text(metadata={"description": "With tax, rounded half-up."})
    current_stock = Integer()
    reserved_quantity = Integer()
    available_to_sell = Integer()
    low_stock = Boolean()
    low_stock_threshold = Integer()
    supplier = Integer(allow_none=True)
    category_uid = Text(allow_none=True)
    is_active = Boolean()
    updated_at = ma.fields.DateTime()


class PromotionPatch(Schema):
    name = Text(required=True, max_length=200)
    description = Text(blank=True, allow_none=True, max_length=2000)
    product_id = Integer(data_key="product", required=True)
    discount_percent = Amount(required=True, minimum=Decimal("0.01"), maximum=100)
    start_date = Date(required=True)
    end_date = Date(required=True)
    target_audience = Choice([EVERYONE, FREQUENT])
    is_active = Boolean()


class PromotionCreate(PromotionPatch):
    description = Text(load_default=None, blank=True, allow_none=True, max_length=2000)
    target_audience = Choice([EVERYONE, FREQUENT], load_default=EVERYONE)
    is_active = Boolean(load_default=True)


class PromotionQuery(ListQuery):
    ordering = Ordering(PROMOTION_ORDERINGS)
    product = Integer()
    target_audience = Choice([EVERYONE, FREQUENT])
    is_active = Boolean()
    running = Boolean(metadata={"description": "Whether it counts today."})


class PromotionOut(Schema):
    id = Integer()
    name = Text()
    description = Text(allow_none=True)
    discount_percent = Text(metadata={"description": "Percent off the price before tax, two decimals."})
    start_date = Date(metadata={"description": "The first day, in the account's time zone."})
    end_date = Date(metadata={"description": "The last day, in the account's time zone."})
    target_audience = Choice([EVERYONE, FREQUENT])
    is_active = Boolean()
    product = Integer()


class DiscountOut(Schema):
    discount_percent = Text()
    start_date = Date()
    end_date = Date()
    target_audience = Choice([EVERYONE, FREQUENT])
    is_active = Boolean()
    product = Integer()


class Reservation(Schema):
    amount = Integer(
        required=True, minimum=-MAX_UNITS, maximum=MAX_UNITS,
        validate=ma.validate.NoneOf([0], error="This value may not be zero."),
    )  # fmt: skip


class ReservationOut(Schema):
    status = Text()
    product = Text()
    reserved_quantity = Integer()
    available_to_sell = Integer()


class HoldLine(Schema):
    product_id = Integer(required=True)
    quantity = Integer(required=True, minimum=1, maximum=MAX_UNITS)


class HoldCreate(Schema):
    order_uid = Text(required=True, max_length=36)
    user_uid = Text(required=True, max_length=UID_LENGTH)
    lines = List(Nested(HoldLine), required=True, empty=False)


class HoldRelease(Schema):
    never_made = Boolean(
        load_default=False, metadata={"description": "The order never came to be; not that it is cancelled."}
    )


class HoldPromotionOut(Schema):
    id = Integer()
    name = Text()
    discount_percent = Text()
    target_audience = Choice([EVERYONE, FREQUENT])


class HoldLineOut(HoldLine):
    product_uid = Text()
    sku = Text()
    name = Text()
    list_price = Text(metadata={"description": "Before tax and discount, two decimals."})
    tax_rate = Choice(["16.00", "8.00", "0.00", "EXENT"])
    promotion = Nested(HoldPromotionOut, allow_none=True)


class HoldOut(Schema):
    order_uid = Text()
    lines = List(Nested(HoldLineOut))


class PriceQuery(Schema):
    user_uid = Text(required=True, max_length=UID_LENGTH)
    lines = List(Nested(HoldLine), required=True, empty=False)


class PriceOut(HoldLineOut):
    available = Integer(metadata={"description": "Units that this user could order now."})


class PricesOut(Schema):
    lines = List(Nested(PriceOut))
