"""`/api/v1/auth/users/`: users as 002 asks for them; they are made and changed at `/api/users/`."""

from __future__ import annotations

from typing import Any

from flask import Response

from auth import queries
from auth.api.schemas import UserOut, UserPage, UserQuery
from auth.domain.errors import SessionEnded
from auth.domain.models import User
from auth.domain.plans import MANAGERS
from chassis import conditional
from chassis.access import current_user, roles
from chassis.blueprint import Blueprint
from chassis.current import reading
from chassis.ordering import order_by
from chassis.pagination import listed
from chassis.problems import Forbidden, NotFound

blp = Blueprint("device_users", __name__, url_prefix="/api/v1/auth/users")


@blp.get("/me/")
@blp.response(200, UserOut)
def me() -> Response:
    """The caller's own profile."""
    with reading() as session:
        row = queries.user(session, current_user().user_id)
    if row is None:
        raise SessionEnded
    return conditional.detail(queries.user_out(row))


@blp.get("/")
@roles(*MANAGERS)
@blp.query(UserQuery)
@blp.response(200, UserPage)
def index(query: dict[str, Any]) -> Response:
    """The account's active users."""
    statement = queries.users(
        role=query.get("role"), is_blocked=query.get("is_blocked"), search=query.get("search")
    )  # fmt: skip
    ordering = order_by(query.get("ordering"), queries.ORDERINGS, [User.id])
    with reading() as session:
        return listed(session, statement.order_by(*ordering), query, queries.user_out, enveloped=True)


@blp.get("/<int:user_id>/")
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
