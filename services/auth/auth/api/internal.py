"""What the gateway asks this service; never routed from outside."""

from __future__ import annotations

from flask import Response

from auth import queries
from auth.api.schemas import RevocationsOut
from chassis.access import internal
from chassis.blueprint import Blueprint
from chassis.current import database
from chassis.db import ALL_ACCOUNTS
from chassis.json import json_response

blp = Blueprint("internal", __name__, url_prefix="/internal")


@blp.get("/revocations/")
@internal("gateway")
@blp.response(200, RevocationsOut)
def revocations() -> Response:
    """Every revoked session that may still have a live access token: what a gateway loads when it starts."""
    with database().read(ALL_ACCOUNTS) as session:
        return json_response({"revocations": queries.revocations(session)})
