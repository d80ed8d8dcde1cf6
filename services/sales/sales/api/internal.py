"""What other services ask of orders; never routed by the gateway."""

from __future__ import annotations

from flask import Response

from chassis.access import internal
from chassis.blueprint import Blueprint
from chassis.current import database
from chassis.db import ALL_ACCOUNTS, tenant
from chassis.json import json_response
from chassis.problems import NotFound
from sales import queries
from sales.api import schemas

blp = Blueprint("internal", __name__, description="For other services")


@blp.get("/internal/orders/<string:order_uid>/")
@internal("catalog", "customers")
@blp.response(200, schemas.OrderStatusOut)
def order_status(order_uid: str) -> Response:
    """What became of an order: how a service settles what it holds for one."""
    # Uids are unique across accounts; a caller that names an account sees that one only.
    with database().read(ALL_ACCOUNTS if tenant() is None else None) as session:
        found = queries.order_status(session, order_uid)
    if found is None:
        raise NotFound
    return json_response(found)
