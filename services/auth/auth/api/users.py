"""`/api/users/`: one's own profile, and the account's users (001 §3–5, 003 §4–7)."""

from __future__ import annotations

from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from auth import queries
from auth.api.schemas import ProfilePatch, UserCreate, UserOut, UserPage, UserQuery
from auth.domain.errors import NotAnInventarista, SessionEnded
from auth.domain.models import User
from auth.domain.plans import MANAGERS
from auth.runtime import runtime
from auth.usecases.users import EMAIL_TAKEN, create_user, update_user
from chassis import conditional, idempotency, web
from chassis.access import current_user, roles
from chassis.blueprint import Blueprint
from chassis.current import reading
from chassis.ordering import order_by
from chassis.pagination import listed

blp = Blueprint("users", __name__, url_prefix="/api/users")

EMAIL_TAKEN_003 = "Este email ya está registrado"


@blp.get("/me/")
@blp.response(200, UserOut)
def me() -> Response:
    """The caller's own profile."""
    with reading() as session:
        row = queries.user(session, current_user().user_id)
    if row is None:
        raise SessionEnded
    return conditional.detail(queries.user_out(row))


@blp.route("/me/", methods=["PUT", "PATCH"])
@blp.body(ProfilePatch)
@blp.response(200, UserOut)
def update_me(body: dict[str, Any]) -> Response:
    """Change one's own profile; what is left out stays, for PUT too."""
    return web.respond(200, _update, current_user().user_id, body)


def _update(session: Session, user_id: int, changes: dict[str, Any]) -> dict[str, Any]:
    row = queries.user(session, user_id, locked=True)
    if row is None:
        raise SessionEnded
    conditional.check_if_match(queries.user_out(row))
    return update_user(session, user_id=user_id, changes=changes)


@blp.get("/")
@roles(*MANAGERS)
@blp.query(UserQuery)
@blp.response(200, UserPage)
def index(query: dict[str, Any]) -> Response:
    """The account's active users."""
    statement = queries.users(role=query.get("role"), search=query.get("search"))
    ordering = order_by(query.get("ordering"), queries.ORDERINGS, [User.id])
    with reading() as session:
        return listed(session, statement.order_by(*ordering), query, queries.user_out, enveloped=True)


@blp.post("/")
@roles(*MANAGERS, refusal=NotAnInventarista)
@idempotency.idempotent
@blp.body(UserCreate)
@blp.response(201, UserOut)
def create(body: dict[str, Any]) -> Response:
    """A new user of the caller's account, within its plan's limit."""
    in_short = "username" not in body  # 003's body; its e-mail is its login name
    password_hash = runtime().passwords.hash(body.pop("password"))
    words = EMAIL_TAKEN_003 if in_short else EMAIL_TAKEN
    person = {"username": body["email"], **body}
    account_id = current_user().account_id
    return web.respond(
        201, create_user, account_id=account_id, password_hash=password_hash, email_taken=words, **person
    )
