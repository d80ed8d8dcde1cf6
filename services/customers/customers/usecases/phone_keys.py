"""Phone numbers get their keys here when they were stored without: by the service of the version before, or before an
account moved to another country.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, and_, bindparam, case, exists, func, literal, null, select, update
from sqlalchemy.orm import Session

from chassis.tenants import Tenant
from customers.domain.clients import Client
from customers.domain.keyed import unkeyed
from customers.domain.models import ChatbotUser, Customer
from customers.domain.phones import DEFAULT_COUNTRY, country_of, phone_key

BATCH = 500


@dataclass(frozen=True, slots=True)
class _Numbers:
    """A table with phone numbers; `scope` are the columns within which a key is unique, `identity` those of a row."""

    table: Table
    number: str
    scope: tuple[str, ...]
    identity: tuple[str, ...]


_NUMBERS = (
    _Numbers(Customer.metadata.tables["customers"], "phone_number", ("account_id",), ("id",)),
    _Numbers(Client.metadata.tables["clients"], "phone", (), ("id",)),
    _Numbers(
        ChatbotUser.metadata.tables["chatbot_users"], "mobile_number", ("account_id",), ("account_id", "mobile_number")
    ),
)


def forget_keys(session: Session) -> None:
    """Have all keys of the account in force made anew: its numbers belong to another country now."""
    for model in (Customer, Client, ChatbotUser):
        session.execute(update(model).values(phone_keyed=null()))


def lacking_keys(session: Session) -> bool:
    """Whether any number lacks its key."""
    waiting = (select(literal(1)).select_from(each.table).where(unkeyed(each.number)).limit(1) for each in _NUMBERS)
    return any(session.scalar(one) for one in waiting)


def key_numbers(session: Session | Connection, *, most: int = BATCH) -> int:
    """Key the numbers of all accounts that have no key, `most` of a table at once; how many there were.

    Of several rows with one number the first has it; the others become its twins.
    """
    zones = select(Tenant.account_id, Tenant.timezone)
    countries = {account_id: country_of(zone) for account_id, zone in session.execute(zones)}
    done = 0
    for numbers in _NUMBERS:
        table = numbers.table
        waiting = select(*(table.c[name] for name in _read(numbers))).where(unkeyed(numbers.number))
        rows = session.execute(waiting.order_by(*(table.c[name] for name in numbers.identity)).limit(most)).all()
        if rows:
            session.execute(_keying(numbers), [_keyed(numbers, row, countries) for row in rows])
        done += len(rows)
    return done


def _read(numbers: _Numbers) -> Iterator[str]:
    yield from {"account_id": None, numbers.number: None, **dict.fromkeys(numbers.identity)}
    yield from (name for name in ("search_text", "deleted_at") if name in numbers.table.c)


def _keyed(numbers: _Numbers, row: Any, countries: dict[int, str]) -> dict[str, Any]:
    """The parameters of `_keying` for a row: a deleted one needs no key."""
    number = getattr(row, numbers.number)
    key = None
    if getattr(row, "deleted_at", None) is None:
        key = phone_key(number, countries.get(row.account_id, DEFAULT_COUNTRY))
    values = {"new_key": key, "of_number": number, "of_account": row.account_id}
    if "search_text" in numbers.table.c:
        known = key is None or key in row.search_text
        values |= {"text_before": row.search_text, "new_text": row.search_text if known else f"{row.search_text} {key}"}
    return values | {f"of_{name}": getattr(row, name) for name in numbers.identity}


def _keying(numbers: _Numbers) -> Any:
    """Give a row its key unless it was changed meanwhile; where another living row has the key, as its twin."""
    table, other = numbers.table, numbers.table.alias()
    same_row = and_(*(table.c[name] == bindparam(f"of_{name}") for name in numbers.identity))
    taken = [
        other.c.phone_key == bindparam("new_key"),
        other.c.phone_twin == "",
        ~and_(*(other.c[name] == bindparam(f"of_{name}") for name in numbers.identity)),
        *(other.c[name] == bindparam("of_account") for name in numbers.scope),
    ]
    if "deleted_at" in table.c:
        taken.append(other.c.deleted_at.is_(None))
    values: dict[str, Any] = {
        "phone_key": bindparam("new_key"),
        "phone_keyed": bindparam("of_number"),
        "phone_twin": case((exists().where(*taken), bindparam("of_number")), else_=""),
    }
    unchanged = [table.c[numbers.number] == bindparam("of_number")]
    if "search_text" in table.c:
        values["search_text"] = bindparam("new_text")
        unchanged.append(table.c.search_text == bindparam("text_before"))
    return update(table).where(same_row, *unchanged).values(values)


def twins(session: Session) -> list[tuple[str, str, list[str]]]:
    """(Table, key, numbers as typed) of the numbers that several living rows had before there were keys."""
    found = []
    for numbers in _NUMBERS:
        table = numbers.table
        living = [table.c.deleted_at.is_(None)] if "deleted_at" in table.c else []
        same = [table.c[name] for name in numbers.scope]
        keys = select(*same, table.c.phone_key).where(table.c.phone_key.is_not(None), *living)
        keys = keys.group_by(*same, table.c.phone_key).having(func.count() > 1)
        for *scope, key in session.execute(keys).all():
            of_key = [table.c[name] == value for name, value in zip(numbers.scope, scope, strict=True)]
            typed = select(table.c[numbers.number]).where(table.c.phone_key == key, *of_key, *living)
            found.append((table.name, key, sorted(session.scalars(typed))))
    return found
