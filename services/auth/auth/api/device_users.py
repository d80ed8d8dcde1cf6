"""`/api/v1/auth/users/`: users as 002 asks for them; they are made and changed at `/api/users/`."""

from __future__ import annotations

from typing import Any

from flask import Response

from auth import queries
from auth.api.schemas import UserOut, UserPage, UserQuery
from auth.api.users_shown import my_profile, users_listed
from auth.domain.plans import MANAGERS
from chassis import conditional
from chassis.access import current_user, roles
from chassis.blueprint import Blueprint
from chassis.current import reading
from chassis.problems import Forbidden, NotFound

blp = Blueprint(
    "device_users",
    __name__,
    tag="Device users",
    url_prefix="/api/v1/auth/users",
    description="The people of a company.",
)


@blp.get("/me/")
@blp.doc(operationId="getDeviceMe")
@blp.response(200, UserOut)
def me() -> Response:
    """The caller's own profile."""
    return my_profile()


@blp.get("/")
@blp.doc(operationId="listDeviceUsers")
@roles(*MANAGERS)
@blp.query(UserQuery)
@blp.response(200, UserPage)
def index(query: dict[str, Any]) -> Response:
    """The account's active users."""
    return users_listed(query)


@blp.get("/<int:user_id>/")
@blp.doc(operationId="getDeviceUser")
@blp.response(200, UserOut)
def detail(user_id: int) -> Response:
    """An active user of the account; an employee sees no one but themselves."""
    caller = current_user()
    if caller.role not in MANAGERS and user_id != caller.user_id:
        raise Forbidden
    with reading() as session:
        row = queries.user(session, user_id)
    if row is None:
        raise NotFound
    return conditional.detail(queries.user_out(row))
