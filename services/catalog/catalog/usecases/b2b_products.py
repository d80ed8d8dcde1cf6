"""Products as other systems see them: found by uid, many at once, all or none.

A batch takes the categories it names first, then the products that are there, in the order of their ids, and creates last.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import BigInteger, Boolean, Row, String, bindparam, update
from sqlalchemy.orm import Session

from catalog.code_queries import find_uids
from catalog.domain.actors import Actor
from catalog.domain.b2b_errors import refuse_incomplete, refuse_unknown
from catalog.domain.b2b_models import Category
from catalog.domain.errors import BelowReserved
from catalog.domain.events import tell_products
from catalog.domain.models import B2B, BY_B2B, Product
from catalog.queries import PRODUCT, find_products
from catalog.usecases.b2b_creation import REASON, create_products, revive_products, take_turn
from catalog.usecases.locks import take_present, take_products
from catalog.usecases.price_history import record_prices
from catalog.usecases.product_uids import with_stored_uids
from catalog.usecases.removal import remove_products
from catalog.usecases.rows import take_rows
from catalog.usecases.stock import book_stock, tell_of_low_stock
from chassis.columns import UtcDateTime
from chassis.db import utcnow
from chassis.given_rows import PreparedForRows
from chassis.money import to_cents
from chassis.problems import BadElements, Problem
from chassis.uids import new_uid

Element = Mapping[str, Any]
_FIELDS = ("price", "category_uid", "is_active")
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


def upsert_products(session: Session, *, elements: Sequence[Element], actor: Actor) -> list[str]:
    """Create or change products; their uids, in the order of the elements. What an element leaves out stays as it is.

    A new one needs a price, and is active and without stock unless told otherwise. So is one that was deleted. A uid that
    differs from a product's in its key's sense only, as `PROD-1` from `prod-1`, means that product.
    """
    given = [{"uid": new_uid(), **element} for element in elements]
    _check_categories(session, given)
    elements, ids = with_stored_uids(session, given, "uid", unique=["uid"])
    if len(ids) < len(given):
        take_turn(session)
        elements, ids = with_stored_uids(session, given, "uid", unique=["uid"])
    uids = [element["uid"] for element in elements]
    rows = take_products(session, ids.values()) if ids else []
    living = {row.uid: row.id for row in rows if row.deleted_at is None}
    refuse_incomplete(elements, "uid", living, ["price"])
    batch = dict(enumerate(elements))
    if living:
        there = {index: element for index, element in batch.items() if element["uid"] in living}
        _change(session, there, find_products(session, living.values()), actor)
    deleted = {index: element for index, element in batch.items() if element["uid"] in ids.keys() - living}
    revive_products(session, deleted, rows, actor=actor)
    new = {index: element for index, element in batch.items() if element["uid"] not in ids}
    create_products(session, new, actor=actor)
    return uids


def change_products(session: Session, *, elements: Sequence[Element], actor: Actor) -> None:
    """Set the stock (`quantity`) or whether they are for sale (`is_active`) of products that must be there."""
    elements, ids = with_stored_uids(session, elements, "uid", unique=["uid"])
    present = take_present(session, ids.values())
    refuse_unknown(elements, "uid", {row.uid for row in present})
    _change(session, dict(enumerate(elements)), present, actor)


def delete_products(
    session: Session, *, uids: Collection[str], actor: Actor, unknown: type[Problem] | None = None
) -> None:
    """Delete products, as the POS does; uids that name none are left out, unless all do and there is an `unknown` to raise."""
    ids = {id_ for _, id_ in find_uids(session, uids).values()}
    present = [row for row in take_products(session, ids) if row.deleted_at is None]
    if not present and unknown:
        raise unknown
    remove_products(session, present, actor=actor)


def _check_categories(session: Session, elements: Sequence[Element]) -> None:
    """The categories that the elements name are there, and stay until the transaction ends."""
    named = {element["category_uid"] for element in elements if element.get("category_uid")}
    if named:
        known = take_rows(session, Category, ["uid"], named, to_refer=True)
        refuse_unknown(elements, "category_uid", {row.uid for row in known})


def _change(session: Session, elements: Mapping[int, Element], present: Sequence[Row[Any]], actor: Actor) -> None:
    """Set what the elements give on their products, which this transaction has taken."""
    index_of = {element["uid"]: index for index, element in elements.items()}
    given = {row.id: elements[index_of[row.uid]] for row in present}
    quantities = {id_: element["quantity"] for id_, element in given.items() if "quantity" in element}
    counted = [row for row in present if row.id in quantities]
    try:
        after = book_stock(session, counted, quantities, reason=REASON, actor_uid=actor.uid, kind=B2B)
    except BelowReserved as error:
        raise _below_reserved(error, {row.id: index_of[row.uid] for row in present}) from error
    rows = [_row(row, given[row.id]) for row in present if _differs(row, given[row.id])]
    changed = {row.id: row for row in _SET(session, rows, now=utcnow())} if rows else {}
    pairs = [(row, changed[row.id]) for row in present if row.id in changed]
    record_prices(session, pairs, surface=BY_B2B, actor=actor)
    tell_products(session, "ProductUpdated", changed.values())
    tell_of_low_stock(session, present, {**after, **changed})


def _differs(present: Row[Any], element: Element) -> bool:
    return any(name in element and element[name] != getattr(present, name) for name in _FIELDS)


def _row(present: Row[Any], element: Element) -> dict[str, Any]:
    wanted = {name: element.get(name, getattr(present, name)) for name in _FIELDS}
    return {"id": present.id, **wanted, "price": to_cents(wanted["price"])}


def _below_reserved(error: BelowReserved, index_of: Mapping[int, int]) -> BadElements:
    message = "This value may not be less than the reserved quantity ({})."
    return BadElements({index_of[id_]: {"quantity": [message.format(units)]} for id_, units in error.reserved.items()})
