"""Some lines of a file stored by one transaction: products are taken in the order of their ids, new ones in that of their
SKUs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import BigInteger, Boolean, Row, String, bindparam, func, select, update
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from catalog.domain.actors import Actor
from catalog.domain.errors import BelowReserved, ChangedMeanwhile
from catalog.domain.events import tell_products
from catalog.domain.models import BY_IMPORT, IMPORT, INITIAL, Product, Supplier
from catalog.domain.product_file import UNCHANGED, UPDATED, Line, difference
from catalog.domain.skus import product_search_text
from catalog.queries import PRODUCT
from catalog.usecases.hold_statements import record_movements
from catalog.usecases.import_plans import ImportPlan
from catalog.usecases.locks import take_present
from catalog.usecases.price_history import record_prices
from catalog.usecases.stock import book_stock, tell_of_low_stock
from chassis.codes import code_key
from chassis.columns import UtcDateTime
from chassis.db import utcnow
from chassis.given_rows import PreparedForRows
from chassis.money import to_cents
from chassis.prepared import prepared_insert

REASON = "import"
DEFAULTS = {"tax_rate": "16.00", "current_stock": 0, "low_stock_threshold": 10, "supplier_id": None, "is_active": True}
"""What a new product gets for the fields that its line leaves out."""
_SET: dict[str, TypeEngine[Any]] = {
    "name": String(), "price": BigInteger(), "tax_rate": String(), "low_stock_threshold": BigInteger(),
    "supplier_id": BigInteger(), "is_active": Boolean(), "search_text": String(),
}  # fmt: skip
_CHANGE = PreparedForRows(
    {"id": BigInteger(), **_SET},
    lambda given: (
        update(Product)
        .where(Product.id == given.c.id)
        .values(
            **{name: given.c[name] for name in _SET if name != "search_text"},
            search_text=func.coalesce(given.c.search_text, Product.search_text),
            version=Product.version + 1,
            updated_at=bindparam("now", type_=UtcDateTime),
        )
        .returning(*PRODUCT)
    ),
)
_INSERT = prepared_insert(Product, returning=PRODUCT, or_ignore=True)


def import_products(session: Session, *, plan: ImportPlan, actor: Actor) -> None:
    """Store what the plan says. A line's `changes` become those of the moment in which it is stored.

    ChangedMeanwhile when the products are no longer those that the plan was made for. A line whose product was changed
    meanwhile in another field, or sold, is applied to the product of now.
    """
    _take_suppliers(session, (*plan.existing.values(), *plan.new))
    if plan.existing:
        _change(session, plan.existing, actor)
    if plan.new:
        _create(session, plan.new, actor)


def refresh_statistics(session: Session) -> None:
    """Have PostgreSQL count the products after many were created.

    Until then its planner takes an account for small, and goes through all of it for each statement.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.connection().exec_driver_sql("ANALYZE products")


def _change(session: Session, lines: Mapping[int, Line], actor: Actor) -> None:
    present = take_present(session, lines)
    if {row.id: code_key(row.sku) for row in present} != {id_: code_key(line.sku) for id_, line in lines.items()}:
        raise ChangedMeanwhile
    changes = {row.id: difference(row, lines[row.id].fields) for row in present}
    wanted = {id_: {name: after for name, (_, after) in pairs.items()} for id_, pairs in changes.items()}
    quantities = {row.id: wanted[row.id].pop("current_stock", row.current_stock) for row in present}
    try:
        after = book_stock(session, present, quantities, reason=REASON, actor_uid=actor.uid, kind=IMPORT)
    except BelowReserved as error:
        raise ChangedMeanwhile from error
    rows = [_row(row, wanted[row.id]) for row in present if wanted[row.id]]
    changed = {row.id: row for row in _CHANGE(session, rows, now=utcnow())} if rows else {}
    pairs = [(row, changed[row.id]) for row in present if row.id in changed]
    record_prices(session, pairs, surface=BY_IMPORT, actor=actor)
    tell_products(session, "ProductUpdated", changed.values())
    tell_of_low_stock(session, present, {**after, **changed})
    for id_, line in lines.items():
        line.changes = changes[id_]
        line.verdict = UPDATED if line.changes else UNCHANGED


def _row(present: Row[Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    wanted = {name: changes.get(name, getattr(present, name)) for name in _SET if name != "search_text"}
    text = product_search_text(wanted["name"], present.sku) if "name" in changes else None
    return {**wanted, "id": present.id, "price": to_cents(wanted["price"]), "search_text": text}


def _create(session: Session, lines: Sequence[Line], actor: Actor) -> None:
    rows = [
        {
            **DEFAULTS, **line.fields, "sku": line.sku, "sku_key": code_key(line.sku),
            "search_text": product_search_text(line.fields["name"], line.sku),
        }
        for line in sorted(lines, key=lambda line: code_key(line.sku))
    ]  # fmt: skip
    products = _INSERT(session, rows).all()
    if len(products) < len(lines):  # somebody else has created one of them
        raise ChangedMeanwhile
    record_movements(
        session,
        [
            {"product_id": product.id, "delta": product.current_stock, "balance": product.current_stock,
             "kind": INITIAL, "reason": REASON, "actor_uid": actor.uid}
            for product in products
            if product.current_stock
        ],
    )  # fmt: skip
    record_prices(session, [(None, product) for product in products], surface=BY_IMPORT, actor=actor)
    tell_products(session, "ProductCreated", products)


def _take_suppliers(session: Session, lines: Iterable[Line]) -> None:
    """The suppliers that the lines name live, and can't be deleted before this transaction ends."""
    ids = sorted({id_ for line in lines if (id_ := line.fields.get("supplier_id")) is not None})
    if ids:
        living = select(Supplier.id).where(Supplier.id.in_(ids), Supplier.deleted_at.is_(None)).order_by(Supplier.id)
        if len(session.execute(living.with_for_update(read=True)).all()) < len(ids):
            raise ChangedMeanwhile
