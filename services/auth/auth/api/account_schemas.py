"""Bodies in and answers out of registration and accounts (003 §1, §9)."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import marshmallow as ma

from auth.api.schemas import AccountOut, FullName, Password, TokensOut, UserOut
from auth.domain.plans import FREEMIUM, PLANS
from auth.domain.regions import CURRENCIES, time_zones
from chassis import schemas
from chassis.text import cut

_OPTIONAL: dict[str, Any] = {"blank": True, "allow_none": True}


class _Listed(schemas.Text):
    """A code of a list that is too long to print with every route."""

    def __init__(self, listed: Callable[[], Collection[str]], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.listed = listed

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        code = super()._deserialize(value, attr, data, **kwargs)
        if code not in self.listed():
            raise ma.ValidationError(f'"{cut(code)}" is not a valid choice.')
        return code


class _Company(schemas.Schema):
    street = schemas.Text(max_length=200, **_OPTIONAL)
    exterior_number = schemas.Text(max_length=20, **_OPTIONAL)
    interior_number = schemas.Text(max_length=20, **_OPTIONAL)
    neighborhood = schemas.Text(max_length=100, **_OPTIONAL)
    postal_code = schemas.Text(max_length=10, **_OPTIONAL)
    city = schemas.Text(max_length=100, **_OPTIONAL)
    state = schemas.Text(max_length=100, **_OPTIONAL)
    country = schemas.Text(max_length=100, **_OPTIONAL)
    phone = schemas.Text(max_length=20, **_OPTIONAL)
    timezone = _Listed(time_zones, metadata={"description": "An IANA name."})
    currency = _Listed(lambda: CURRENCIES, metadata={"description": "An ISO 4217 code."})

    @ma.post_load
    def _empty(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        return {name: "" if value is None else value for name, value in data.items()}


class Register(_Company):
    """A company and the OWNER who registers it. Without a `company_email` it has the owner's."""

    email = schemas.Email(required=True, max_length=254)
    password = Password(required=True, checked=True)
    full_name = FullName(required=True)
    company_name = schemas.Text(required=True, max_length=200)
    company_email = schemas.Email(max_length=254, **_OPTIONAL)
    subscription_plan = schemas.Choice(tuple(PLANS), load_default=FREEMIUM)


class AccountPatch(_Company):
    """What managers may change of their company; the plan and its limits are not among it."""

    company_name = schemas.Text(max_length=200)
    email = schemas.Email(max_length=254)


class RegisterOut(schemas.Schema):
    """The new account, its OWNER, and a first login."""

    account = schemas.Nested(AccountOut)
    user = schemas.Nested(UserOut)
    tokens = schemas.Nested(TokensOut)
