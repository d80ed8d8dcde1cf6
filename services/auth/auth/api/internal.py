"""What the gateway and other services ask this service; never routed from outside."""

from __future__ import annotations

from typing import Any

from flask import Response, g

from auth import queries
from auth.api.endings import respond_and_tell
from auth.api.internal_schemas import ClientsEnded, FoundUsersOut, KindsOut
from auth.api.schemas import RevocationsOut
from auth.runtime import runtime
from auth.usecases.clients import KnownClient, hear_of_clients
from chassis.access import internal
from chassis.blueprint import Blueprint
from chassis.current import database, reading
from chassis.db import ALL_ACCOUNTS, utcnow
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


@blp.post("/uids/")
@internal("customers")
@blp.body(Uids)
@blp.response(200, KindsOut)
def uids(body: dict[str, Any]) -> Response:
    """Whose these uids are, so that a new client gets none that is a user's; deleted users count."""
    with reading() as session:
        found = queries.uids_of_users(session, g.caller.account_id, body["uids"])
    return json_response({"kinds": dict.fromkeys(sorted(found), "user")})


@blp.post("/clients/ended/")
@internal("customers")
@blp.body(ClientsEnded)
@blp.response(204)
def clients_ended(body: dict[str, Any]) -> Response:
    """End the sessions of B2B clients who were switched off, deleted or given another PIN; every gateway hears of it."""
    account_id = g.caller.account_id
    states = [KnownClient.told(each, account_id=account_id, version=each["version"]) for each in body["clients"]]
    revoking = runtime().logins.revoking
    return respond_and_tell(204, hear_of_clients, states=states, now=utcnow(), revoking=revoking)
