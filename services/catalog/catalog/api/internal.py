"""`/internal/holds/`: sales takes the stock of an order before it stores the order, and gives it back."""

from __future__ import annotations

from typing import Any

from flask import Response

from catalog.api.schemas import HoldCreate, HoldOut
from catalog.usecases.holds import place_hold
from catalog.usecases.releases import release_holds
from chassis import web
from chassis.access import internal
from chassis.blueprint import Blueprint
from chassis.failpoints import failpoint

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
@blp.response(204)
def release(order_uid: str) -> Response:
    """Give the stock of an order back; again, or for an unknown order, it changes nothing but refuses late holds."""
    return web.respond(204, release_holds, [order_uid])
