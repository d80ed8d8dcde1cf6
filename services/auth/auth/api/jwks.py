"""The public keys that everyone verifies access tokens with."""

from __future__ import annotations

from flask import Response

from auth.api.schemas import KeySetOut
from auth.runtime import runtime
from chassis.access import public
from chassis.blueprint import Blueprint
from chassis.json import json_response

blp = Blueprint("jwks", __name__, tag="Login")


@blp.get("/api/auth/jwks/")
@blp.doc(operationId="getSigningKeys")
@public
@blp.response(200, KeySetOut)
def key_set() -> Response:
    """The keys in force: the one that signs, the one before it, the one to come."""
    return json_response(runtime().keystore.document())


@blp.get("/.well-known/jwks.json")
@blp.doc(operationId="getWellKnownSigningKeys")
@public
@blp.response(200, KeySetOut)
def well_known_key_set() -> Response:
    """The same keys, where JWT libraries look for them."""
    return key_set()
