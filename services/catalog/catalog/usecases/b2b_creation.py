"""New products of other systems, and deleted ones that come back under their uid: one statement for all of a batch.

Who creates takes its turn in the account, and has taken the products that are there before: two batches that create the same
products would otherwise wait for each other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import BigInteger, Boolean, Row, String, bindparam, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from catalog.domain.actors import Actor
from catalog.domain.events import tell_products
from catalog.domain.models import B2B, BY_B2B, INITIAL, Product
from catalog.domain.pricing import GENERAL
from catalog.domain.skus import product_search_text
from catalog.queries import PRODUCT, find_products
from catalog.usecases.hold_statements import record_movements
from catalog.usecases.price_history import record_prices
from catalog.usecases.stock import book_stock
from chassis.codes import code_key
from chassis.columns import UtcDateTime
from chassis.db import utcnow
from chassis.given_rows import Columns, InsertForRows, PreparedForRows
from chassis.money import to_cents
from chassis.prepared import prepared_either
from chassis.problems import BadElements, Conflict
from chassis.tenancy import tenant

Elements = Mapping[int, Mapping[str, Any]]
REASON = "set by another system"
LOW_STOCK_THRESHOLD = 10
_TURN = 0x50524F44
"""Any constant: of the advisory locks of catalog's database, those of creating products."""
_NOW = bindparam("now", type_=UtcDateTime)
_GIVEN: Columns = {
    "uid": String(), "name": String(), "sku": String(), "price": BigInteger(), "category_uid": String(),
    "is_active": Boolean(), "search_text": String(), "sku_key": String(),
}  # fmt: skip
_SAME_FOR_ALL: dict[str, Any] = {
    "tax_rate": bindparam("tax_rate", GENERAL, String()),
    "low_stock_threshold": bindparam("low_stock_threshold", LOW_STOCK_THRESHOLD, BigInteger()),
    "created_at": _NOW,
    "updated_at": _NOW,
}
_CREATE = InsertForRows(
    Product, {**_GIVEN, "current_stock": BigInteger()}, more={**_SAME_FOR_ALL, "version": bindparam("version", 1, BigInteger())},
    order_by=["uid"], conflict=lambda insert: insert.on_conflict_do_nothing().returning(*PRODUCT),
)  # fmt: skip
_REVIVE = PreparedForRows(
    {"id": BigInteger(), **_GIVEN},
    lambda given: (
        update(Product)
        .where(Product.id == given.c.id, Product.deleted_at.is_not(None))
        .values(
            **{name: given.c[name] for name in _GIVEN if name != "uid"},
            **_SAME_FOR_ALL,
            supplier_id=None,
            deleted_at=None,
            version=Product.version + 1,
        )
        .returning(*PRODUCT)
    ),
)
_SKUS = select(Product.sku, Product.sku_key).where(Product.deleted_at.is_(None))
_LIVING_SKUS = prepared_either(
    _SKUS.where(Product.sku.in_(bindparam("skus", expanding=True))),
    _SKUS.where(Product.sku_key.in_(bindparam("keys", expanding=True))),
)


def take_turn(session: Session) -> None:
    """Nobody else creates products of the account for other systems now; SQLite's transaction is the only writer anyway."""
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(func.hashint8extended(tenant(), _TURN))))


def create_products(session: Session, elements: Elements, *, actor: Actor) -> None:
    """Make products of these elements (by their index in the batch). Their uids are their SKUs and, until they are
    described, their names."""
    if not elements:
        return
    rows = [{**_row(element), "current_stock": element.get("quantity", 0)} for element in elements.values()]
    made = sorted(_CREATE(session, rows, now=utcnow()), key=lambda product: product.id)
    _refuse_taken(elements, {element["uid"] for element in elements.values()} - {product.uid for product in made})
    movements = [
        {"product_id": product.id, "delta": product.current_stock, "balance": product.current_stock, "kind": INITIAL,
         "reason": REASON, "actor_uid": actor.uid}
        for product in made
        if product.current_stock
    ]  # fmt: skip
    if movements:
        record_movements(session, movements)
    record_prices(session, [(None, product) for product in made], surface=BY_B2B, actor=actor)
    tell_products(session, "ProductCreated", made)


def revive_products(session: Session, elements: Elements, deleted: Iterable[Row[Any]], *, actor: Actor) -> None:
    """Bring `deleted` products, which this transaction has taken, back as new ones; their versions and ledgers go on."""
    if not elements:
        return
    quantities = {element["uid"]: element.get("quantity", 0) for element in elements.values()}
    keys = {uid: code_key(uid) for uid in quantities}
    taken = _LIVING_SKUS(session, skus=list(keys), keys=list(keys.values())).all()
    codes = {row.sku for row in taken} | {row.sku_key for row in taken}
    _refuse_taken(elements, {uid for uid, key in keys.items() if uid in codes or key in codes})
    before = {row.id: row for row in deleted}
    ids = {row.uid: row.id for row in before.values()}
    rows = [{"id": ids[element["uid"]], **_row(element)} for element in elements.values()]
    try:
        revived = _REVIVE(session, rows, now=utcnow()).all()
    except IntegrityError as error:  # another product has got this SKU just now
        raise Conflict from error
    revived.sort(key=lambda product: product.id)
    record_prices(session, [(before[row.id], row) for row in revived], surface=BY_B2B, actor=actor)
    tell_products(session, "ProductCreated", revived)
    present = find_products(session, [product.id for product in revived])
    wanted = {product.id: quantities[product.uid] for product in revived}
    book_stock(session, present, wanted, reason=REASON, actor_uid=actor.uid, kind=B2B)


def _row(element: Mapping[str, Any]) -> dict[str, Any]:
    uid = element["uid"]
    return {
        "uid": uid, "name": uid, "sku": uid, "price": to_cents(element["price"]), "category_uid": element.get("category_uid"),
        "is_active": element.get("is_active", True), "search_text": product_search_text(uid, uid),
        "sku_key": code_key(uid),
    }  # fmt: skip


def _refuse_taken(elements: Elements, skus: set[str]) -> None:
    bad = {index: element for index, element in elements.items() if element["uid"] in skus}
    if bad:
        raise BadElements({index: {"uid": ["product with this sku already exists."]} for index in bad})
