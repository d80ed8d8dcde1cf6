"""The read side: selects, and rows as the answers that the API documents print. Nothing here writes."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Date, Row, ScalarSelect, Select, and_, bindparam, case, func, or_, select
from sqlalchemy.orm import Session

from catalog.domain.models import EVERYONE, CartHold, Product, Promotion, Supplier
from catalog.domain.pricing import discounted_price, final_price
from catalog.domain.stock import Held, is_low
from chassis.codes import code_key
from chassis.columns import UtcDateTime
from chassis.db import utcnow
from chassis.ordering import order_by
from chassis.prepared import PreparedList, prepared
from chassis.search import is_number, matches, matches_number, without_punctuation
from chassis.tenants import ZONE, local_date, on_local_date

PRODUCT: tuple[Any, ...] = (
    Product.id, Product.uid, Product.name, Product.sku, Product.price, Product.tax_rate, Product.current_stock,
    Product.low_stock_threshold, Product.supplier_id, Product.category_uid, Product.is_active, Product.version,
    Product.updated_at,
)  # fmt: skip
SUPPLIER: tuple[Any, ...] = (
    Supplier.id, Supplier.name, Supplier.phone_number, Supplier.contact_person, Supplier.rfc, Supplier.tax_address,
)  # fmt: skip
PROMOTION: tuple[Any, ...] = (
    Promotion.id, Promotion.uid, Promotion.name, Promotion.description, Promotion.discount_percent, Promotion.start_date,
    Promotion.end_date, Promotion.target_audience, Promotion.is_active, Promotion.product_id, Promotion.version,
    Promotion.deleted_at,
)  # fmt: skip
_NOW = bindparam("now", type_=UtcDateTime)
_TODAY = bindparam("today", type_=Date)
# By name is by the text that is searched, which begins with it: without case and accents, alike on both engines.
PRODUCT_ORDERINGS = {
    "id": Product.id, "name": Product.search_text, "sku": Product.sku, "price": Product.price,
    "current_stock": Product.current_stock, "updated_at": Product.updated_at,
}  # fmt: skip
SUPPLIER_ORDERINGS = {"id": Supplier.id, "name": Supplier.search_text}
PROMOTION_ORDERINGS = {
    "id": Promotion.id, "name": Promotion.search_text, "product": Promotion.product_id,
    "discount_percent": Promotion.discount_percent, "start_date": Promotion.start_date, "end_date": Promotion.end_date,
}  # fmt: skip


class OfNow(NamedTuple):
    """What a product's answer needs beside its own row: units in carts, and the percentage off for everyone, if any."""

    reserved: int
    percent_off: Decimal | None


def held_in_carts(now: Any, *, except_by: Any = None) -> ScalarSelect[int]:
    """The sum of a product's live cart holds, a subquery of a statement on products. `except_by` leaves a user's out."""
    total = select(func.coalesce(func.sum(CartHold.quantity), 0))
    total = total.where(CartHold.product_id == Product.id, CartHold.lapses_at > now)
    if except_by is not None:
        total = total.where(CartHold.user_uid != except_by)
    return total.correlate(Product).scalar_subquery()


def is_running(today: Any) -> ColumnElement[bool]:
    """The condition of a promotion that counts on this date; a product has at most one of them."""
    return and_(
        Promotion.deleted_at.is_(None),
        Promotion.is_active.is_(True),
        Promotion.start_date <= today,
        Promotion.end_date >= today,
    )


def _percent_off(today: Any) -> ScalarSelect[Decimal]:
    """What everyone gets off a product, a subquery of a statement on products."""
    percent = select(Promotion.discount_percent).where(
        Promotion.product_id == Product.id, is_running(today), Promotion.target_audience == EVERYONE
    )
    return percent.correlate(Product).scalar_subquery()


def _living_products(now: Any, today: Any, *more: Any) -> Select[Any]:
    of_now = held_in_carts(now).label("reserved"), _percent_off(today).label("percent_off")
    return select(*PRODUCT, *of_now, *more).where(Product.deleted_at.is_(None))


def has_sku(sku: Any, key: Any) -> ColumnElement[bool]:
    """The condition of a living product with this SKU: as it is spelled, or by its key. Twins of old are both found.

    Each half says "living" for itself, so that SQLite uses the partial index of either.
    """
    living = Product.deleted_at.is_(None)
    return or_(and_(living, Product.sku == sku), and_(living, Product.sku_key == key))


_LIVING_PRODUCTS = _living_products(_NOW, _TODAY)
_PRODUCTS = prepared(_living_products(_NOW, _TODAY, ZONE).where(Product.id.in_(bindparam("ids", expanding=True))))
_ONE_PRODUCT = prepared(_living_products(_NOW, _TODAY, ZONE).where(Product.id == bindparam("product_id")))
_BY_SKU = prepared(
    _living_products(_NOW, _TODAY, ZONE).where(Product.is_active.is_(True), has_sku(bindparam("sku"), bindparam("key")))
)


def find_product(session: Session, product_id: int) -> Row[Any] | None:
    """One living product with what is `OfNow`."""
    now = utcnow()
    rows = on_local_date(lambda today: _ONE_PRODUCT(session, product_id=product_id, now=now, today=today).all())
    return rows[0] if rows else None


def find_products(session: Session, product_ids: Collection[int]) -> Sequence[Row[Any]]:
    """The living ones of these products, each with what is `OfNow`."""
    now, ids = utcnow(), list(product_ids)
    return on_local_date(lambda today: _PRODUCTS(session, ids=ids, now=now, today=today).all())


def products_by_sku(session: Session, sku: str) -> Sequence[Row[Any]]:
    """Return the active product with this barcode, if any: what `products({"sku": …})` selects, at a third of the cost."""
    now, key = utcnow(), code_key(sku)
    rows = on_local_date(lambda today: _BY_SKU(session, sku=sku, key=key, now=now, today=today).all())
    return sorted(rows, key=lambda row: (row.sku != sku, row.id))


def products(query: Mapping[str, Any]) -> PreparedList:
    """The list's products: active ones unless `is_active` says otherwise. It wants the values of `at_present`."""
    return _products(tuple(sorted((name, value) for name, value in query.items() if name not in ("page", "page_size"))))


@lru_cache(maxsize=256)
def _products(filters: tuple[tuple[str, Any], ...]) -> PreparedList:
    # A till asks for the same few lists again and again, and building this statement costs more than running it.
    query = dict(filters)
    statement = _LIVING_PRODUCTS.where(Product.is_active.is_(query.get("is_active", True)))
    first: tuple[Any, ...] = ()
    if "sku" in query:
        statement = statement.where(has_sku(query["sku"], code_key(query["sku"])))
        first = () if "ordering" in query else (case((Product.sku == query["sku"], 0), else_=1),)
    if "supplier" in query:
        statement = statement.where(Product.supplier_id == query["supplier"])
    if "category_uid" in query:
        statement = statement.where(Product.category_uid == query["category_uid"])
    if "low_stock" in query:
        low = Product.current_stock <= Product.low_stock_threshold
        statement = statement.where(low if query["low_stock"] else ~low)
    if "search" in query:
        statement = statement.where(matches(Product.search_text, query["search"]))
    return PreparedList(statement.order_by(*first, *order_by(query.get("ordering"), PRODUCT_ORDERINGS, [Product.id])))


def at_present(session: Session) -> dict[str, Any]:
    """What `OfNow` depends on."""
    return {"now": utcnow(), "today": local_date(session)}


def product_out(row: Any, of_now: Any = None) -> dict[str, Any]:
    """A product as it is answered; what is `OfNow` stands in the row itself or in the one given."""
    of_now = of_now or row
    held = int(of_now.reserved)  # a sum is numeric on PostgreSQL
    discounted = None if of_now.percent_off is None else discounted_price(row.price, of_now.percent_off)
    return {
        "id": row.id,
        "uid": row.uid,
        "name": row.name,
        "sku": row.sku,
        "price": row.price,
        "tax_rate": row.tax_rate,
        "discounted_price": discounted,
        "final_price": final_price(row.price if discounted is None else discounted, row.tax_rate),
        "current_stock": row.current_stock,
        "reserved_quantity": held,
        "available_to_sell": row.current_stock - held,
        "low_stock": is_low(row.current_stock, row.low_stock_threshold),
        "low_stock_threshold": row.low_stock_threshold,
        "supplier": row.supplier_id,
        "category_uid": row.category_uid,
        "is_active": row.is_active,
        "updated_at": row.updated_at,
    }


def find_promotion(session: Session, promotion_id: int) -> Row[Any] | None:
    """One living promotion."""
    statement = select(*PROMOTION).where(Promotion.id == promotion_id, Promotion.deleted_at.is_(None))
    return session.execute(statement).first()


def promotions(session: Session, query: Mapping[str, Any]) -> Select[Any]:
    """The list's promotions, past and future ones too; `running` asks for those that count today, or don't."""
    statement = select(*PROMOTION).where(Promotion.deleted_at.is_(None))
    for name, column in (
        ("product", Promotion.product_id), ("is_active", Promotion.is_active), ("target_audience", Promotion.target_audience)
    ):  # fmt: skip
        if name in query:
            statement = statement.where(column == query[name])
    if "running" in query:
        running = is_running(local_date(session))
        statement = statement.where(running if query["running"] else ~running)
    if "search" in query:
        statement = statement.where(matches(Promotion.search_text, query["search"]))
    return statement.order_by(*order_by(query.get("ordering"), PROMOTION_ORDERINGS, [Promotion.id]))


def promotion_out(row: Any) -> dict[str, Any]:
    """A promotion as it is answered."""
    return {
        "id": row.id,
        "name": row.name,
        "description": row.description,
        "discount_percent": row.discount_percent,
        "start_date": row.start_date,
        "end_date": row.end_date,
        "target_audience": row.target_audience,
        "is_active": row.is_active,
        "product": row.product_id,
    }


def find_supplier(session: Session, supplier_id: int) -> Row[Any] | None:
    """One living supplier."""
    return session.execute(suppliers({}).where(Supplier.id == supplier_id)).first()


def suppliers(query: Mapping[str, Any]) -> Select[Any]:
    """The list's suppliers."""
    statement = select(*SUPPLIER).where(Supplier.deleted_at.is_(None))
    if "search" in query:
        term = query["search"]
        found = matches(Supplier.search_text, term)
        if is_number(term):
            found = or_(found, matches_number(without_punctuation(Supplier.phone_number), term))
        statement = statement.where(found)
    return statement.order_by(*order_by(query.get("ordering"), SUPPLIER_ORDERINGS, [Supplier.id]))


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
