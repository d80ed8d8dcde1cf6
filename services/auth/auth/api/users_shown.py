"""Users as two surfaces show them: 001's `/api/users/` and 002's `/api/v1/auth/users/`."""

from __future__ import annotations

from typing import Any

from flask import Response

from auth import queries
from auth.domain.errors import SessionEnded
from auth.domain.models import User
from chassis import conditional
from chassis.access import current_user
from chassis.current import reading
from chassis.ordering import order_by
from chassis.pagination import listed


def my_profile() -> Response:
    """The caller's own profile."""
    with reading() as session:
        row = queries.user(session, current_user().user_id)
    if row is None:
        raise SessionEnded
    return conditional.detail(queries.user_out(row))


def users_listed(query: dict[str, Any]) -> Response:
    """A page of the account's active users; `query` as UserQuery has it."""
    statement = queries.users(
        role=query.get("role"), is_blocked=query.get("is_blocked"), search=query.get("search")
    )  # fmt: skip
    ordering = order_by(query.get("ordering"), queries.ORDERINGS, [User.id])
    with reading() as session:
        return listed(session, statement.order_by(*ordering), query, queries.user_out, enveloped=True)
