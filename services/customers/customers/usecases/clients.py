"""B2B clients in batches: created or changed, switched on or off, deleted; all of a batch or nothing (contract, 8)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from chassis.batches import refuse_repeated
from chassis.db import ALL_ACCOUNTS, acting_for, tenant, utcnow
from chassis.problems import BadElements, NotFound
from chassis.upserts import upsert
from customers.client_queries import LIVING
from customers.domain import client_facts
from customers.domain.clients import Client
from customers.domain.phones import keyed, phone_key
from customers.queries import account_country

REQUIRED = ("name", "phone", "pin_hash")
UNIQUE = {"phone": Client.phone_key, "email": Client.email}
"""By field of the API, the column that no two living clients share."""
_DEFAULTS: dict[str, Any] = {
    "email": None, "address": "", "discount": 0, "currency": None, "price_type_uid": None, "is_active": True,
}  # fmt: skip
_PLACEHOLDERS = {"name": "", "pin_hash": "", "phone_twin": ""}
"""For NOT NULL's sake in the insert that becomes a change of an existing row; a new one has its own."""
_LOCKED = (
    Client.id, Client.uid, Client.name, Client.email, Client.phone, Client.phone_key, Client.phone_keyed,
    Client.phone_twin, Client.pin_hash, Client.credentials_version, Client.address, Client.discount,
    Client.currency, Client.price_type_uid, Client.is_active, Client.deleted_at,
)  # fmt: skip
_NAMES = {"pin_hash": "pin_code"}
_REQUIRED_MESSAGE = ["This field is required."]

Element = Mapping[str, Any]
"""A client's attributes as far as they are given, always with a uid; the PIN as `pin_hash`."""


class Raced(Exception):
    """Somebody else created one of the clients at the same moment: the transaction has to be begun again."""


States = list[dict[str, Any]]
"""Of the clients whose sessions have to end (`client_facts.state`)."""


def upsert_clients(session: Session, *, elements: Sequence[Element]) -> tuple[list[str], States]:
    """Create or change the clients: their uids, and those whose sessions end. What is equal already changes nothing.

    BadElements names every element that lacks what a new client needs, or wants another living client's phone or e-mail.
    Raced, or the database's IntegrityError, when somebody else was quicker: begin again.
    """
    elements = _keyed(session, elements)
    for field, column in UNIQUE.items():
        refuse_repeated([{field: element.get(column.key)} for element in elements], field)
    known = {row.uid: row for row in _locked(session, [element["uid"] for element in elements])}
    rows = [_changes(known.get(element["uid"]), element) for element in elements]
    _refuse_incomplete(known, elements)
    _refuse_taken(session, rows)
    _give_up(session, known, rows)
    now = utcnow()
    stored = upsert(
        session, Client, [row for row in rows if len(row) > 1], key=["uid"], returning=client_facts.COLUMNS,
        new={**_DEFAULTS, **_PLACEHOLDERS, "credentials_version": 1, "version": 1, "created_at": now, "updated_at": now},
        changed={"version": Client.version + 1, "updated_at": now},
    )  # fmt: skip
    if any(row.version > 1 and row.uid not in known for row in stored):
        raise Raced
    client_facts.tell_changed(session, stored)
    ended = {row["uid"] for row in rows if "credentials_version" in row}
    return [element["uid"] for element in elements], [client_facts.state(row) for row in stored if row.uid in ended]


def set_active(session: Session, *, elements: Sequence[Mapping[str, Any]]) -> States:
    """Switch clients (`uid`, `active`) on or off; BadElements names those that are unknown."""
    known = {row.uid: row for row in _locked(session, [element["uid"] for element in elements]) if not row.deleted_at}
    unknown = [index for index, element in enumerate(elements) if element["uid"] not in known]
    if unknown:
        raise BadElements(
            {index: {"uid": [f'Invalid uid "{elements[index]["uid"]}" - object does not exist.']} for index in unknown}
        )
    changed = [element for element in elements if known[element["uid"]].is_active != element["active"]]
    on = [known[element["uid"]].id for element in changed if element["active"]]
    off = [known[element["uid"]].id for element in changed if not element["active"]]
    ended = _updated(session, off, is_active=False, credentials_version=Client.credentials_version + 1)
    client_facts.tell_changed(session, [*_updated(session, on, is_active=True), *ended])
    return [client_facts.state(row) for row in ended]


def delete_clients(session: Session, *, uids: Collection[str], unknown: type[NotFound] | None = None) -> States:
    """Delete the clients softly: their phones and e-mails become free. None there at all: raises `unknown`, if given."""
    living = [row.id for row in _locked(session, uids) if not row.deleted_at]
    if unknown and not living:
        raise unknown
    gone = _updated(session, living, deleted_at=utcnow(), credentials_version=Client.credentials_version + 1)
    client_facts.tell_changed(session, gone)
    return [client_facts.state(row) for row in gone]


def _keyed(session: Session, elements: Sequence[Element]) -> list[Element]:
    """The elements with their phones' keys."""
    country = account_country(session)
    return [
        {**element, **keyed(element["phone"], phone_key(element["phone"], country))} if "phone" in element else element
        for element in elements
    ]


def _locked(session: Session, uids: Collection[str]) -> Sequence[Any]:
    """The clients of these uids, deleted ones too, in the order in which every batch takes them.

    The row lock is PostgreSQL's; on SQLite this transaction has been the only writer since it began.
    """
    statement = select(*_LOCKED).where(Client.uid.in_(uids)).order_by(Client.uid)
    return session.execute(statement.with_for_update()).all()


def _changes(row: Any | None, element: Element) -> dict[str, Any]:
    """What of `element` is to be written: its uid alone when nothing is."""
    if row is None:
        return dict(element)
    if row.deleted_at:  # given again: a new client in the old row, whose sessions ended with the deletion
        return {**_DEFAULTS, **element, "deleted_at": None}
    changes = {name: value for name, value in element.items() if name == "uid" or getattr(row, name) != value}
    if "phone_key" not in changes:
        changes.pop("phone_twin", None)  # it is the row's own number still, perhaps written differently
    switched_off = changes.get("is_active") is False
    if "pin_hash" in changes or switched_off:
        changes["credentials_version"] = row.credentials_version + 1
    return changes


def _refuse_incomplete(known: Mapping[str, Any], elements: Sequence[Element]) -> None:
    """BadElements for those that would create a client and lack what it needs."""
    bad = {}
    for index, element in enumerate(elements):
        row = known.get(element["uid"])
        if row is None or row.deleted_at:
            bad[index] = {_NAMES.get(name, name): _REQUIRED_MESSAGE for name in REQUIRED if name not in element}
    if any(bad.values()):
        raise BadElements({index: fields for index, fields in bad.items() if fields})


def _refuse_taken(session: Session, rows: Sequence[Mapping[str, Any]]) -> None:
    """BadElements for those whose new phone or e-mail a living client has who is not giving it up in the same batch."""
    bad: dict[int, dict[str, list[str]]] = {}
    own = tenant()
    for field, column in UNIQUE.items():
        name = column.key
        wanted = {row[name]: index for index, row in enumerate(rows) if row.get(name) is not None}
        leaving = {row["uid"] for row in rows if name in row}
        for account_id, uid, value in _holders(session, field, list(wanted)):
            if account_id != own or uid not in leaving:
                message = [f"client with this {field} already exists."]  # whose, nobody is told
                bad.setdefault(wanted[value], {})[field] = message
    if bad:
        raise BadElements(bad)


def _holders(session: Session, field: str, values: Collection[str]) -> Iterator[tuple[int, str, str | None]]:
    """(account, uid, value) of the living clients with one of these phones' keys, in any account, or e-mails, in this one."""
    if not values:
        return
    column = UNIQUE[field]
    everywhere = ALL_ACCOUNTS if field == "phone" else tenant()
    assert everywhere is not None
    with acting_for(everywhere):
        found = session.execute(select(Client.account_id, Client.uid, column).where(column.in_(values), LIVING))
        yield from ((account_id, uid, value) for account_id, uid, value in found)


def _give_up(session: Session, known: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> None:
    """Free what passes from one client of the batch to another, so that the order of the elements does not matter."""
    for column in UNIQUE.values():
        name = column.key
        wanted = {row[name] for row in rows if row.get(name) is not None}
        passing = [
            known[row["uid"]].id for row in rows
            if name in row and row["uid"] in known and getattr(known[row["uid"]], name) in wanted
        ]  # fmt: skip
        if passing:
            session.execute(update(Client).where(Client.id.in_(passing)).values({name: None}))


def _updated(session: Session, ids: Collection[int], **values: Any) -> Sequence[Any]:
    if not ids:
        return []
    values |= {"version": Client.version + 1, "updated_at": utcnow()}
    statement = update(Client).where(Client.id.in_(ids)).values(**values)
    return session.execute(statement.returning(*client_facts.COLUMNS)).all()
