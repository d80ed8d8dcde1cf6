"""What the gateway and other services ask this service; never routed from outside."""

from __future__ import annotations

from typing import Any

from flask import Response

from auth import queries
from auth.api.internal_schemas import FoundUsersOut
from auth.api.schemas import RevocationsOut
from chassis.access import internal
from chassis.blueprint import Blueprint
from chassis.current import database, reading
from chassis.db import ALL_ACCOUNTS
from chassis.json import json_response
from chassis.schemas import Uids

blp = Blueprint("internal", __name__, url_prefix="/internal")


@blp.get("/revocations/")
@internal("gateway")
@blp.response(200, RevocationsOut)
def revocations() -> Response:
    """Every revoked session that may still have a live access token: what a gateway loads when it starts."""
    with database().read(ALL_ACCOUNTS) as session:
        return json_response({"revocations": queries.revocations(session)})


@blp.post("/users/")
@internal("sales")
@blp.body(Uids)
@blp.response(200, FoundUsersOut)
def users(body: dict[str, Any]) -> Response:
    """The users of these uids who were not deleted, for what refers to them; unknown ones are left out."""
    with reading() as session:
        return json_response({"users": queries.found_users(session, **body)})
