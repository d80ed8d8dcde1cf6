"""Bodies in and answers out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import marshmallow as ma

from auth.domain.names import NAME_LENGTH, split_full_name
from auth.domain.passwords import MAX_LENGTH, MIN_LENGTH, BadPassword, new_password
from auth.domain.plans import EMPLOYEE, ROLES
from auth.domain.usernames import CHARACTERS, INVALID, BadUsername, new_username
from auth.queries import ORDERINGS
from chassis import schemas
from chassis.pagination import ListQuery

_OPTIONAL: dict[str, Any] = {"blank": True, "allow_none": True}
_TEXTS = ("phone_number", "address")  # null is the empty text here


class Password(ma.fields.String):
    """A password as it was typed, blanks included; `checked` wants the length and the characters of a new one."""

    default_error_messages = {
        **schemas.REQUIRED, "invalid": "Not a valid string.", "blank": "This field may not be blank.",
    }  # fmt: skip

    def __init__(self, *, checked: bool = False, description: str = "", **kwargs: Any) -> None:
        lengths = {"minLength": MIN_LENGTH, "maxLength": MAX_LENGTH} if checked else {"minLength": 1}
        described = {"description": description} if description else {}
        super().__init__(load_only=True, metadata={"format": "password", **lengths, **described}, **kwargs)
        self.checked = checked

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        if not isinstance(value, str):
            raise self.make_error("invalid")
        if not value:
            raise self.make_error("blank")
        if self.checked:
            _check_new_password(value)
        return value


def _check_new_password(typed: str) -> None:
    try:
        password = new_password(typed[: 4 * MAX_LENGTH])  # accents may take several characters as typed
    except BadPassword:
        raise ma.ValidationError("This field may contain no control characters and no invisible ones.") from None
    if len(password) > MAX_LENGTH:
        raise ma.ValidationError(f"Ensure this field has no more than {MAX_LENGTH} characters.")
    if len(password) < MIN_LENGTH:
        raise ma.ValidationError(f"Ensure this field has at least {MIN_LENGTH} characters.")


class Username(schemas.Text):
    """A new username, up to 150 characters."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=150, pattern=CHARACTERS, pattern_message=INVALID, **kwargs)

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        try:
            return new_username(super()._deserialize(value, attr, data, **kwargs))
        except BadUsername as bad:
            raise ma.ValidationError(str(bad)) from None


class FullName(schemas.Text):
    """003's full name: its first word and the rest are kept as first and last name."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=2 * NAME_LENGTH, **kwargs)

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        name = super()._deserialize(value, attr, data, **kwargs)
        first, rest = split_full_name(name)
        if max(len(first), len(rest)) > NAME_LENGTH:
            most = NAME_LENGTH if len(first) > NAME_LENGTH else len(first) + 1 + NAME_LENGTH
            raise ma.ValidationError(f"Ensure this field has no more than {most} characters.")
        return name


class Moment(ma.fields.AwareDateTime):
    """A moment, given with the offset of a time zone; UTC from then on."""

    default_error_messages = {
        **schemas.REQUIRED,
        **dict.fromkeys(
            ("invalid", "invalid_awareness", "format"),
            "Datetime has wrong format. Use one of these formats instead: YYYY-MM-DDThh:mm[:ss[.uuuuuu]](+HH:MM|-HH:MM|Z).",
        ),
    }

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> datetime:
        try:
            return super()._deserialize(value, attr, data, **kwargs).astimezone(UTC)
        except OverflowError:  # within a day of the calendar's ends
            raise self.make_error("invalid", input=value, obj_type="datetime") from None


class LoginName(schemas.Text):
    """The name by which one logs in, as it was typed: older names were told apart by their Unicode form."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=254, **kwargs)

    def _cleaned(self, value: str) -> str:
        return value


class Login(schemas.Schema):
    """`email` or `username`; either may hold either."""

    email = LoginName()
    username = LoginName()
    password = Password(required=True)

    @ma.validates_schema(pass_original=True, skip_on_field_errors=False)
    def _named(self, data: dict[str, Any], original: Any, **_: Any) -> None:
        if isinstance(original, Mapping) and "email" not in original and "username" not in original:
            raise ma.ValidationError({"email": ["This field is required."]})


class Refresh(schemas.Schema):
    """A refresh token."""

    refresh = schemas.Text(required=True, max_length=4096)


class Logout(schemas.Schema):
    """The refresh token may be left out: the access token names the session."""

    refresh = schemas.Text(max_length=4096, **_OPTIONAL)


class _Names(schemas.Schema):
    @ma.post_load
    def _derive(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """003's `full_name` stands for first and last name, where these are not given themselves."""
        full_name = data.pop("full_name", None)
        if full_name:
            data["first_name"], data["last_name"] = (
                data.get(name, part)
                for name, part in zip(("first_name", "last_name"), split_full_name(full_name), strict=True)
            )
        return {name: "" if value is None and name in _TEXTS else value for name, value in data.items()}


class UserCreate(_Names):
    """001's body, or 003's: `full_name` instead of `username`, `first_name`, `last_name`."""

    username = Username()
    email = schemas.Email(required=True, max_length=254)
    password = Password(required=True, checked=True)
    first_name = schemas.Text(max_length=NAME_LENGTH)
    last_name = schemas.Text(max_length=NAME_LENGTH)
    full_name = FullName()
    phone_number = schemas.Text(max_length=20, load_default="", **_OPTIONAL)
    address = schemas.Text(max_length=255, load_default="", **_OPTIONAL)
    role = schemas.Choice(ROLES, load_default=EMPLOYEE)

    @ma.validates_schema(pass_original=True, skip_on_field_errors=False)
    def _complete(self, data: dict[str, Any], original: Any, **_: Any) -> None:
        if not isinstance(original, Mapping) or "full_name" in original:
            return
        missing = [name for name in ("username", "first_name", "last_name") if name not in original]
        if missing:
            raise ma.ValidationError({name: ["This field is required."] for name in missing})


class ProfilePatch(_Names):
    """What one may change of oneself; anything else in the body is ignored."""

    current_password = Password(description="Wanted with another e-mail or username of one's own.")

    username = Username()
    email = schemas.Email(max_length=254)
    first_name = schemas.Text(max_length=NAME_LENGTH)
    last_name = schemas.Text(max_length=NAME_LENGTH)
    full_name = FullName()
    phone_number = schemas.Text(max_length=20, **_OPTIONAL)
    address = schemas.Text(max_length=255, **_OPTIONAL)


class UserPatch(ProfilePatch):
    """What managers may change of a user; the password is the user's own affair."""

    role = schemas.Choice(ROLES)
    expiry_date = schemas.Date(allow_none=True)


class Block(schemas.Schema):
    """A block, for good or until a moment, or its end."""

    is_blocked = schemas.Boolean(required=True)
    blocked_reason = schemas.Text(max_length=255, load_default=None, **_OPTIONAL)
    blocked_until = Moment(load_default=None, allow_none=True)


class PasswordChange(schemas.Schema):
    """The password one has and the one that one wants."""

    current_password = Password(required=True)
    new_password = Password(required=True, checked=True)


class UserQuery(ListQuery):
    """A list of users."""

    ordering = schemas.Ordering(ORDERINGS)
    role = schemas.Choice(ROLES)
    is_blocked = schemas.Boolean()


class AccountOut(schemas.Schema):
    """A company."""

    id = schemas.Integer()
    uid = ma.fields.UUID()
    company_name = schemas.Text()
    email = schemas.Text()
    street = schemas.Text()
    exterior_number = schemas.Text()
    interior_number = schemas.Text()
    neighborhood = schemas.Text()
    postal_code = schemas.Text()
    city = schemas.Text()
    state = schemas.Text()
    country = schemas.Text()
    phone = schemas.Text()
    subscription_plan = schemas.Text()
    max_locations = schemas.Integer()
    max_users = schemas.Integer()
    timezone = schemas.Text()
    currency = schemas.Text()
    created_at = ma.fields.AwareDateTime()


class ProfileOut(schemas.Schema):
    """Whether the user's last day is over (002)."""

    expired = schemas.Boolean()
    expiry_date = schemas.Date(allow_none=True)


class UserOut(schemas.Schema):
    """A user: the union of the documents' fields."""

    id = schemas.Integer()
    uid = schemas.Text()
    username = schemas.Text()
    email = schemas.Text()
    first_name = schemas.Text()
    last_name = schemas.Text()
    full_name = schemas.Text()
    phone_number = schemas.Text()
    address = schemas.Text()
    role = schemas.Choice(ROLES)
    user_type = schemas.Text()
    is_active = schemas.Boolean()
    is_staff = schemas.Boolean()
    is_blocked = schemas.Boolean()
    blocked_reason = schemas.Text(allow_none=True)
    blocked_until = ma.fields.AwareDateTime(allow_none=True)
    profile = schemas.Nested(ProfileOut)
    account = schemas.Nested(AccountOut)


class UserPage(schemas.Schema):
    """A page of users; `next` and `previous` are relative URLs or null."""

    count = schemas.Integer()
    next = schemas.Text(allow_none=True)
    previous = schemas.Text(allow_none=True)
    results = schemas.List(schemas.Nested(UserOut))


class TokensOut(schemas.Schema):
    """A pair of tokens."""

    access = schemas.Text()
    refresh = schemas.Text()


class LoginOut(TokensOut):
    """The union of 000's, 001's and 003's answers."""

    session_id = schemas.Integer()
    user = schemas.Nested(UserOut)
    tokens = schemas.Nested(TokensOut)


class MessageOut(schemas.Schema):
    """A sentence."""

    message = schemas.Text()


class KeySetOut(schemas.Schema):
    """RFC 7517."""

    keys = schemas.List(ma.fields.Dict())


class RevocationOut(schemas.Schema):
    """A revoked session and when its last access token is over (epoch seconds)."""

    sid = schemas.Text()
    exp = schemas.Integer()


class RevocationsOut(schemas.Schema):
    """All that are not over."""

    revocations = schemas.List(schemas.Nested(RevocationOut))
