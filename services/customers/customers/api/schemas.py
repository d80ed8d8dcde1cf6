"""Request and answer shapes of the customers API (001, 11–15; contract, 5)."""

from __future__ import annotations

from typing import Any

import marshmallow as ma

from chassis import schemas
from chassis.access import current_user
from chassis.pagination import ListQuery

TRANSACTION_TYPES = ("EARN", "REDEEM", "ADJUSTMENT")
_EMPTY = schemas.REQUIRED["required"]  # 001, 12: an empty string is a missing one here
_SETS_CREDIT = ("ADMIN", "OWNER")


class CustomerCreate(schemas.Schema):
    """A new customer."""

    first_name = schemas.Text(required=True, max_length=100, blank_message=_EMPTY)
    last_name = schemas.Text(required=True, max_length=100, blank_message=_EMPTY)
    phone_number = schemas.Text(required=True, max_length=20, blank_message=_EMPTY)
    email = schemas.Email(allow_none=True, blank=True, max_length=254)
    birth_date = schemas.Date(allow_none=True)
    credit_limit = schemas.Amount(minimum=0)

    @ma.pre_load
    def only_admins_set_credit(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """An employee's `credit_limit` is ignored, whatever is in it."""
        if current_user().role in _SETS_CREDIT:
            return data
        return {name: value for name, value in data.items() if name != "credit_limit"}

    @ma.post_load
    def no_email_is_null(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """An empty e-mail is none, so that two customers may both have none."""
        return {**data, "email": data["email"] or None} if "email" in data else data


class CustomerPatch(CustomerCreate):
    """A change of a customer: the same fields, none of them required."""


class CustomerOut(schemas.Schema):
    """A customer as the API shows it; amounts of money are strings."""

    id = schemas.Integer()
    first_name = schemas.Text()
    last_name = schemas.Text()
    phone_number = schemas.Text()
    email = schemas.Email(allow_none=True)
    birth_date = schemas.Date(allow_none=True)
    is_frequent = schemas.Boolean()
    current_points = schemas.Integer()
    credit_limit = schemas.Amount()
    credit_used = schemas.Amount()
    available_credit = schemas.Amount()


class CustomerQuery(ListQuery):
    """What the list of customers takes."""

    phone_number = schemas.Text(max_length=20)
    email = schemas.Email(max_length=254)
    is_frequent = schemas.Boolean()


class PointsTransactionOut(schemas.Schema):
    """A line of the points ledger."""

    id = schemas.Integer()
    amount = schemas.Integer()
    transaction_type = schemas.Choice(TRANSACTION_TYPES)
    description = schemas.Text()
    created_at = ma.fields.AwareDateTime()


class HistoryQuery(ListQuery):
    """What the points history takes."""

    transaction_type = schemas.Choice(TRANSACTION_TYPES)


class CustomerFactsOut(schemas.Schema):
    """What `GET /internal/customers/{id}/` answers: the data of `CustomerUpdated` and the version it stands for."""

    customer_id = schemas.Integer()
    customer_uid = schemas.Text()
    first_name = schemas.Text()
    last_name = schemas.Text()
    full_name = schemas.Text()
    phone_number = schemas.Text()
    email = schemas.Email(allow_none=True)
    birth_date = schemas.Date(allow_none=True)
    is_frequent = schemas.Boolean()
    version = schemas.Integer()
