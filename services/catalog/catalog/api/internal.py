"""What sales asks: the stock of an order, taken before the order is stored and given back; products of B2B orders by uid."""

from __future__ import annotations

from typing import Any

from flask import Response

from catalog import b2b_queries
from catalog.api.b2b_schemas import FoundProductsOut
from catalog.api.schemas import HoldCreate, HoldOut, HoldRelease, PriceQuery, PricesOut
from catalog.domain.models import CANCEL, RELEASE
from catalog.usecases.holds import place_hold
from catalog.usecases.quote_prices import quote_prices
from catalog.usecases.releases import release_holds
from chassis import web
from chassis.access import internal
from chassis.blueprint import Blueprint
from chassis.current import reading
from chassis.failpoints import failpoint
from chassis.json import json_response
from chassis.schemas import Uids

blp = Blueprint("internal", __name__, description="Between services; not routed by the gateway.")


@blp.post("/internal/holds/")
@internal("sales")
@blp.body(HoldCreate)
@blp.response(200, HoldOut)
def hold(body: dict[str, Any]) -> Response:
    """Take the stock of an order, all or nothing; idempotent by `order_uid`."""
    answer = web.respond(200, place_hold, **body)
    failpoint("hold.committed")
    return answer


@blp.post("/internal/holds/<order_uid>/release/")
@internal("sales")
@blp.body(HoldRelease)
@blp.response(204)
def release(body: dict[str, Any], order_uid: str) -> Response:
    """Give the stock of an order back; again, or for an unknown order, it changes nothing but refuses late holds."""
    return web.respond(204, release_holds, [order_uid], kind=RELEASE if body["never_made"] else CANCEL)


@blp.post("/internal/products/")
@internal("sales")
@blp.body(Uids)
@blp.response(200, FoundProductsOut)
def products(body: dict[str, Any]) -> Response:
    """The living products of these uids; unknown ones are left out."""
    with reading() as session:
        return json_response({"products": b2b_queries.found_products(session, **body)})


@blp.post("/internal/prices/")
@internal("sales")
@blp.body(PriceQuery)
@blp.response(200, PricesOut)
def prices(body: dict[str, Any]) -> Response:
    """What a hold of these lines would answer, and what there is of each product; changes nothing."""
    with reading() as session:
        return json_response(quote_prices(session, **body))
