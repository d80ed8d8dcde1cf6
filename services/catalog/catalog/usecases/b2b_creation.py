"""New products of other systems, and deleted ones that come back under their uid: one statement for all of a batch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import BigInteger, Boolean, String, bindparam, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from catalog.domain.events import tell_products
from catalog.domain.models import B2B, INITIAL, Product
from catalog.domain.pricing import GENERAL
from catalog.queries import PRODUCT, find_products
from catalog.usecases.given_rows import Columns, InsertForRows
from catalog.usecases.hold_statements import record_movements
from catalog.usecases.stock import book_stock
from chassis.columns import UtcDateTime
from chassis.db import utcnow
from chassis.money import to_cents
from chassis.prepared import prepared
from chassis.problems import BadElements, Conflict
from chassis.search import search_text

REASON = "set by another system"
LOW_STOCK_THRESHOLD = 10
_NOW = bindparam("now", type_=UtcDateTime)
_GIVEN: Columns = {
    "uid": String(), "name": String(), "sku": String(), "price": BigInteger(), "category_uid": String(),
    "is_active": Boolean(), "search_text": String(), "current_stock": BigInteger(),
}  # fmt: skip
_SAME_FOR_ALL: dict[str, Any] = {
    "tax_rate": bindparam("tax_rate", GENERAL, String()),
    "low_stock_threshold": bindparam("low_stock_threshold", LOW_STOCK_THRESHOLD, BigInteger()),
    "version": bindparam("version", 1, BigInteger()),
    "created_at": _NOW,
    "updated_at": _NOW,
}


def _or_revive(insert: Any) -> Any:
    table = Product.__table__.c
    begins_anew = [*_GIVEN, "tax_rate", "low_stock_threshold", "created_at", "updated_at"]
    values = {name: insert.excluded[name] for name in begins_anew if name not in ("uid", "current_stock")}
    values |= {"supplier_id": None, "deleted_at": None, "version": table.version + 1}
    return insert.on_conflict_do_update(
        index_elements=["account_id", "uid"], set_=values, where=table.deleted_at.is_not(None)
    ).returning(*PRODUCT)


_CREATE = InsertForRows(Product, _GIVEN, more=_SAME_FOR_ALL, order_by="uid", conflict=_or_revive)
_TAKEN_SKUS = prepared(
    select(Product.sku).where(Product.sku.in_(bindparam("skus", expanding=True)), Product.deleted_at.is_(None))
)


def create_or_revive(session: Session, elements: Mapping[int, Mapping[str, Any]], *, actor_uid: str) -> set[str]:
    """Make products of these elements (by their index in the batch); the uids of those that were not there.

    A uid that somebody else has just created is left alone. A product's uid is its SKU and, until it has a description, its
    name. The stock of one that comes back is what it is now given, booked as a difference.
    """
    if not elements:
        return set()
    _check_skus(session, elements)
    rows = [_row(element) for element in elements.values()]
    try:
        made = sorted(_CREATE(session, rows, now=utcnow()), key=lambda product: product.id)
    except IntegrityError as error:  # somebody else's product has just got this SKU
        raise Conflict from error
    new = [product for product in made if product.version == 1]
    record_movements(
        session,
        [
            {"product_id": product.id, "delta": product.current_stock, "balance": product.current_stock, "kind": INITIAL,
             "reason": REASON, "actor_uid": actor_uid}
            for product in new
            if product.current_stock
        ],
    )  # fmt: skip
    tell_products(session, "ProductCreated", made)
    wanted = {row["uid"]: row["current_stock"] for row in rows}
    if revived := [product.id for product in made if product.version > 1]:
        present = find_products(session, revived)
        quantities = {product.id: wanted[product.uid] for product in present}
        book_stock(session, present, quantities, reason=REASON, actor_uid=actor_uid, kind=B2B)
    return {product.uid for product in made}


def _row(element: Mapping[str, Any]) -> dict[str, Any]:
    uid = element["uid"]
    return {
        "uid": uid, "name": uid, "sku": uid, "price": to_cents(element["price"]), "category_uid": element.get("category_uid"),
        "is_active": element.get("is_active", True), "search_text": search_text(uid), "current_stock": element.get("quantity", 0),
    }  # fmt: skip


def _check_skus(session: Session, elements: Mapping[int, Mapping[str, Any]]) -> None:
    skus = {row.sku for row in _TAKEN_SKUS(session, skus=[element["uid"] for element in elements.values()])}
    bad = {index: element for index, element in elements.items() if element["uid"] in skus}
    if bad:
        raise BadElements({index: {"uid": ["product with this sku already exists."]} for index in bad})
