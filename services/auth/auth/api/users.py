"""`/api/users/`: one's own profile, and the account's users (001 §3–6, 003 §4–8)."""

from __future__ import annotations

from typing import Any

from flask import Response

from auth import queries
from auth.api.callers import actor, device, ending
from auth.api.endings import respond_and_tell
from auth.api.own_names import confirmed
from auth.api.schemas import (
    Block,
    MessageOut,
    PasswordChange,
    ProfilePatch,
    UserCreate,
    UserOut,
    UserPage,
    UserPatch,
    UserQuery,
)
from auth.api.secret_bodies import with_secrets
from auth.api.users_shown import my_profile, users_listed
from auth.domain.errors import (
    MayNotBlockUsers,
    MayNotChangeUsers,
    MayNotDeleteUsers,
    NameTaken,
    NotAnInventarista,
    SessionEnded,
)
from auth.domain.plans import MANAGERS
from auth.runtime import runtime
from auth.usecases.users import NewUser, block_user, create_user, delete_user, update_user
from chassis import conditional, idempotency, web
from chassis.access import current_user, roles
from chassis.blueprint import Blueprint
from chassis.conditional import check_if_match
from chassis.current import reading
from chassis.json import json_response
from chassis.problems import NotFound

blp = Blueprint("users", __name__, tag="Users", url_prefix="/api/users", description="The people of a company.")


@blp.get("/me/")
@blp.doc(operationId="getMe")
@blp.response(200, UserOut)
def me() -> Response:
    """The caller's own profile."""
    return my_profile()


@blp.route("/me/", methods=["PUT", "PATCH"])
@blp.doc(operationId="updateMe")
@blp.body(ProfilePatch)
@blp.response(200, UserOut)
def change_me(body: dict[str, Any]) -> Response:
    """Change one's own profile; what is left out stays, for PUT too. Another e-mail or username wants `current_password`."""
    changes = confirmed(body)
    return web.respond(
        200, update_user, user_id=current_user().user_id, changes=changes, unknown=SessionEnded, **_how()
    )


@blp.post("/me/password/")
@blp.doc(operationId="changeMyPassword")
@blp.body(PasswordChange)
@blp.response(200, MessageOut)
def change_my_password(body: dict[str, Any]) -> Response:
    """Change one's own password, which ends one's other sessions."""
    user = current_user()
    runtime().logins.change_password(
        user_id=user.user_id, sid=user.sid, current=body["current_password"], new=body["new_password"], device=device(),
        ending=ending(),
    )  # fmt: skip
    return json_response({"message": "Contraseña actualizada exitosamente"})


@blp.get("/")
@blp.doc(operationId="listUsers")
@roles(*MANAGERS)
@blp.query(UserQuery)
@blp.response(200, UserPage)
def index(query: dict[str, Any]) -> Response:
    """The account's active users."""
    return users_listed(query)


@blp.post("/")
@blp.doc(operationId="createUser")
@roles(*MANAGERS, refusal=NotAnInventarista)
@with_secrets
@idempotency.idempotent
@blp.body(UserCreate)
@blp.response(201, UserOut)
def create(body: dict[str, Any]) -> Response:
    """A new user of the caller's account, within its plan's limit."""
    in_short = "username" not in body  # 003's body; its e-mail is its login name
    words = NameTaken.words_003 if in_short else NameTaken.words
    with runtime().room.for_one():
        password_hash = runtime().passwords.hash(body.pop("password"))
    person = NewUser(**{"username": body["email"], **body}, password_hash=password_hash)
    return web.respond(201, create_user, account_id=current_user().account_id, person=person, by=actor(), words=words)


@blp.get("/<int:user_id>/")
@blp.doc(operationId="getUser")
@roles(*MANAGERS)
@blp.response(200, UserOut)
def retrieve(user_id: int) -> Response:
    """An active user of the account."""
    with reading() as session:
        row = queries.user(session, user_id)
    if row is None:
        raise NotFound
    return conditional.detail(queries.user_out(row))


@blp.route("/<int:user_id>/", methods=["PUT", "PATCH"])
@blp.doc(operationId="updateUser")
@roles(*MANAGERS, refusal=MayNotChangeUsers)
@blp.body(UserPatch)
@blp.response(200, UserOut)
def change(body: dict[str, Any], user_id: int) -> Response:
    """Change a user, the role too; both methods are partial. One's own e-mail and username want `current_password`."""
    changes = confirmed(body) if user_id == current_user().user_id else body
    changes.pop("current_password", None)
    return respond_and_tell(200, update_user, user_id=user_id, changes=changes, **_how())


@blp.delete("/<int:user_id>/")
@blp.doc(operationId="deleteUser")
@roles(*MANAGERS, refusal=MayNotDeleteUsers)
@blp.response(204)
def delete(user_id: int) -> Response:
    """Deactivate a user; logged out everywhere from this answer on."""
    return respond_and_tell(204, delete_user, user_id=user_id, **_how())


@blp.put("/<int:user_id>/block/")
@blp.doc(operationId="blockUser")
@roles(*MANAGERS, refusal=MayNotBlockUsers)
@blp.body(Block)
@blp.response(200, UserOut)
def block(body: dict[str, Any], user_id: int) -> Response:
    """Block a user, who is logged out everywhere from this answer on, or lift the block."""
    return respond_and_tell(200, block_user, user_id=user_id, **body, **_how())


def _how() -> dict[str, Any]:
    return {"account_id": current_user().account_id, "precondition": check_if_match, "ending": ending()}
