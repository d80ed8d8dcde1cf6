"""Catalog's products, their stock and promotions: the newest state that was told, in whatever order it is heard."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, Boolean, ColumnDefault, Integer, String, literal
from sqlalchemy.orm import Session

from analytics.domain.models import CatalogProduct, Promotion
from analytics.domain.products import name_key, product_search_text
from analytics.usecases.upserts import keep_newest
from chassis.codes import code_key
from chassis.db import insert_for
from chassis.given_rows import Columns, InsertForRows
from chassis.messaging import Event
from chassis.money import to_cents

DELETED = "ProductDeleted"
_FIELDS: Columns = {
    "name": String(), "name_key": String(), "sku": String(), "sku_key": String(), "search_text": String(),
    "price": BigInteger(), "tax_rate": String(), "final_price": BigInteger(), "low_stock_threshold": BigInteger(),
    "is_deleted": Boolean(), "version": Integer(),
}  # fmt: skip
_STOCK: Columns = {"current_stock": BigInteger(), "stock_version": Integer()}


def _keep(columns: Columns, version: str) -> InsertForRows:
    """One part of a product's row; a product that was not told yet begins with the other part's defaults."""
    others = {
        column.name: literal(column.default.arg, column.type)
        for column in CatalogProduct.__table__.columns
        if column.name not in columns and isinstance(column.default, ColumnDefault) and column.default.is_scalar
    }
    return InsertForRows(
        CatalogProduct, {"product_id": BigInteger(), **columns}, more=others, order_by=["product_id"],
        conflict=lambda insert: keep_newest(insert, CatalogProduct, list(columns), version=version),
    )  # fmt: skip


_KEEP_FIELDS, _KEEP_STOCK = _keep(_FIELDS, "version"), _keep(_STOCK, "stock_version")


def keep_products(session: Session, *, events: Iterable[Event]) -> None:
    """Fields of `Product…`, stock of these and of `Stock…`: two statements, whatever the number of events."""
    events = list(events)
    whole = _newest(_fields(event) for event in events if event.type.startswith("Product"))
    if whole:
        _KEEP_FIELDS(session, whole)
    stock = _newest((row for event in events for row in _stock(event)), version="stock_version")
    if stock:
        _KEEP_STOCK(session, stock)


def keep_promotions(session: Session, *, events: Iterable[Event]) -> None:
    """`PromotionChanged`; only those for everyone are in a product's price."""
    rows = _newest((_promotion(event) for event in events), key="promotion_id")
    columns = ("product_id", "discount_percent", "start_date", "end_date", "counts", "version")
    session.execute(keep_newest(insert_for(session, Promotion), Promotion, columns, version="version"), rows)


def _fields(event: Event) -> dict[str, Any]:
    data = event.data
    return {
        "product_id": data["product_id"],
        "name": data["name"],
        "name_key": name_key(data["name"]),
        "sku": data["sku"],
        "sku_key": code_key(data["sku"]),
        "search_text": product_search_text(data["name"], data["sku"]),
        "price": to_cents(Decimal(data["price"])),
        "tax_rate": data["tax_rate"],
        "final_price": to_cents(Decimal(data["final_price"])),
        "low_stock_threshold": data["low_stock_threshold"],
        "is_deleted": event.type == DELETED,
        "version": event.version,
    }


def _stock(event: Event) -> Iterator[dict[str, Any]]:
    """The stock of each product that an event tells. One of an order has the order's version, its lines the products'."""
    lines = event.data.get("lines", [event.data])
    for line in lines:
        yield {
            "product_id": line["product_id"],
            "current_stock": line["current_stock"],
            "stock_version": line.get("product_version", event.version),
        }


def _promotion(event: Event) -> dict[str, Any]:
    data = event.data
    return {
        "promotion_id": data["promotion_id"],
        "product_id": data["product_id"],
        "discount_percent": Decimal(data["discount_percent"]),
        "start_date": date.fromisoformat(data["start_date"]),
        "end_date": date.fromisoformat(data["end_date"]),
        "counts": data["is_active"] and not data["is_deleted"] and data["target_audience"] == "ALL",
        "version": event.version,
    }


def _newest(
    rows: Iterable[dict[str, Any]], *, key: str = "product_id", version: str = "version"
) -> list[dict[str, Any]]:
    """Of each key the row with the highest version, in the order of keys: two workers never wait for each other."""
    newest: dict[int, dict[str, Any]] = {}
    for row in rows:
        if row[key] not in newest or newest[row[key]][version] < row[version]:
            newest[row[key]] = row
    return [newest[id_] for id_ in sorted(newest)]
