"""`/api/v1/client`: wholesale customers, who log in with phone and PIN (004, Client)."""

from __future__ import annotations

from typing import Any

from flask import Response

from chassis import b2b, schemas
from chassis.access import STAFF, current_user, roles
from chassis.blueprint import Blueprint
from chassis.current import reading, writing
from chassis.problems import NotFound
from chassis.text import lower
from customers import client_queries
from customers.api.client_schemas import ClientActive, ClientOut, ClientUpsert
from customers.runtime import runtime
from customers.usecases.clients import States, delete_clients, set_active

blp = Blueprint("clients", __name__, tag="B2B clients", description="B2B clients.")

_ALL = "/api/v1/client"
_ONE = "/api/v1/client/<uid>"
_READERS = (*STAFF, "CLIENT")
_DELETED = "deleted successfully"


def _own() -> str | None:
    """The uid that a CLIENT is confined to; None for those who see every client."""
    user = current_user()
    return user.uid if user.kind == "client" else None


@blp.post(_ALL)
@blp.doc(operationId="upsertB2BClients")
@blp.batch(ClientUpsert)
@blp.response(200, b2b.UIDS)
def upsert(elements: list[dict[str, Any]]) -> Response:
    """Create or change clients; fields that are left out stay. The uids, in the order of the elements."""
    uids, ended = runtime().client_batches.upsert(elements)
    return _ended(ended, uids)


@blp.get(_ALL)
@blp.doc(operationId="listB2BClients")
@roles(*_READERS)
@blp.query(b2b.OffsetQuery)
@blp.response(200, b2b.page(ClientOut))
def list_clients(query: dict[str, Any]) -> Response:
    """The clients by age; a CLIENT sees itself."""
    with reading() as session:
        return b2b.listed(session, client_queries.clients(_own()), query, client_queries.client_dict)


@blp.get(_ONE)
@blp.doc(operationId="getB2BClient")
@roles(*_READERS)
@blp.response(200, b2b.one(ClientOut))
def show(uid: str) -> Response:
    """One client; for a CLIENT only itself is there."""
    with reading() as session:
        return b2b.found(client_queries.client_by(session, _own(), uid=uid))


@blp.get("/api/v1/client/email/<email>")
@blp.doc(operationId="findB2BClientByEmail")
@roles(*_READERS)
@blp.response(200, b2b.one(ClientOut))
def find_by_email(email: str) -> Response:
    """The client with this e-mail, whatever its case; for a CLIENT only itself is there."""
    with reading() as session:
        return b2b.found(client_queries.client_by(session, _own(), email=lower(email)))


@blp.delete(_ONE)
@blp.doc(operationId="deleteB2BClient")
@blp.response(200, b2b.DONE)
def delete(uid: str) -> Response:
    """Delete a client: its phone and e-mail become free, its tokens end."""
    with writing() as session:
        ended = delete_clients(session, uids=[uid], unknown=NotFound)
    return _ended(ended, _DELETED)


@blp.delete(_ALL)
@blp.doc(operationId="deleteB2BClients")
@blp.batch(schemas.Uid)
@blp.response(200, b2b.DONE)
def delete_batch(uids: list[str]) -> Response:
    """Delete clients; unknown uids are passed over."""
    with writing() as session:
        ended = delete_clients(session, uids=uids)
    return _ended(ended, _DELETED)


@blp.post("/api/v1/client/active")
@blp.doc(operationId="setB2BClientsActive")
@blp.batch(ClientActive)
@blp.response(200, b2b.DONE)
def activate(elements: list[dict[str, Any]]) -> Response:
    """Switch clients on or off; the tokens of one that is switched off end."""
    with writing() as session:
        ended = set_active(session, elements=elements)
    return _ended(ended, "updated successfully")


def _ended(states: States, data: Any) -> Response:
    """Answer once auth has heard whose sessions are over: a client that was switched off is out from this answer on."""
    runtime().auth.clients_ended(states, account_id=current_user().account_id)
    return b2b.answer(data)
