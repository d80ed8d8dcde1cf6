"""`/api/v1/user`: the account's users in batches (004, User)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Response

from auth import b2b_queries
from auth.api.b2b_schemas import B2bUserOut, B2bUserUpsert
from auth.api.callers import ending
from auth.api.endings import done_and_tell
from auth.api.own_names import confirmed_batch
from auth.domain.plans import MANAGERS
from auth.runtime import runtime
from auth.usecases.b2b_users import delete_by_uid
from chassis import b2b, schemas
from chassis.access import current_user, roles
from chassis.blueprint import Blueprint
from chassis.current import reading
from chassis.problems import NotFound

blp = Blueprint("b2b_users", __name__, tag="B2B users", description="Users in batches.")

_ALL = "/api/v1/user"
_ONE = "/api/v1/user/<uid>"


@blp.post(_ALL)
@blp.doc(operationId="upsertB2BUsers")
@roles(*MANAGERS)
@blp.batch(B2bUserUpsert)
@blp.response(200, b2b.UIDS)
def upsert(elements: Sequence[dict[str, Any]]) -> Response:
    """Create or change users; fields that are left out stay. The uids, in the order of the elements."""
    elements = confirmed_batch(elements)
    uids = runtime().user_batches.upsert(elements, account_id=current_user().account_id, ending=ending())
    runtime().logins.tell_gateways()
    return b2b.answer(uids)


@blp.get(_ALL)
@blp.doc(operationId="listB2BUsers")
@roles(*MANAGERS)
@blp.query(b2b.OffsetQuery)
@blp.response(200, b2b.page(B2bUserOut))
def list_users(query: dict[str, Any]) -> Response:
    """The account's active users by age."""
    with reading() as session:
        return b2b.listed(session, b2b_queries.users(), query, b2b_queries.user_out)


@blp.get(_ONE)
@blp.doc(operationId="getB2BUser")
@roles(*MANAGERS)
@blp.response(200, b2b.one(B2bUserOut))
def show(uid: str) -> Response:
    """One user."""
    with reading() as session:
        return _found(b2b_queries.user_by_uid(session, uid))


@blp.get("/api/v1/user/email/<email>")
@blp.doc(operationId="findB2BUserByEmail")
@roles(*MANAGERS)
@blp.response(200, b2b.one(B2bUserOut))
def find_by_email(email: str) -> Response:
    """The user with this e-mail, whatever its case."""
    with reading() as session:
        return _found(b2b_queries.user_by_name(session, "email", email))


@blp.get("/api/v1/user/username/<username>")
@blp.doc(operationId="findB2BUserByUsername")
@roles(*MANAGERS)
@blp.response(200, b2b.one(B2bUserOut))
def find_by_username(username: str) -> Response:
    """The user with this username, whatever its case."""
    with reading() as session:
        return _found(b2b_queries.user_by_name(session, "username", username))


@blp.delete(_ONE)
@blp.doc(operationId="deleteB2BUser")
@roles(*MANAGERS)
@blp.response(200, b2b.DONE)
def delete(uid: str) -> Response:
    """Delete a user: its sessions end, its place in the plan is free."""
    return _delete("user deleted successfully", [uid], unknown=NotFound)


@blp.delete(_ALL)
@blp.doc(operationId="deleteB2BUsers")
@roles(*MANAGERS)
@blp.batch(schemas.Uid)
@blp.response(200, b2b.DONE)
def delete_batch(uids: list[str]) -> Response:
    """Delete users; unknown uids are passed over."""
    return _delete("users deleted successfully", uids)


def _delete(message: str, uids: list[str], unknown: type[NotFound] | None = None) -> Response:
    account_id = current_user().account_id
    return done_and_tell(message, delete_by_uid, account_id=account_id, uids=uids, ending=ending(), unknown=unknown)


def _found(user: Any | None) -> Response:
    return b2b.found(user and b2b_queries.user_out(user))
