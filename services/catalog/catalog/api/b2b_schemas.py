"""The shapes of requests and answers of the B2B catalogue (004), and who may do what there."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import marshmallow as ma

from catalog.api.schemas import MAX_UNITS
from catalog.domain.b2b_models import NAME_LENGTH, RATE_PLACES
from catalog.domain.languages import normalized
from chassis.access import current_user
from chassis.schemas import Amount, Boolean, Integer, List, Nested, Schema, Text, Uid

WRITERS = ("ADMIN", "OWNER")
READERS = ("ADMIN", "OWNER", "EMPLOYEE", "CLIENT")
MAX_RATE = 10**9


def active_only() -> bool:
    """Whether the caller sees only what is for sale: a wholesale client."""
    return current_user().kind == "client"


class Reference(Uid):
    """The uid of another row, or none: null, or the empty text that some systems send instead."""

    def __init__(self) -> None:
        super().__init__(allow_none=True, blank=True)

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        return super()._deserialize(value, attr, data, **kwargs) or None


class Language(Text):
    """A BCP 47 tag, in its usual spelling."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        tag = normalized(super()._deserialize(value, attr, data, **kwargs))
        if tag is None:
            raise ma.ValidationError('Enter a language tag such as "en" or "es-MX".')
        return tag


class CurrencyCode(Text):
    """A code in the form of ISO 4217, in capitals."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(pattern="[A-Z]{3}", pattern_message='Enter a currency code such as "USD".', **kwargs)

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        ascii_only = isinstance(value, str) and value.isascii()  # "uß" in capitals would be USS
        return super()._deserialize(value.upper() if ascii_only else value, attr, data, **kwargs)


class ProductUpsert(Schema):
    uid = Uid()
    price = Amount(minimum=0)
    quantity = Integer(minimum=0, maximum=MAX_UNITS)
    category_uid = Reference()
    is_active = Boolean(data_key="active")


class ProductStock(Schema):
    uid = Uid(required=True)
    quantity = Integer(required=True, minimum=0, maximum=MAX_UNITS)


class ProductActive(Schema):
    uid = Uid(required=True)
    is_active = Boolean(data_key="active", required=True)


class B2bProductOut(Schema):
    uid = Text()
    name = Text()
    sku = Text()
    price = Amount()
    quantity = Integer(metadata={"description": "Units in stock."})
    category_uid = Text(allow_none=True)
    active = Boolean()
    updated_at = ma.fields.DateTime()


class ProductDescriptionKey(Schema):
    product_uid = Uid(required=True)
    language = Language(required=True)


class ProductDescriptionUpsert(ProductDescriptionKey):
    name = Text(max_length=NAME_LENGTH)
    description = Text(blank=True, max_length=10_000)


class ProductDescriptionOut(Schema):
    product_uid = Text()
    language = Text()
    name = Text()
    description = Text()


class CategoryUpsert(Schema):
    uid = Uid()
    parent_uid = Reference()


class CategoryOut(Schema):
    uid = Text()
    parent_uid = Text(allow_none=True)


class CategoryDescriptionKey(Schema):
    category_uid = Uid(required=True)
    language = Language(required=True)


class CategoryDescriptionUpsert(CategoryDescriptionKey):
    name = Text(max_length=NAME_LENGTH)
    description = Text(blank=True, max_length=10_000)


class CategoryDescriptionOut(Schema):
    category_uid = Text()
    language = Text()
    name = Text()
    description = Text()


class CurrencyUpsert(Schema):
    code = CurrencyCode(required=True)
    name = Text(max_length=NAME_LENGTH)
    rate = Amount(places=RATE_PLACES, digits=18, minimum=Decimal(1).scaleb(-RATE_PLACES), maximum=MAX_RATE)


class CurrencyOut(Schema):
    code = Text()
    name = Text()
    rate = Amount(places=RATE_PLACES)


class AttributeUpsert(Schema):
    uid = Uid()
    product_uid = Uid()
    value_uid = Uid()


class AttributeOut(Schema):
    uid = Text()
    product_uid = Text()
    value_uid = Text()


class AttributeDescriptionKey(Schema):
    attribute_uid = Uid(required=True)
    language = Language(required=True)


class AttributeDescriptionUpsert(AttributeDescriptionKey):
    name = Text(max_length=NAME_LENGTH)


class AttributeDescriptionOut(Schema):
    attribute_uid = Text()
    language = Text()
    name = Text()


class AttributeValueKey(Schema):
    uid = Uid(required=True)
    language = Language(required=True)


class AttributeValueUpsert(AttributeValueKey):
    name = Text(max_length=NAME_LENGTH)


class AttributeValueOut(Schema):
    uid = Text()
    language = Text()
    name = Text()


class FoundProductOut(Schema):
    product_uid = Text()
    name = Text()
    price = Text()
    is_active = Boolean()


class FoundProductsOut(Schema):
    products = List(Nested(FoundProductOut))
