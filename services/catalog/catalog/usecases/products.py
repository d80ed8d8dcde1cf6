"""Products come, change and go. Setting `current_stock` is an adjustment in the ledger, computed from the stock of now."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import Row, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from catalog.domain.actors import Actor
from catalog.domain.errors import DuplicateSku, UnknownSupplier
from catalog.domain.events import tell_product
from catalog.domain.models import BY_POS, INITIAL, Product, Supplier
from catalog.domain.skus import product_search_text
from catalog.queries import PRODUCT, OfNow, find_product, product_out
from catalog.usecases.hold_statements import record_movements
from catalog.usecases.locks import take_product
from catalog.usecases.price_history import record_prices
from catalog.usecases.removal import remove_products
from catalog.usecases.stock import book_stock, tell_of_low_stock
from chassis.codes import code_key
from chassis.db import insert_for, utcnow
from chassis.problems import Conflict, NotFound

Precondition = Callable[[Mapping[str, Any]], None]
SET_BY_HAND = "set by hand"


def create_product(session: Session, *, fields: Mapping[str, Any], actor: Actor) -> dict[str, Any]:
    """A new product, as it is answered; its first stock is the ledger's first row."""
    _check_supplier(session, fields.get("supplier_id"))
    found_by = {
        "sku_key": code_key(fields["sku"]), "search_text": product_search_text(fields["name"], fields["sku"])
    }  # fmt: skip
    statement = insert_for(session, Product).values(**fields, **found_by)
    product = session.execute(statement.on_conflict_do_nothing().returning(*PRODUCT)).first()
    if product is None:
        raise DuplicateSku
    if product.current_stock:
        first = {
            "product_id": product.id, "delta": product.current_stock, "balance": product.current_stock, "kind": INITIAL,
            "actor_uid": actor.uid,
        }  # fmt: skip
        record_movements(session, [first])
    record_prices(session, [(None, product)], surface=BY_POS, actor=actor)
    tell_product(session, "ProductCreated", product)
    return product_out(product, OfNow(reserved=0, percent_off=None))


def update_product(
    session: Session, *, product_id: int, changes: Mapping[str, Any], actor: Actor, precondition: Precondition
) -> dict[str, Any]:
    """Set the given fields; what stays the same changes nothing, not even the version.

    `precondition` sees the product as it is answered and may raise. BelowReserved when the stock would not cover what
    carts hold.
    """
    present = _take(session, product_id, precondition)
    changed = {name: value for name, value in changes.items() if getattr(present, name) != value}
    if not changed:
        return product_out(present)
    if changed.get("supplier_id") is not None:
        _check_supplier(session, changed["supplier_id"])
    product = present
    if "current_stock" in changed:
        quantity = {product_id: changed.pop("current_stock")}
        product = book_stock(session, [present], quantity, reason=SET_BY_HAND, actor_uid=actor.uid)[product_id]
    if changed:
        product = _apply(session, product, changed)
        record_prices(session, [(present, product)], surface=BY_POS, actor=actor)
        tell_product(session, "ProductUpdated", product)
    tell_of_low_stock(session, [present], {product_id: product})
    return product_out(product, present)


def delete_product(session: Session, *, product_id: int, actor: Actor, precondition: Precondition) -> None:
    """Soft: the product leaves every list with its promotions, and its SKU becomes free.

    Orders that hold its stock may still give it back.
    """
    remove_products(session, [_take(session, product_id, precondition)], actor=actor)


def _take(session: Session, product_id: int, precondition: Precondition) -> Row[Any]:
    """The product and what carts hold of it, ours until the transaction ends."""
    if take_product(session, product_id) is None:
        raise NotFound
    present = find_product(session, product_id)  # after the lock: what carts hold can't change any more
    if present is None:
        raise NotFound
    precondition(product_out(present))
    return present


def _apply(session: Session, present: Row[Any], changed: Mapping[str, Any]) -> Row[Any]:
    values = {**changed, "updated_at": utcnow(), "version": Product.version + 1}
    if "name" in changed or "sku" in changed:
        values["search_text"] = product_search_text(changed.get("name", present.name), changed.get("sku", present.sku))
    if "sku" in changed:
        values["sku_key"] = code_key(changed["sku"])
    statement = update(Product).where(Product.id == present.id, Product.version == present.version).values(**values)
    try:
        product = session.execute(statement.returning(*PRODUCT)).first()
    except IntegrityError as error:
        if "sku" in changed:
            raise DuplicateSku from error
        raise
    if product is None:
        raise Conflict
    return product


def _check_supplier(session: Session, supplier_id: int | None) -> None:
    """The supplier lives, and can't be deleted before this transaction ends."""
    if supplier_id is None:
        return
    living = select(Supplier.id).where(Supplier.id == supplier_id, Supplier.deleted_at.is_(None))
    if session.execute(living.with_for_update(read=True)).first() is None:
        raise UnknownSupplier(supplier_id)
