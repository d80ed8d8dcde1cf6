"""`/api/auth/register/` and `/api/accounts/`: companies (003 §1, §9)."""

from __future__ import annotations

from typing import Any

from flask import Response

from auth import queries
from auth.api.account_schemas import AccountPatch, Register, RegisterOut
from auth.api.callers import actor, device
from auth.api.schemas import AccountOut
from auth.domain.errors import MayNotChangeAccounts
from auth.domain.plans import MANAGERS
from auth.runtime import runtime
from auth.usecases.accounts import update_account
from chassis import conditional, web
from chassis.access import current_user, public, roles
from chassis.blueprint import Blueprint
from chassis.current import reading, settings
from chassis.json import json_response
from chassis.problems import Invalid, NotFound

blp = Blueprint("accounts", __name__, tag="Accounts", description="Companies.")


@blp.post("/api/auth/register/")
@blp.doc(operationId="registerAccount")
@public
@blp.body(Register)
@blp.response(201, RegisterOut)
def register(body: dict[str, Any]) -> Response:
    """A new account with its OWNER, who is logged in at once."""
    if body["subscription_plan"] not in settings().registration_plans:
        raise Invalid({"subscription_plan": [f'"{body["subscription_plan"]}" is not a valid choice.']})
    owner = {name: body.pop(name) for name in ("email", "password", "full_name")}
    done = runtime().logins.register(
        **owner, plan=body.pop("subscription_plan"), company_email=body.pop("company_email", ""), company=body,
        device=device(),
    )  # fmt: skip
    user = queries.user_out(done.row)
    tokens = {"refresh": done.tokens.refresh, "access": done.tokens.access}
    return json_response({"account": user["account"], "user": user, "tokens": tokens}, 201)


@blp.get("/api/accounts/<int:account_id>/")
@blp.doc(operationId="getAccount")
@blp.response(200, AccountOut)
def retrieve(account_id: int) -> Response:
    """The caller's own company."""
    with reading() as session:
        row = queries.account(session, _mine(account_id))
    if row is None:
        raise NotFound
    return conditional.detail(queries.account_out(row))


@blp.route("/api/accounts/<int:account_id>/", methods=["PUT", "PATCH"])
@blp.doc(operationId="updateAccount")
@roles(*MANAGERS, refusal=MayNotChangeAccounts)
@blp.body(AccountPatch)
@blp.response(200, AccountOut)
def change(body: dict[str, Any], account_id: int) -> Response:
    """Change the company's data; both methods are partial."""
    return web.respond(
        200, update_account, account_id=_mine(account_id), changes=body, precondition=conditional.check_if_match,
        by=actor(),
    )  # fmt: skip


def _mine(account_id: int) -> int:
    # Accounts belong to no account, so no hook keeps these statements within one.
    if account_id != current_user().account_id:
        raise NotFound
    return account_id
