"""Request and answer shapes of the B2B clients (004, Client; contract, 5 and 8)."""

from __future__ import annotations

import re
from typing import Any

import marshmallow as ma

from chassis import schemas
from customers.domain import phones, pins

_NULLABLE_TEXTS = ("email", "currency", "price_type_uid")


class Phone(schemas.Text):
    """A phone number, stored without its punctuation."""

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        number = phones.plain_phone(super()._deserialize(value, attr, data, **kwargs))
        if not re.fullmatch(phones.VALID, number):
            raise ma.ValidationError("Enter a valid phone number.")
        return number


class ClientUpsert(schemas.Schema):
    """A client as far as given. A new one needs `name`, `phone` and `pin_code`; with an e-mail, it is the only one of it."""

    uid = schemas.Uid()
    name = schemas.Text(max_length=200)
    email = schemas.Email(allow_none=True, blank=True, max_length=254)
    phone = Phone(max_length=40)
    pin_code = schemas.Text(pattern=pins.VALID, pattern_message="Enter a PIN of 4 to 12 digits.")
    address = schemas.Text(blank=True, max_length=255)
    discount = schemas.Amount(minimum=0, maximum=100)
    currency = schemas.Text(
        allow_none=True, blank=True, pattern="[A-Za-z]{3}", pattern_message="Enter a currency code of three letters."
    )
    price_type_uid = schemas.Text(allow_none=True, blank=True, max_length=100)
    active = schemas.Boolean()

    @ma.post_load
    def attributes(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """As a client's row names and keeps them: an empty text that may be null is null."""
        for name in _NULLABLE_TEXTS:
            if name in data:
                data[name] = data[name] or None
        if data.get("currency"):
            data["currency"] = data["currency"].upper()
        if "active" in data:
            data["is_active"] = data.pop("active")
        return data


class ClientActive(schemas.Schema):
    """A client to switch on or off."""

    uid = schemas.Uid(required=True)
    active = schemas.Boolean(required=True)


class ClientOut(schemas.Schema):
    """A client as the API shows it; never the PIN."""

    uid = schemas.Text()
    name = schemas.Text()
    email = schemas.Email(allow_none=True)
    phone = schemas.Text()
    address = schemas.Text()
    discount = schemas.Amount()
    currency = schemas.Text(allow_none=True)
    price_type_uid = schemas.Text(allow_none=True)
    active = schemas.Boolean()
    created_at = ma.fields.DateTime()
    updated_at = ma.fields.DateTime()


class PinIn(schemas.Schema):
    """What somebody typed to log in."""

    phone = schemas.Text(required=True)
    pin_code = schemas.Text(required=True)


class LoginClientOut(schemas.Schema):
    """A client who may log in. A session opened under a lower `credentials_version` is over."""

    id = schemas.Integer()
    uid = schemas.Text()
    account_id = schemas.Integer()
    name = schemas.Text()
    email = schemas.Email(allow_none=True)
    phone = schemas.Text()
    credentials_version = schemas.Integer()
    version = schemas.Integer()


class ClientLoginOut(schemas.Schema):
    """Whose phone and PIN it is; `null`: nobody's who may log in."""

    client = schemas.Nested(LoginClientOut, allow_none=True)


class FoundClientOut(schemas.Schema):
    client_uid = schemas.Text()
    discount_percent = schemas.Text()


class FoundClientsOut(schemas.Schema):
    """The clients that a look-up by uids found."""

    clients = schemas.List(schemas.Nested(FoundClientOut))
