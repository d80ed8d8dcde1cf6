"""Stored texts that are not in Unicode's form C: the twins that a migration left alone. `reconcile` names them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, LargeBinary, cast, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from chassis.text import nfc


def beyond_ascii(column: ColumnElement[str], dialect: str) -> ColumnElement[bool]:
    """Whether a text has other characters than ASCII's; few rows do where codes and uids are concerned."""
    if dialect == "postgresql":
        return func.octet_length(column) != func.length(column)
    return func.length(cast(column, LargeBinary)) != func.length(column)  # octet_length() is of SQLite 3.43


def in_other_form(session: Session, *columns: InstrumentedAttribute[Any]) -> list[str]:
    """A sentence for each text of these columns, of all accounts, that a look-up in form C does not find."""
    found = []
    for column in columns:
        account = column.class_.account_id
        where = beyond_ascii(column.expression, session.get_bind().dialect.name)
        rows = session.execute(select(account, column).where(where).distinct().order_by(account, column))
        found += [
            f"account {account_id}: {column} {text!r} is in another Unicode form than the one it is looked up in"
            for account_id, text in rows
            if nfc(text) != text
        ]
    return found
