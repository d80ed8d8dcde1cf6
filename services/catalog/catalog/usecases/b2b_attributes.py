"""Attributes of products, and the values that they may have. Products are taken first, then values, then attributes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import delete, func, select, tuple_
from sqlalchemy.orm import Session

from catalog.domain.b2b_errors import InUse, in_use, refuse_incomplete, refuse_unknown
from catalog.domain.b2b_models import Attribute, AttributeValue
from catalog.usecases.b2b_texts import upsert_texts
from catalog.usecases.locks import take_products
from catalog.usecases.product_uids import with_stored_uids
from catalog.usecases.rows import take_rows
from chassis.problems import NotFound, Problem
from chassis.uids import new_uid
from chassis.upserts import upsert

Elements = Sequence[Mapping[str, Any]]


def upsert_attributes(session: Session, *, elements: Elements) -> list[str]:
    """Create attributes or change them; their uids, in the order of the elements. A new one needs a product and a value."""
    elements = [{"uid": new_uid(), **element} for element in elements]
    uids = [element["uid"] for element in elements]
    elements = _with_products(session, elements)
    values = {element["value_uid"] for element in elements if "value_uid" in element}
    known = take_rows(session, AttributeValue, ["uid"], values, to_refer=True)
    refuse_unknown(elements, "value_uid", {row.uid for row in known})
    there = {row.uid for row in take_rows(session, Attribute, ["uid"], uids)}
    refuse_incomplete(elements, "uid", there, ["product_uid", "value_uid"])
    blank = {"product_uid": "", "value_uid": ""}
    upsert(session, Attribute, elements, key=["uid"], returning=[Attribute.uid], new=blank)
    return uids


def delete_attributes(session: Session, *, uids: Collection[str], unknown: type[Problem] | None = None) -> None:
    """Delete attributes and their descriptions; uids that name none are left out, unless all do and there is an `unknown`."""
    if not take_rows(session, Attribute, ["uid"], uids) and unknown:
        raise unknown
    session.execute(delete(Attribute).where(Attribute.uid.in_(uids)))


def upsert_values(session: Session, *, elements: Elements) -> None:
    """Name values; a value is made by its first name."""
    upsert_texts(session, AttributeValue, "uid", elements)


def delete_values(session: Session, *, keys: Elements, unknown: type[Problem] | None = None) -> None:
    """Delete names of values; InUse when an attribute's value would have none left.

    Keys that name none are left out, unless all do and there is an `unknown` to raise.
    """
    pairs = [(key["uid"], key["language"]) for key in keys]
    names = (AttributeValue.uid, AttributeValue.language)
    rows = [
        tuple(row) for row in take_rows(session, AttributeValue, ["uid"], {uid for uid, _ in pairs}, returning=names)
    ]
    if unknown and not set(rows).intersection(pairs):
        raise unknown
    stay = {uid for uid, language in rows if (uid, language) not in set(pairs)}
    if users := _users(session, {uid for uid, _ in rows} - stay):
        raise InUse({index: users[uid] for index, (uid, _) in enumerate(pairs) if uid in users})
    session.execute(delete(AttributeValue).where(tuple_(*names).in_(pairs)))


def delete_value(session: Session, *, key: Mapping[str, Any]) -> None:
    """Delete one name that must be there."""
    try:
        delete_values(session, keys=[key], unknown=NotFound)
    except InUse as error:
        raise error.alone() from None


def _users(session: Session, values: Collection[str]) -> dict[str, str]:
    """Why these values can't be deleted; those that can be are absent."""
    counted = (
        select(Attribute.value_uid, func.count()).where(Attribute.value_uid.in_(values)).group_by(Attribute.value_uid)
    )
    return {uid: in_use("value", (count, "attribute", "attributes")) for uid, count in session.execute(counted)}


def _with_products(session: Session, elements: Elements) -> Elements:
    """Return the elements with the stored uids of their products, which are there and stay until the transaction ends."""
    elements, ids = with_stored_uids(session, elements, "product_uid")
    present = {row.uid for row in take_products(session, ids.values()) if row.deleted_at is None}
    refuse_unknown(elements, "product_uid", present)
    return elements
