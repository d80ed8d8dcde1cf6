"""Many products stored at once, all or none: a thousand a statement, products taken in the order of their ids."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import BigInteger, Boolean, Row, String, bindparam, func, select, update
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeEngine

from catalog.domain.actors import Actor
from catalog.domain.errors import BelowReserved, ChangedMeanwhile
from catalog.domain.events import tell_products
from catalog.domain.models import BY_IMPORT, IMPORT, INITIAL, Product, Supplier
from catalog.domain.product_file import Line, difference
from catalog.file_queries import CHUNK
from catalog.queries import PRODUCT
from catalog.usecases.hold_statements import record_movements
from catalog.usecases.import_plans import ImportPlan
from catalog.usecases.locks import take_present
from catalog.usecases.price_history import record_prices
from catalog.usecases.stock import book_stock, tell_of_low_stock
from chassis.columns import UtcDateTime
from chassis.db import utcnow
from chassis.given_rows import PreparedForRows
from chassis.money import to_cents
from chassis.prepared import prepared_insert
from chassis.search import search_text

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


def import_products(session: Session, *, plan: ImportPlan, report: dict[str, Any], actor: Actor) -> dict[str, Any]:
    """Store what the plan says; answers with the `report` on it.

    ChangedMeanwhile when the products are no longer those that it was made for. A line whose product was changed
    meanwhile in another field, or sold, is applied to the product of now.
    """
    _take_suppliers(session, (*plan.existing.values(), *plan.new))
    for ids in _chunks(sorted(plan.existing)):
        _change(session, {id_: plan.existing[id_] for id_ in ids}, actor)
    for lines in _chunks(plan.new):
        _create(session, lines, actor)
    if len(plan.new) >= CHUNK and session.get_bind().dialect.name == "postgresql":
        # Until it has counted them, the planner takes an account for small, and goes through all of it for each statement.
        session.connection().exec_driver_sql("ANALYZE products")
    return report


def _change(session: Session, lines: Mapping[int, Line], actor: Actor) -> None:
    present = take_present(session, lines)
    if {row.id: row.sku for row in present} != {id_: line.sku for id_, line in lines.items()}:
        raise ChangedMeanwhile
    changes = {row.id: difference(row, lines[row.id].fields) for row in present}
    quantities = {row.id: changes[row.id].pop("current_stock", row.current_stock) for row in present}
    try:
        after = book_stock(session, present, quantities, reason=REASON, actor_uid=actor.uid, kind=IMPORT)
    except BelowReserved as error:
        raise ChangedMeanwhile from error
    rows = [_row(row, changes[row.id]) for row in present if changes[row.id]]
    changed = {row.id: row for row in _CHANGE(session, rows, now=utcnow())} if rows else {}
    pairs = [(row, changed[row.id]) for row in present if row.id in changed]
    record_prices(session, pairs, surface=BY_IMPORT, actor=actor)
    tell_products(session, "ProductUpdated", changed.values())
    tell_of_low_stock(session, present, {**after, **changed})


def _row(present: Row[Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    wanted = {name: changes.get(name, getattr(present, name)) for name in _SET if name != "search_text"}
    text = search_text(wanted["name"], present.sku) if "name" in changes else None
    return {**wanted, "id": present.id, "price": to_cents(wanted["price"]), "search_text": text}


def _create(session: Session, lines: Sequence[Line], actor: Actor) -> None:
    rows = [
        {**DEFAULTS, **line.fields, "sku": line.sku, "search_text": search_text(line.fields["name"], line.sku)}
        for line in lines
    ]
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
    wanted = {line.fields.get("supplier_id") for line in lines} - {None}
    for ids in _chunks(sorted(wanted)):
        living = select(Supplier.id).where(Supplier.id.in_(ids), Supplier.deleted_at.is_(None)).order_by(Supplier.id)
        if len(session.execute(living.with_for_update(read=True)).all()) < len(ids):
            raise ChangedMeanwhile


def _chunks(values: Iterable[Any]) -> Iterator[list[Any]]:
    rest = iter(values)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk
