"""The tree of categories. Who moves or deletes in it takes the account's whole tree, so that no two moves make a cycle."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from catalog.domain.b2b_errors import InUse, in_use, refuse_unknown
from catalog.domain.b2b_models import Category
from catalog.domain.category_tree import on_cycles
from catalog.domain.models import Product
from catalog.usecases.rows import take_rows
from chassis.problems import BadElements, NotFound, Problem
from chassis.tenancy import tenant
from chassis.uids import new_uid
from chassis.upserts import upsert

_TREE = 0x43415445
"""Any constant: of the advisory locks of catalog's database, those of category trees."""


def upsert_categories(session: Session, *, elements: Sequence[Mapping[str, Any]]) -> list[str]:
    """Create categories or move them; their uids, in the order of the elements. A parent may be of the same batch."""
    elements = [{"uid": new_uid(), **element} for element in elements]
    uids = [element["uid"] for element in elements]
    if any(element.get("parent_uid") for element in elements):
        _take_tree(session)
        parents = {row.uid: row.parent_uid for row in session.execute(select(Category.uid, Category.parent_uid))}
        parents |= {uid: parents.get(uid) for uid in uids}
        refuse_unknown(elements, "parent_uid", parents)
        parents |= {element["uid"]: element["parent_uid"] for element in elements if "parent_uid" in element}
        _refuse_cycles(elements, on_cycles(parents, uids))
    upsert(session, Category, elements, key=["uid"], returning=[Category.uid])
    return uids


def delete_categories(session: Session, *, uids: Sequence[str], unknown: type[Problem] | None = None) -> None:
    """Delete categories; InUse when others or living products are in one of them.

    Uids that name none are left out, unless all do and there is an `unknown` to raise.
    """
    _take_tree(session)
    there = [row.uid for row in take_rows(session, Category, ["uid"], uids)]
    if not there and unknown:
        raise unknown
    if users := _users(session, there):
        raise InUse({index: users[uid] for index, uid in enumerate(uids) if uid in users})
    # Deleted products don't count, and forget theirs.
    session.execute(update(Product).where(Product.category_uid.in_(there)).values(category_uid=None))
    session.execute(delete(Category).where(Category.uid.in_(there)))


def delete_category(session: Session, *, uid: str) -> None:
    """Delete one that must be there."""
    try:
        delete_categories(session, uids=[uid], unknown=NotFound)
    except InUse as error:
        raise error.alone() from None


def _users(session: Session, uids: Collection[str]) -> dict[str, str]:
    """Why these categories can't be deleted together; those that can be are absent."""
    below = select(Category.parent_uid, func.count()).where(Category.parent_uid.in_(uids), Category.uid.not_in(uids))
    inside = select(Product.category_uid, func.count()).where(
        Product.category_uid.in_(uids), Product.deleted_at.is_(None)
    )
    children = dict(session.execute(below.group_by(Category.parent_uid)).all())
    products = dict(session.execute(inside.group_by(Product.category_uid)).all())
    return {
        uid: in_use(
            "category", (children.get(uid, 0), "category", "categories"), (products.get(uid, 0), "product", "products")
        )
        for uid in children.keys() | products.keys()
        if uid is not None
    }


def _refuse_cycles(elements: Sequence[Mapping[str, Any]], circling: Collection[str]) -> None:
    bad = {i: element for i, element in enumerate(elements) if element["uid"] in circling and element.get("parent_uid")}
    if bad:
        message = "A category cannot be its own ancestor."
        raise BadElements({index: {"parent_uid": [message]} for index in bad})


def _take_tree(session: Session) -> None:
    """The account's tree, ours until the transaction ends; on SQLite the transaction is the only writer anyway."""
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(func.hashint8extended(tenant(), _TREE))))
