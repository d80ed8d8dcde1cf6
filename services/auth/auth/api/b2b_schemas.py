"""Bodies in and answers out of the B2B surface (004)."""

from __future__ import annotations

from typing import Any

import marshmallow as ma

from auth.api.schemas import LoginName, Password, Username
from auth.domain.plans import ROLES
from auth.domain.principals import CLIENT
from chassis import schemas

_USER_FIELDS, _CLIENT_FIELDS = ("username", "password"), ("phone", "pin_code")
_ROLES = [role.lower() for role in ROLES]  # this surface's spelling
_EITHER = "Give either username and password, or phone and pin_code."


class B2bLogin(schemas.Schema):
    """A user's `username` (or e-mail) and `password`, or a client's `phone` and `pin_code`."""

    username = LoginName()
    password = Password()
    phone = schemas.Text(max_length=40)
    pin_code = schemas.Text(max_length=64)

    @ma.validates_schema(skip_on_field_errors=True)
    def _one_kind(self, data: dict[str, Any], **_: Any) -> None:
        given = [fields for fields in (_USER_FIELDS, _CLIENT_FIELDS) if any(name in data for name in fields)]
        if len(given) != 1:
            raise ma.ValidationError(_EITHER)
        if missing := [name for name in given[0] if name not in data]:
            raise ma.ValidationError({name: ["This field is required."] for name in missing})


class B2bRefresh(schemas.Schema):
    """A refresh token."""

    refresh_token = schemas.Text(required=True, max_length=4096)


class B2bTokensOut(schemas.Schema):
    """A pair of tokens and whose it is; `expires_in` seconds."""

    access_token = schemas.Text()
    refresh_token = schemas.Text()
    token_type = schemas.Text()
    expires_in = schemas.Integer()
    expires_at = ma.fields.AwareDateTime()
    entity_type = schemas.Choice(("user", "client"))
    entity_uid = schemas.Text()


class MeUserOut(schemas.Schema):
    """The user who is logged in."""

    uid = schemas.Text()
    username = schemas.Text()
    email = schemas.Text()
    first_name = schemas.Text()
    last_name = schemas.Text()
    role = schemas.Choice(_ROLES)


class MeClientOut(schemas.Schema):
    """The client who is logged in."""

    uid = schemas.Text()
    name = schemas.Text()
    email = schemas.Text(allow_none=True)
    phone = schemas.Text()
    role = schemas.Choice([CLIENT.lower()])


class TokenInfoOut(schemas.Schema):
    """The access token that was presented; `token_uid` names its session, which refreshing keeps."""

    token_uid = schemas.Text()
    issued_at = ma.fields.AwareDateTime()
    expires_at = ma.fields.AwareDateTime()


class MeOut(schemas.Schema):
    """Who is logged in: `user` or `client`, as `entity_type` says."""

    entity_type = schemas.Choice(("user", "client"))
    user = schemas.Nested(MeUserOut, metadata={"optional": True})
    client = schemas.Nested(MeClientOut, metadata={"optional": True})
    token_info = schemas.Nested(TokenInfoOut)


class TokenOut(schemas.Schema):
    """A live session and its newest access token."""

    token_uid = schemas.Text()
    issued_at = ma.fields.AwareDateTime()
    expires_at = ma.fields.AwareDateTime()
    last_used = ma.fields.AwareDateTime()
    user_agent = schemas.Text()
    ip_address = schemas.Text()
    is_current = schemas.Boolean()


class B2bUserUpsert(schemas.Schema):
    """A user as far as given. A new one needs `username`, `email` and `password`, and is an employee unless told otherwise."""

    uid = schemas.Uid()
    username = Username()
    email = schemas.Email(max_length=254)
    password = Password(checked=True)
    current_password = Password(description="Wanted with another e-mail or username of one's own.")
    first_name = schemas.Text(blank=True, max_length=150)
    last_name = schemas.Text(blank=True, max_length=150)
    user_role = schemas.Choice(_ROLES, normalize=str.lower)

    @ma.post_load
    def _as_kept(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        if "user_role" in data:
            data["role"] = data.pop("user_role").upper()
        return data


class B2bUserOut(MeUserOut):
    """A user of the account; `user_role` is `role` under the name that the upsert takes."""

    user_role = schemas.Choice(_ROLES)
    phone_number = schemas.Text()
    is_blocked = schemas.Boolean()
    created_at = ma.fields.AwareDateTime()
