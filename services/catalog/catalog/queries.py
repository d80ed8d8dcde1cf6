"""The read side: selects, and rows as the answers that the API documents print. Nothing here writes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Row, ScalarSelect, Select, bindparam, func, select
from sqlalchemy.orm import Session

from catalog.domain.models import CartHold, Product, StockMovement, Supplier
from catalog.domain.pricing import final_price
from catalog.domain.stock import Held, is_low
from chassis.columns import UtcDateTime
from chassis.db import utcnow
from chassis.ordering import order_by
from chassis.prepared import prepared
from chassis.search import matches

PRODUCT: tuple[Any, ...] = (
    Product.id, Product.uid, Product.name, Product.sku, Product.price, Product.tax_rate, Product.current_stock,
    Product.low_stock_threshold, Product.supplier_id, Product.is_active, Product.version, Product.updated_at,
)  # fmt: skip
SUPPLIER: tuple[Any, ...] = (
    Supplier.id, Supplier.name, Supplier.phone_number, Supplier.contact_person, Supplier.rfc, Supplier.tax_address,
)  # fmt: skip
_PRODUCT_ORDERS = {
    "id": Product.id, "name": Product.name, "sku": Product.sku, "price": Product.price,
    "current_stock": Product.current_stock, "updated_at": Product.updated_at,
}  # fmt: skip
_SUPPLIER_ORDERS = {"id": Supplier.id, "name": Supplier.name}


def held_in_carts(now: Any, *, except_by: Any = None) -> ScalarSelect[int]:
    """The sum of a product's live cart holds, a subquery of a statement on products. `except_by` leaves a user's out."""
    total = select(func.coalesce(func.sum(CartHold.quantity), 0))
    total = total.where(CartHold.product_id == Product.id, CartHold.lapses_at > now)
    if except_by is not None:
        total = total.where(CartHold.user_uid != except_by)
    return total.correlate(Product).scalar_subquery()


def _living_products(now: Any) -> Select[Any]:
    return select(*PRODUCT, held_in_carts(now).label("reserved")).where(Product.deleted_at.is_(None))


_ONE_PRODUCT = prepared(
    _living_products(bindparam("now", type_=UtcDateTime)).where(Product.id == bindparam("product_id"))
)

_PRODUCTS = prepared(
    _living_products(bindparam("now", type_=UtcDateTime)).where(Product.id.in_(bindparam("ids", expanding=True)))
)


_BY_SKU = prepared(
    _living_products(bindparam("now", type_=UtcDateTime)).where(
        Product.is_active.is_(True), Product.sku == bindparam("sku")
    )
)


def find_product(session: Session, product_id: int) -> Row[Any] | None:
    """One living product with `reserved`, what carts hold of it now."""
    return _ONE_PRODUCT(session, product_id=product_id, now=utcnow()).first()


def find_products(session: Session, product_ids: Collection[int]) -> list[Row[Any]]:
    """The living ones of these products, each with `reserved`."""
    return list(_PRODUCTS(session, ids=list(product_ids), now=utcnow()))


def products_by_sku(session: Session, sku: str) -> list[Row[Any]]:
    """The active product with this barcode, if any: what `products({"sku": …})` selects, at a third of the cost."""
    return list(_BY_SKU(session, sku=sku, now=utcnow()))


def products(query: Mapping[str, Any]) -> Select[Any]:
    """The list's products: active ones unless `is_active` says otherwise."""
    statement = _living_products(utcnow()).where(Product.is_active.is_(query.get("is_active", True)))
    if "sku" in query:
        statement = statement.where(Product.sku == query["sku"])
    if "supplier" in query:
        statement = statement.where(Product.supplier_id == query["supplier"])
    if "low_stock" in query:
        low = Product.current_stock <= Product.low_stock_threshold
        statement = statement.where(low if query["low_stock"] else ~low)
    if "search" in query:
        statement = statement.where(matches(Product.search_text, query["search"]))
    return statement.order_by(*order_by(query.get("ordering"), _PRODUCT_ORDERS, [Product.id]))


def product_out(row: Any, reserved: int | None = None) -> dict[str, Any]:
    """A product as it is answered; `reserved` when the row doesn't carry it."""
    held = int(row.reserved if reserved is None else reserved)  # a sum is numeric on PostgreSQL
    return {
        "id": row.id,
        "uid": row.uid,
        "name": row.name,
        "sku": row.sku,
        "price": row.price,
        "tax_rate": row.tax_rate,
        "discounted_price": None,
        "final_price": final_price(row.price, row.tax_rate),
        "current_stock": row.current_stock,
        "reserved_quantity": held,
        "available_to_sell": row.current_stock - held,
        "low_stock": is_low(row.current_stock, row.low_stock_threshold),
        "low_stock_threshold": row.low_stock_threshold,
        "supplier": row.supplier_id,
        "category_uid": None,
        "is_active": row.is_active,
        "updated_at": row.updated_at,
    }


def find_supplier(session: Session, supplier_id: int) -> Row[Any] | None:
    """One living supplier."""
    return session.execute(suppliers({}).where(Supplier.id == supplier_id)).first()


def suppliers(query: Mapping[str, Any]) -> Select[Any]:
    """The list's suppliers."""
    statement = select(*SUPPLIER).where(Supplier.deleted_at.is_(None))
    if "search" in query:
        statement = statement.where(matches(Supplier.search_text, query["search"]))
    return statement.order_by(*order_by(query.get("ordering"), _SUPPLIER_ORDERS, [Supplier.id]))


def supplier_out(row: Any) -> dict[str, Any]:
    """A supplier as it is answered."""
    return dict(row._mapping)


def live_cart_holds(session: Session, product_id: int) -> list[Held]:
    """A product's live cart holds, oldest first."""
    statement = (
        select(CartHold.user_uid, CartHold.quantity)
        .where(CartHold.product_id == product_id, CartHold.lapses_at > utcnow(), CartHold.quantity > 0)
        .order_by(CartHold.held_since, CartHold.user_uid)
    )
    return [Held(*row) for row in session.execute(statement)]


def held_by_others(session: Session, product_ids: Sequence[int], user_uid: str) -> dict[int, int]:
    """Units of each product that the carts of other users hold now; a product without any is absent."""
    statement = (
        select(CartHold.product_id, func.sum(CartHold.quantity))
        .where(CartHold.product_id.in_(product_ids), CartHold.lapses_at > utcnow(), CartHold.user_uid != user_uid)
        .group_by(CartHold.product_id)
    )
    return {product_id: int(units) for product_id, units in session.execute(statement)}


def stock_differences(session: Session) -> list[tuple[int, int, int]]:
    """(product id, current stock, ledger's sum) of every product where the two differ; it must be empty always."""
    ledger = select(StockMovement.product_id, func.sum(StockMovement.delta).label("total"))
    sums = ledger.group_by(StockMovement.product_id).subquery()
    total = func.coalesce(sums.c.total, 0)
    statement = (
        select(Product.id, Product.current_stock, total)
        .outerjoin(sums, sums.c.product_id == Product.id)
        .where(Product.current_stock != total)
        .order_by(Product.id)
    )
    return [(id_, stock, int(summed)) for id_, stock, summed in session.execute(statement)]
