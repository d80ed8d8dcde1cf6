"""Marshmallow with the wording of the API documents (Django REST style): the fields and base schema of every request.

Unknown fields are ignored. Numbers arrive as JSON numbers or as strings; floats are read through their shortest text,
so 18.5 means 18.50 and never 18.499999.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import marshmallow as ma

from chassis.columns import UID_LENGTH
from chassis.text import cut, is_visible, lower, nfc, without_invisible

REQUIRED = {"required": "This field is required.", "null": "This field may not be null."}
_DECIMAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_EMAIL = re.compile(r"[^@\s\"(),:;<>\[\]\\/#%?]+@[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9-]+)+")


class Schema(ma.Schema):
    """Base of all request schemas; `raise Invalid` comes from the parser, not from here."""

    error_messages = {"type": "Invalid data. Expected a dictionary."}

    class Meta:
        unknown = ma.EXCLUDE


class Text(ma.fields.String):
    """A string in NFC, stripped; an integer is read as its digits. One that shows nothing is empty.

    `blank=False` (default) refuses the empty one with `blank_message`.
    """

    default_error_messages = {**REQUIRED, "invalid": "Not a valid string.", "blank": "This field may not be blank."}

    def __init__(
        self, *, blank: bool = False, blank_message: str | None = None, min_length: int = 0, max_length: int | None = None,
        pattern: str | None = None, pattern_message: str = "Enter a valid value.", **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(**kwargs)
        self.blank, self.min_length, self.max_length = blank, min_length, max_length
        self.pattern, self.pattern_message = (re.compile(pattern) if pattern else None), pattern_message
        if blank_message:
            self.error_messages["blank"] = blank_message
        if max_length:
            self.metadata = {"maxLength": max_length, **self.metadata}

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)  # phone numbers and folios are often sent as JSON numbers; a float is none of them
        if not isinstance(value, str) or "\x00" in value:
            raise self.make_error("invalid")
        value = self._cleaned(value).strip()
        if not is_visible(value):
            if self.blank:
                return ""
            raise self.make_error("blank")
        if self.max_length and len(value) > self.max_length:
            raise ma.ValidationError(f"Ensure this field has no more than {self.max_length} characters.")
        if len(value) < self.min_length:
            raise ma.ValidationError(f"Ensure this field has at least {self.min_length} characters.")
        if self.pattern and not self.pattern.fullmatch(value):
            raise ma.ValidationError(self.pattern_message)
        return value

    def _cleaned(self, value: str) -> str:
        return nfc(value)


class Code(Text):
    """A code that machines read, such as a SKU, without its invisible characters."""

    def _cleaned(self, value: str) -> str:
        return nfc(without_invisible(value))


class Uid(Text):
    """A uid that a client may have given: 1–64 characters that can stand in a path as they are."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=UID_LENGTH, **kwargs)

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        value = super()._deserialize(value, attr, data, **kwargs)
        hidden = not value.isprintable() or without_invisible(value) != value
        if hidden or any(character in " /?#%;\\" for character in value) or value in (".", ".."):
            raise ma.ValidationError("Enter a valid uid: no spaces, no control characters, none of / ? # % ; \\.")
        return value


class Email(Text):
    """An e-mail address, lower-cased, so that uniqueness is case-insensitive on every engine.

    `max_length` holds for it without case too: some letters are two or three then, and columns take as many as was said.
    """

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        value = super()._deserialize(value, attr, data, **kwargs)
        if value and (not _EMAIL.fullmatch(value) or without_invisible(value) != value):
            raise ma.ValidationError("Enter a valid email address.")
        if self.max_length and len(value.casefold()) > self.max_length:
            raise ma.ValidationError(f"Ensure this field has no more than {self.max_length} characters.")
        return lower(value)


class Ordering(Text):
    """The fields that order a list: some of `names`, with `-` for descending, joined by commas or one argument each.

    The query refuses other names (`chassis.ordering`), so that a list answers alike however it is asked.
    """

    is_multiple = True  # for webargs: generated clients repeat the argument

    def __init__(self, names: Iterable[str], **kwargs: Any) -> None:
        super().__init__(max_length=200, **kwargs)
        self.names = tuple(names)

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Any:
        return super()._deserialize(",".join(value) if isinstance(value, list) else value, attr, data, **kwargs)


class Integer(ma.fields.Field[int]):
    """A whole number within [minimum, maximum]; `5`, `"5"` and `5.0` are whole, `true` and `5.5` are not.

    Without a minimum it goes as far down as up: no column holds a number of twenty digits.
    """

    default_error_messages = {**REQUIRED, "invalid": "A valid integer is required."}

    def __init__(self, *, minimum: int | None = None, maximum: int = 2**53, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.minimum, self.maximum = minimum, maximum

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise self.make_error("invalid")
        text = str(value).strip()
        if not re.fullmatch(r"[+-]?\d{1,20}(\.0+)?", text, re.ASCII):
            raise self.make_error("invalid")
        number = int(text.split(".")[0])
        _within(number, -(2**53) if self.minimum is None else self.minimum, self.maximum)
        return number


class Amount(ma.fields.Field[Decimal]):
    """A decimal number with at most `places` places and `digits` digits in all."""

    default_error_messages = {**REQUIRED, "invalid": "A valid number is required."}

    def __init__(
        self, *, places: int = 2, digits: int = 12, minimum: Decimal | int | None = None,
        maximum: Decimal | int | None = None, **kwargs: Any,
    ) -> None:  # fmt: skip
        super().__init__(**kwargs)
        self.places, self.digits, self.minimum, self.maximum = places, digits, minimum, maximum

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> Decimal:
        if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
            raise self.make_error("invalid")
        text = str(value).strip()
        if len(text) > 64 or not _DECIMAL.fullmatch(text):
            raise self.make_error("invalid")
        number = Decimal(text)
        _, digits, exponent = number.normalize().as_tuple()
        places = max(0, -int(exponent))
        whole = max(0, len(digits) + int(exponent))
        if whole + self.places > self.digits:
            raise ma.ValidationError(f"Ensure that there are no more than {self.digits} digits in total.")
        if places > self.places:
            raise ma.ValidationError(f"Ensure that there are no more than {self.places} decimal places.")
        _within(number, self.minimum, self.maximum)
        return number.quantize(Decimal(1).scaleb(-self.places))


class Date(ma.fields.Field[date]):
    """A calendar date, YYYY-MM-DD and nothing else."""

    default_error_messages = {
        **REQUIRED,
        "invalid": "Date has wrong format. Use one of these formats instead: YYYY-MM-DD.",
    }

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> date:
        if isinstance(value, str) and re.fullmatch(r"\d{4}-\d{2}-\d{2}", value.strip(), re.ASCII):
            try:
                return date.fromisoformat(value.strip())
            except ValueError:
                pass
        raise self.make_error("invalid")


class Boolean(ma.fields.Boolean):
    """true or false."""

    default_error_messages = {**REQUIRED, "invalid": "Must be a valid boolean."}


class Choice(ma.fields.Field[str]):
    """One of `choices`; with `normalize` (e.g. str.upper) the case does not matter."""

    default_error_messages = {**REQUIRED}

    def __init__(self, choices: Sequence[str], *, normalize: Callable[[str], str] = str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.choices, self.normalize = tuple(choices), normalize
        self.metadata = {"enum": list(choices), **self.metadata}

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> str:
        chosen = self.normalize(value) if isinstance(value, str) else value
        if chosen not in self.choices:
            raise ma.ValidationError(f'"{cut(value)}" is not a valid choice.')
        return str(chosen)


class List(ma.fields.List[Any]):
    """A list of `inner`; `empty=False` refuses the empty one."""

    default_error_messages = {
        **REQUIRED,
        "invalid": "Expected a list of items.",
        "empty": "This list may not be empty.",
    }

    def __init__(self, inner: Any, *, empty: bool = True, maximum: int = 1000, **kwargs: Any) -> None:
        super().__init__(inner, **kwargs)
        self.empty, self.maximum = empty, maximum

    def _deserialize(self, value: Any, attr: Any, data: Any, **kwargs: Any) -> list[Any]:
        if not isinstance(value, list):
            raise self.make_error("invalid")
        if not value and not self.empty:
            raise self.make_error("empty")
        if len(value) > self.maximum:
            raise ma.ValidationError(f"Ensure this field has no more than {self.maximum} elements.")
        return super()._deserialize(value, attr, data, **kwargs)


class Nested(ma.fields.Nested):
    """An object of its own schema."""

    default_error_messages = {**REQUIRED}


class Uids(Schema):
    """What an internal look-up by uids asks for."""

    uids = List(Uid(), required=True)


def _within(number: Any, minimum: Any, maximum: Any) -> None:
    if minimum is not None and number < minimum:
        raise ma.ValidationError(f"Ensure this value is greater than or equal to {_plain(minimum)}.")
    if maximum is not None and number > maximum:
        raise ma.ValidationError(f"Ensure this value is less than or equal to {_plain(maximum)}.")


def _plain(limit: Any) -> str:
    return f"{limit:f}" if isinstance(limit, Decimal) else str(limit)  # 0.00000001, not 1E-8
