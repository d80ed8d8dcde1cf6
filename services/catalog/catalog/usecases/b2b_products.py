"""Products as other systems see them: found by uid, many at once, all or none.

A batch takes the categories it names first, then creates, then takes the products that are there, in the order of their ids.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import BigInteger, Boolean, Row, String, bindparam, select, update
from sqlalchemy.orm import Session

from catalog.domain.b2b_errors import refuse_incomplete, refuse_unknown
from catalog.domain.b2b_models import Category
from catalog.domain.errors import BelowReserved
from catalog.domain.events import tell_products
from catalog.domain.models import B2B, Product
from catalog.queries import PRODUCT
from catalog.usecases.b2b_creation import REASON, create_or_revive
from catalog.usecases.given_rows import PreparedForRows
from catalog.usecases.locks import take_present, take_products
from catalog.usecases.removal import remove_products
from catalog.usecases.rows import take_rows
from catalog.usecases.stock import book_stock, tell_of_low_stock
from chassis.columns import UtcDateTime
from chassis.db import utcnow
from chassis.money import to_cents
from chassis.prepared import prepared
from chassis.problems import BadElements, Problem
from chassis.uids import new_uid

Element = Mapping[str, Any]
_FIELDS = ("price", "category_uid", "is_active")
_IDS = prepared(
    select(Product.uid, Product.id).where(
        Product.uid.in_(bindparam("uids", expanding=True)), Product.deleted_at.is_(None)
    )
)
_SET = PreparedForRows(
    {"id": BigInteger(), "price": BigInteger(), "category_uid": String(), "is_active": Boolean()},
    lambda given: (
        update(Product)
        .where(Product.id == given.c.id)
        .values(
            **{name: given.c[name] for name in _FIELDS},
            version=Product.version + 1,
            updated_at=bindparam("now", type_=UtcDateTime),
        )
        .returning(*PRODUCT)
    ),
)


def upsert_products(session: Session, *, elements: Sequence[Element], actor_uid: str) -> list[str]:
    """Create or change products; their uids, in the order of the elements. What an element leaves out stays as it is.

    A new one needs a price, and is active and without stock unless told otherwise.
    """
    elements = [{"uid": new_uid(), **element} for element in elements]
    named = {element["category_uid"] for element in elements if element.get("category_uid")}
    if named:
        known = {row.uid for row in take_rows(session, Category, ["uid"], named, to_refer=True)}
        refuse_unknown(elements, "category_uid", known)
    uids = [element["uid"] for element in elements]
    there = ids_of(session, uids)
    refuse_incomplete(elements, "uid", there, ["price"])
    new = {index: element for index, element in enumerate(elements) if element["uid"] not in there}
    made = create_or_revive(session, new, actor_uid=actor_uid)
    rest = {index: element for index, element in enumerate(elements) if element["uid"] not in made}
    _change(session, rest, actor_uid, there if there.keys() >= set(uids) - made else ids_of(session, uids))
    return uids


def change_products(session: Session, *, elements: Sequence[Element], actor_uid: str) -> None:
    """Set the stock (`quantity`) or whether they are for sale (`is_active`) of products that must be there."""
    there = ids_of(session, [element["uid"] for element in elements])
    _change(session, dict(enumerate(elements)), actor_uid, there)


def delete_products(session: Session, *, uids: Collection[str], unknown: type[Problem] | None = None) -> None:
    """Delete products, as the POS does; uids that name none are left out, unless all do and there is an `unknown` to raise."""
    present = [row for row in take_products(session, ids_of(session, uids).values()) if row.deleted_at is None]
    if not present and unknown:
        raise unknown
    remove_products(session, present)


def ids_of(session: Session, uids: Iterable[str]) -> dict[str, int]:
    """The ids of living products, by uid."""
    return {row.uid: row.id for row in _IDS(session, uids=list(uids))}


def _change(session: Session, elements: Mapping[int, Element], actor_uid: str, ids: Mapping[str, int]) -> None:
    if not elements:
        return
    index_of = {element["uid"]: index for index, element in elements.items()}
    present = take_present(session, [ids[uid] for uid in index_of if uid in ids])
    if len(present) < len(elements):
        _refuse_missing(elements, {row.uid for row in present})
    given = {row.id: elements[index_of[row.uid]] for row in present}
    quantities = {id_: element["quantity"] for id_, element in given.items() if "quantity" in element}
    counted = [row for row in present if row.id in quantities]
    try:
        after = book_stock(session, counted, quantities, reason=REASON, actor_uid=actor_uid, kind=B2B)
    except BelowReserved as error:
        raise _below_reserved(error, {row.id: index_of[row.uid] for row in present}) from error
    rows = [_row(row, given[row.id]) for row in present if _differs(row, given[row.id])]
    changed = {row.id: row for row in _SET(session, rows, now=utcnow())} if rows else {}
    tell_products(session, "ProductUpdated", changed.values())
    tell_of_low_stock(session, present, {**after, **changed})


def _differs(present: Row[Any], element: Element) -> bool:
    return any(name in element and element[name] != getattr(present, name) for name in _FIELDS)


def _row(present: Row[Any], element: Element) -> dict[str, Any]:
    wanted = {name: element.get(name, getattr(present, name)) for name in _FIELDS}
    return {"id": present.id, **wanted, "price": to_cents(wanted["price"])}


def _refuse_missing(elements: Mapping[int, Element], there: Collection[str]) -> None:
    raise BadElements(
        {
            index: {"uid": [f'Invalid pk "{element["uid"]}" - object does not exist.']}
            for index, element in elements.items()
            if element["uid"] not in there
        }
    )


def _below_reserved(error: BelowReserved, index_of: Mapping[int, int]) -> BadElements:
    message = "This value may not be less than the reserved quantity ({})."
    return BadElements({index_of[id_]: {"quantity": [message.format(units)]} for id_, units in error.reserved.items()})
