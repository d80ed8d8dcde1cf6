"""Texts in many languages: one `INSERT … ON CONFLICT DO UPDATE` for a batch, on what they describe and the language (004)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import BigInteger, String, bindparam, delete, tuple_, update
from sqlalchemy.orm import Session

from catalog.domain.b2b_errors import refuse_unknown
from catalog.domain.b2b_models import Attribute, AttributeDescription, Category, CategoryDescription, ProductDescription
from catalog.domain.events import tell_products
from catalog.domain.models import Product
from catalog.domain.skus import product_search_text
from catalog.queries import PRODUCT
from catalog.usecases.locks import take_products
from catalog.usecases.product_uids import with_stored_uids
from catalog.usecases.rows import take_rows
from chassis.columns import UtcDateTime
from chassis.db import Base, utcnow
from chassis.given_rows import PreparedForRows
from chassis.problems import BadElements, Problem
from chassis.schemas import REQUIRED
from chassis.upserts import upsert

Elements = Sequence[Mapping[str, Any]]
_DELETED_WITH: dict[Any, type[Base]] = {CategoryDescription: Category, AttributeDescription: Attribute}
_RENAME = PreparedForRows(
    {"id": BigInteger(), "name": String(), "search_text": String()},
    lambda given: (
        update(Product)
        .where(Product.id == given.c.id)
        .values(
            name=given.c.name,
            search_text=given.c.search_text,
            version=Product.version + 1,
            updated_at=bindparam("now", type_=UtcDateTime),
        )
        .returning(*PRODUCT)
    ),
)


def upsert_product_descriptions(session: Session, *, elements: Elements) -> None:
    """Describe products; one that is still called by its uid takes the name of its first description."""
    elements, ids = with_stored_uids(session, elements, "product_uid", unique=["product_uid", "language"])
    present = [row for row in take_products(session, ids.values()) if row.deleted_at is None]
    refuse_unknown(elements, "product_uid", {row.uid for row in present})
    upsert_texts(session, ProductDescription, "product_uid", elements)
    first = {element["product_uid"]: element["name"] for element in reversed(elements) if "name" in element}
    rows = [
        {"id": row.id, "name": first[row.uid], "search_text": product_search_text(first[row.uid], row.sku)}
        for row in present
        if row.name == row.uid and first.get(row.uid, row.uid) != row.uid
    ]
    if rows:
        tell_products(session, "ProductUpdated", _RENAME(session, rows, now=utcnow()).all())


def upsert_category_descriptions(session: Session, *, elements: Elements) -> None:
    """Describe categories."""
    known = take_rows(session, Category, ["uid"], {element["category_uid"] for element in elements}, to_refer=True)
    refuse_unknown(elements, "category_uid", {row.uid for row in known})
    upsert_texts(session, CategoryDescription, "category_uid", elements)


def upsert_attribute_descriptions(session: Session, *, elements: Elements) -> None:
    """Name attributes."""
    known = take_rows(session, Attribute, ["uid"], {element["attribute_uid"] for element in elements}, to_refer=True)
    refuse_unknown(elements, "attribute_uid", {row.uid for row in known})
    upsert_texts(session, AttributeDescription, "attribute_uid", elements)


def upsert_texts(session: Session, model: Any, owner: str, elements: Elements) -> None:
    """Store texts in the table of `model`, where `owner` is what they describe. A new one needs a name."""
    columns = model.__table__.columns.keys()
    new: dict[str, Any] = {name: "" for name in ("name", "description") if name in columns}
    table = (getattr(model, owner), model.language, model.name)
    stored = upsert(session, model, elements, key=[owner, "language"], returning=table, new=new)
    nameless = {(row[0], row.language) for row in stored if not row.name}  # no text that is given can be empty
    if nameless:
        bad = [i for i, element in enumerate(elements) if (element[owner], element["language"]) in nameless]
        raise BadElements({index: {"name": [REQUIRED["required"]]} for index in bad})


def delete_texts(
    session: Session, *, model: Any, owner: str, keys: Elements, unknown: type[Problem] | None = None
) -> None:
    """Delete texts; keys that name none are left out, unless all do and there is an `unknown` to raise."""
    if model is ProductDescription:
        keys, _ = with_stored_uids(session, keys, owner)
    pairs = [(key[owner], key["language"]) for key in keys]
    if described := _DELETED_WITH.get(
        model
    ):  # as who deletes what is described takes that first, and its texts after it
        take_rows(session, described, ["uid"], {uid for uid, _ in pairs}, to_refer=True)
    if not take_rows(session, model, [owner, "language"], pairs) and unknown:
        raise unknown
    table = (getattr(model, owner), model.language)
    session.execute(delete(model).where(tuple_(*table).in_(pairs)))
