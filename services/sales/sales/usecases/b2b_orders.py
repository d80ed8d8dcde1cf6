"""B2B orders in batches: created or changed, moved on, deleted; all of a batch or nothing (004, Order; contract, 6, 8 and 9).

`own_uid` is the caller's own where the caller is a CLIENT: then other owners' orders are not there.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from chassis.db import insert_for, utcnow
from chassis.money import ZERO
from chassis.problems import NotFound
from chassis.schemas import REQUIRED
from chassis.uids import new_uid
from sales.b2b_queries import ORDER, items_of
from sales.domain.b2b_errors import Bad, refuse, unknown
from sales.domain.b2b_facts import tell_orders
from sales.domain.b2b_models import B2BOrder, B2BOrderItem
from sales.domain.b2b_orders import PENDING, change_refused, status_refused
from sales.usecases.b2b_rows import change_orders, take_living, take_orders

Element = Mapping[str, Any]
_NEW: dict[str, Any] = {
    "user_uid": "", "status": PENDING, "total": ZERO, "shipping_address": "", "billing_address": "", "version": 1,
}  # fmt: skip


def upsert_orders(
    session: Session, *, elements: Sequence[Element], known_users: Collection[str], own_uid: str | None = None
) -> list[str]:
    """Create or change the orders and return their uids; what is equal already changes nothing.

    `known_users` are those of the elements' `user_uid`s that exist. BadElements names every element that lacks an owner, has an
    unknown one, or changes what can't be changed (any more).
    """
    elements = [_as_sent_by(own_uid, element) for element in elements]
    new = _create(session, elements)
    present = take_orders(session, [element["uid"] for element in elements if element["uid"] not in new])
    items = items_of(session, [row.id for row in present.values() if row.deleted_at is None])
    bad: Bad = {}
    changes = []
    for index, element in enumerate(elements):
        row = present.get(element["uid"])
        if row is None or row.deleted_at is not None:
            wrong = _wrong_with_new(element, known_users, own_uid)
            changes += [] if row is None else [_anew(element)]
        else:
            change = _changes(row, element, has_items=bool(items[row.id]))
            wrong = _wrong_with_change(row, change, known_users, own_uid)
            changes += [change] if len(change) > 1 else []
        if wrong:
            bad[index] = wrong
    refuse(bad)
    told = [*new.values(), *change_orders(session, changes)]
    tell_orders(session, told, {order_id: [*found.values()] for order_id, found in items.items()})
    return [element["uid"] for element in elements]


def change_statuses(session: Session, *, elements: Sequence[Element], own_uid: str | None = None) -> None:
    """Move orders (`uid`, `status`) on; BadElements names those that are unknown or can't become that."""
    present = take_living(session, [element["uid"] for element in elements], own_uid)
    bad: Bad = {}
    for index, element in enumerate(elements):
        if (row := present.get(element["uid"])) is None:
            bad[index] = {"uid": unknown(element["uid"])}
        elif why := status_refused(row.status, element["status"], by_client=own_uid is not None):
            bad[index] = {"status": [why]}
    refuse(bad)
    changes = [
        {"uid": element["uid"], "status": element["status"]}
        for element in elements
        if present[element["uid"]].status != element["status"]
    ]
    changed = change_orders(session, changes)
    items = items_of(session, [row.id for row in changed])
    tell_orders(session, changed, {order_id: [*found.values()] for order_id, found in items.items()})


def delete_orders(session: Session, *, uids: Collection[str], unknown: type[NotFound] | None = None) -> None:
    """Delete orders with their items. None there at all: raises `unknown`, if given."""
    ids = [row.id for row in take_living(session, uids, None).values()]
    if not ids:
        if unknown:
            raise unknown
        return
    session.execute(delete(B2BOrderItem).where(B2BOrderItem.order_id.in_(ids)))
    now = utcnow()
    gone = (
        update(B2BOrder)
        .where(B2BOrder.id.in_(ids))
        .values(deleted_at=now, updated_at=now, version=B2BOrder.version + 1)
    )
    tell_orders(session, session.execute(gone.returning(*ORDER)).all(), {})


def _as_sent_by(own_uid: str | None, element: Element) -> dict[str, Any]:
    """An element with its uid; a client's with itself as owner, and without a total, which is not its to say."""
    full = {"uid": new_uid(), **element}
    if own_uid is not None:
        full["user_uid"] = own_uid
        full.pop("total", None)
    return full


def _create(session: Session, elements: Sequence[Element]) -> dict[str, Any]:
    """Insert the orders whose uids nobody has; their rows by uid. Those that lack something are refused afterwards.

    What another transaction is creating just now is waited for, so that every uid is either ours, new, or a row to be taken.
    """
    now = utcnow()
    rows = [{**_NEW, "created_at": now, "updated_at": now, **element} for element in elements]
    insert = insert_for(session, B2BOrder).values(sorted(rows, key=lambda row: row["uid"]))
    statement = insert.on_conflict_do_nothing(index_elements=["account_id", "uid"]).returning(*ORDER)
    return {row.uid: row for row in session.execute(statement)}


def _anew(element: Element) -> dict[str, Any]:
    """A deleted order's uid given again: a new order in the old row."""
    blank = {name: value for name, value in _NEW.items() if name != "version"}
    return {**blank, **element, "deleted_at": None, "created_at": utcnow()}


def _changes(row: Any, element: Element, *, has_items: bool) -> dict[str, Any]:
    """What of `element` is to be written: its uid alone when nothing is. The total of an order with items is their sum."""
    return {
        name: value
        for name, value in element.items()
        if name == "uid" or (getattr(row, name) != value and not (name == "total" and has_items))
    }


def _wrong_with_new(element: Element, known_users: Collection[str], own_uid: str | None) -> dict[str, list[str]]:
    wrong: dict[str, list[str]] = {}
    if "user_uid" not in element:
        wrong["user_uid"] = [REQUIRED["required"]]
    elif element["user_uid"] not in known_users:
        wrong["user_uid"] = unknown(element["user_uid"])
    if own_uid is not None and element.get("status", PENDING) != PENDING:
        wrong["status"] = ["A client's new order is pending."]
    return wrong


def _wrong_with_change(
    row: Any, change: Element, known_users: Collection[str], own_uid: str | None
) -> dict[str, list[str]]:
    by_client = own_uid is not None
    if own_uid not in (None, row.user_uid):
        return {"uid": unknown(row.uid)}
    if "status" in change and (why := status_refused(row.status, change["status"], by_client=by_client)):
        return {"status": [why]}
    if len(change) > 1 and (why := change_refused(row.status, by_client=by_client)):
        return {"status": [why]}
    if "user_uid" in change and change["user_uid"] not in known_users:
        return {"user_uid": unknown(change["user_uid"])}
    return {}
