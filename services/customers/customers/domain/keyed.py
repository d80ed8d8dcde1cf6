"""The columns beside a phone number by which it is compared."""

from __future__ import annotations

from sqlalchemy import String, Text, TextClause, text
from sqlalchemy.orm import Mapped, mapped_column


class PhoneKeyed:
    """Mixin of the models with a phone number that is unique by its key (`phones.phone_key`).

    `phone_keyed` is the number that `phone_key` was made from: if it differs from the row's number, the key is stale.
    `phone_twin` is empty, except in a row that had the number of another row before there were keys: there it is the
    number as typed, which keeps such a row out of the unique index on key and twin.
    """

    phone_key: Mapped[str | None] = mapped_column(Text)
    phone_keyed: Mapped[str | None] = mapped_column(Text)
    phone_twin: Mapped[str] = mapped_column(String(20), default="", server_default="")


def unkeyed(number: str) -> TextClause:
    """The condition of the rows whose column `number` still lacks its key; index and query must spell it alike."""
    return text(f"phone_keyed IS NULL OR phone_keyed <> {number}")
