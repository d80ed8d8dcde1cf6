"""Items of B2B orders: one `INSERT … ON CONFLICT DO UPDATE` for a batch, on order and product; orders keep their sums (004).

`terms` are the caller's own where the caller is a CLIENT: then the catalogue says the price, and others' orders are not there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import delete, tuple_
from sqlalchemy.orm import Session

from chassis.batches import refuse_repeated
from chassis.codes import code_key
from chassis.money import ZERO
from chassis.problems import NotFound
from chassis.schemas import REQUIRED
from chassis.upserts import upsert
from sales.b2b_queries import items_of
from sales.domain.b2b_errors import Bad, OrdersClosed, refuse, unknown
from sales.domain.b2b_facts import tell_orders
from sales.domain.b2b_models import B2BOrderItem
from sales.domain.b2b_orders import (
    MAX_ITEM_TOTAL,
    MAX_ITEMS,
    Product,
    Terms,
    change_refused,
    client_price,
    priced,
)
from sales.usecases.b2b_rows import retotal, take_living

Element = Mapping[str, Any]
Items = dict[int, dict[str, dict[str, Any]]]
"""Items by order id and product uid."""


def upsert_items(
    session: Session, *, elements: Sequence[Element], products: Mapping[str, Product], terms: Terms | None = None
) -> None:
    """Put products on orders or change them there; what is equal already changes nothing.

    `products` are those of the elements that catalog knows. BadElements names every element with an unknown order or product,
    without what a new item needs, with a discount above its price, or of an order that can't be changed any more.
    """
    own_uid = None if terms is None else terms.uid
    elements = [{**element, **_stored_uid(products, element["product_uid"])} for element in elements]
    refuse_repeated(elements, "order_uid", "product_uid")
    products = {product.uid: product for product in products.values()}
    orders = take_living(session, {element["order_uid"] for element in elements}, own_uid)
    items = items_of(session, [row.id for row in orders.values()])
    bad: Bad = {}
    rows = []
    for index, element in enumerate(elements):
        if (order := orders.get(element["order_uid"])) is None:
            bad[index] = {"order_uid": unknown(element["order_uid"])}
            continue
        product_uid = element["product_uid"]
        present = items[order.id].get(product_uid)
        fields, wrong = _merged(present, element, products.get(product_uid), terms)
        if not wrong and (present is None or any(present[name] != value for name, value in fields.items())):
            wrong = _unfit(fields) or _closed(order, terms)
            items[order.id][product_uid] = {"product_uid": product_uid, **fields}
            rows.append({"order_id": order.id, "product_uid": product_uid, **fields})
        if not wrong and len(items[order.id]) > MAX_ITEMS:
            wrong = {"order_uid": [f"Ensure this order has no more than {MAX_ITEMS} items."]}
        if wrong:
            bad[index] = wrong
    refuse(bad)
    upsert(session, B2BOrderItem, rows, key=["order_id", "product_uid"], returning=[B2BOrderItem.order_id])
    _tell_totals(session, items, {row["order_id"] for row in rows})


def delete_items(
    session: Session, *, keys: Sequence[Element], own_uid: str | None = None, unknown: type[NotFound] | None = None
) -> None:
    """Take products off orders. Keys that name none are left out, unless all do and there is an `unknown` to raise."""
    orders = take_living(session, {key["order_uid"] for key in keys}, own_uid)
    items = items_of(session, [row.id for row in orders.values()])
    found = []
    closed = {}
    for index, key in enumerate(keys):
        order = orders.get(key["order_uid"])
        product_uid = None if order is None else _named(items[order.id], key["product_uid"])
        if order is None or product_uid is None:
            continue
        del items[order.id][product_uid]
        found.append((order.id, product_uid))
        if why := change_refused(order.status, by_client=own_uid is not None):
            closed[index] = why
    if closed:
        raise OrdersClosed(closed)
    if unknown and not found:
        raise unknown
    session.execute(delete(B2BOrderItem).where(tuple_(B2BOrderItem.order_id, B2BOrderItem.product_uid).in_(found)))
    _tell_totals(session, items, {order_id for order_id, _ in found})


def delete_item(session: Session, *, key: Element, own_uid: str | None = None) -> None:
    """Take one product off an order; it must be there."""
    try:
        delete_items(session, keys=[key], own_uid=own_uid, unknown=NotFound)
    except OrdersClosed as error:
        raise error.alone() from None


def _stored_uid(products: Mapping[str, Product], product_uid: str) -> dict[str, str]:
    return {"product_uid": products[product_uid].uid} if product_uid in products else {}


def _named(items: Mapping[str, Any], product_uid: str) -> str | None:
    """The uid of the item that a uid names: its own one, or one with the same key."""
    if product_uid in items:
        return product_uid
    key = code_key(product_uid)
    return next((uid for uid in items if code_key(uid) == key), None)


def _merged(
    present: Element | None, element: Element, product: Product | None, terms: Terms | None
) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """The item as it is to be, with its total, and what is wrong with it. A client's price is today's, whatever it sends."""
    if terms is not None:
        if product is None or not product.is_active:
            return {}, {"product_uid": unknown(element["product_uid"])}
        given = {name: element[name] for name in ("quantity",) if name in element} | client_price(product, terms)
    else:
        if present is None and product is None:
            return {}, {"product_uid": unknown(element["product_uid"])}
        given = {name: element[name] for name in ("quantity", "price", "discount") if name in element}
    fields = {"discount": ZERO, **(present or {}), **given}
    if missing := [name for name in ("quantity", "price") if name not in fields]:
        return {}, {name: [REQUIRED["required"]] for name in missing}
    return priced(fields), {}


def _unfit(fields: Element) -> dict[str, list[str]]:
    if fields["discount"] > fields["price"]:
        return {"discount": ["Ensure this value is less than or equal to the price."]}
    if fields["total"] > MAX_ITEM_TOTAL:
        return {"quantity": [f"Ensure that price and quantity make no more than {MAX_ITEM_TOTAL}."]}
    return {}


def _closed(order: Any, terms: Terms | None) -> dict[str, list[str]]:
    why = change_refused(order.status, by_client=terms is not None)
    return {"order_uid": [why]} if why else {}


def _tell_totals(session: Session, items: Items, order_ids: set[int]) -> None:
    changed = retotal(session, order_ids)
    tell_orders(session, changed, {order_id: [*found.values()] for order_id, found in items.items()})
