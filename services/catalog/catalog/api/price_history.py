"""`/api/products/{id}/prices/` and `/api/promotions/{id}/changes/`: who set a price or a discount, and when."""

from __future__ import annotations

from typing import Any

import marshmallow as ma
from flask import Response

from catalog import price_queries
from catalog.api.schemas import DiscountOut
from catalog.domain.models import PRICE_SURFACES
from chassis import pagination
from chassis.access import roles
from chassis.blueprint import Blueprint
from chassis.current import reading
from chassis.pagination import ListQuery
from chassis.problems import NotFound
from chassis.schemas import Choice, Date, Integer, Nested, Ordering, Schema, Text

blp = Blueprint("price history", __name__, tag="Price history", description="Who set prices and discounts, and when.")


class ChangeQuery(ListQuery):
    ordering = Ordering(price_queries.CHANGE_ORDERINGS)
    date_from = Date(metadata={"description": "A day of the account's time zone."})
    date_to = Date(metadata={"description": "The last day, included."})


class PriceChangeQuery(ChangeQuery):
    surface = Choice(PRICE_SURFACES)


class ChangeOut(Schema):
    id = Integer()
    user_uid = Text(metadata={"description": "The user who made the change."})
    user_name = Text(metadata={"description": "The user's name at the time of the change."})
    created_at = ma.fields.DateTime()


class PriceChangeOut(ChangeOut):
    price_before = Text(allow_none=True, metadata={"description": "Before tax; null for a new product."})
    price_after = Text(metadata={"description": "Before tax, two decimals."})
    tax_rate_before = Text(allow_none=True, metadata={"description": "Null for a new product."})
    tax_rate_after = Text()
    surface = Choice(PRICE_SURFACES, metadata={"description": "The till's API, the B2B API or a product file."})


class PromotionChangeOut(ChangeOut):
    before = Nested(DiscountOut, allow_none=True, metadata={"description": "Null for a new promotion."})
    after = Nested(DiscountOut, allow_none=True, metadata={"description": "Null for a deleted promotion."})


@blp.get("/api/products/<int:product_id>/prices/")
@blp.doc(operationId="listPriceChanges")
@roles("ADMIN", "OWNER")
@blp.query(PriceChangeQuery)
@blp.response(200, PriceChangeOut(many=True))
def list_prices(query: dict[str, Any], product_id: int) -> Response:
    """Every change of a product's price or tax rate, newest first; a deleted product keeps its history."""
    with reading() as session:
        if not price_queries.product_exists(session, product_id):
            raise NotFound
        found = price_queries.price_changes(session, product_id, query)
        return pagination.listed(session, found, query, price_queries.change_out)


@blp.get("/api/promotions/<int:promotion_id>/changes/")
@blp.doc(operationId="listPromotionChanges")
@roles("ADMIN", "OWNER")
@blp.query(ChangeQuery)
@blp.response(200, PromotionChangeOut(many=True))
def list_promotion_changes(query: dict[str, Any], promotion_id: int) -> Response:
    """Every change of a promotion's discount, dates, product or audience, newest first; also of a deleted one."""
    with reading() as session:
        if not price_queries.promotion_exists(session, promotion_id):
            raise NotFound
        found = price_queries.promotion_changes(session, promotion_id, query)
        return pagination.listed(session, found, query, price_queries.change_out)
