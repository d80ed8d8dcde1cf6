"""`/internal/clients/pin/`: auth asks whose phone and PIN these are; the gateway doesn't route it."""

from __future__ import annotations

from typing import Any

from flask import Response

from chassis.access import internal
from chassis.blueprint import Blueprint
from chassis.json import json_response
from customers.api.client_schemas import ClientLoginOut, PinIn
from customers.runtime import runtime

blp = Blueprint("client_pins", __name__)


@blp.post("/internal/clients/pin/")
@internal("auth")
@blp.body(PinIn)
@blp.response(200, ClientLoginOut)
def check(body: dict[str, Any]) -> Response:
    """The active client with this phone and PIN, `null` for anything else; 429 when the phone's guesses are used up."""
    return json_response({"client": runtime().check_pin(**body)})
