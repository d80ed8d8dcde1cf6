"""`/api/customers/{id}/points/` and `…/history/`: points by hand, and the points ledger (001, 14 and 15)."""

from __future__ import annotations

from typing import Any

from flask import Response

from chassis import idempotency, web
from chassis.access import current_user
from chassis.blueprint import Blueprint
from chassis.current import reading, settings
from chassis.pagination import listed
from customers import queries
from customers.api.schemas import PointsChange, PointsChangeOut, PointsHistoryQuery, PointsTransactionOut
from customers.usecases.manual_points import record_points

blp = Blueprint("points", __name__, tag="Loyalty points", description="The loyalty points ledger.")


@blp.post("/api/customers/<int:customer_id>/points/")
@blp.doc(operationId="changePoints")
@idempotency.idempotent
@blp.body(PointsChange)
@blp.response(201, PointsChangeOut)
def change_points(body: dict[str, Any], customer_id: int) -> Response:
    """Add, redeem or correct a customer's points. What an EMPLOYEE adds in a day is capped; the ledger keeps who did it."""
    user = current_user()
    return web.respond(
        201, record_points, customer_id=customer_id, actor_uid=user.uid, daily_cap=_daily_cap(user.role), **body
    )


@blp.get("/api/customers/<int:customer_id>/history/")
@blp.doc(operationId="listPointsHistory")
@blp.query(PointsHistoryQuery)
@blp.response(200, PointsTransactionOut(many=True))
def history(query: dict[str, Any], customer_id: int) -> Response:
    """Everything that changed a customer's points, newest first."""
    with reading() as session:
        return listed(session, queries.points_history(session, customer_id, query), query, lambda row: row._asdict())


def _daily_cap(role: str) -> int | None:
    return (settings().points_by_hand_per_day or None) if role == "EMPLOYEE" else None
