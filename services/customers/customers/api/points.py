"""`/api/customers/{id}/history/`: the points ledger (001, 15)."""

from __future__ import annotations

from typing import Any

from flask import Response

from chassis.blueprint import Blueprint
from chassis.current import reading
from chassis.pagination import listed
from customers import queries
from customers.api.schemas import HistoryQuery, PointsTransactionOut

blp = Blueprint("points", __name__, description="The loyalty points ledger.")


@blp.get("/api/customers/<int:customer_id>/history/")
@blp.query(HistoryQuery)
@blp.response(200, PointsTransactionOut(many=True))
def history(query: dict[str, Any], customer_id: int) -> Response:
    """Everything that changed a customer's balance, newest first."""
    with reading() as session:
        return listed(session, queries.history(session, customer_id, query), query, lambda row: row._asdict())
