"""An order's hold on stock: placed before sales stores the order, confirmed by `OrderCreated`, released by `OrderCancelled`.

Every path takes the hold's row first and the products after it, in the order of their ids: nobody waits in a circle.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Row, update
from sqlalchemy.orm import Session

from catalog.domain.errors import HoldRefused, OutOfStock, UnknownProducts
from catalog.domain.models import CONFIRMED, HELD, ORDER, RELEASED, OrderHold
from catalog.domain.pricing import NOTATIONS
from catalog.domain.stock import merged
from catalog.domain.stock_events import stock_line, tell_stock_reserved
from catalog.queries import held_by_others
from catalog.usecases.hold_statements import (
    claim_hold,
    record_movements,
    renew_hold,
    save_lines,
    take_for_sale,
    take_units,
    use_up_cart,
)
from catalog.usecases.stock import tell_of_low_stock
from chassis.db import utcnow
from chassis.money import text


def place_hold(
    session: Session, *, order_uid: str, user_uid: str, lines: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Take the stock of an order, all of it or nothing; answers with what sales needs to price the lines.

    Asked again with the same lines it answers the same; HoldRefused with other lines or after a release. The user's own
    cart holds are used up first, those of others are out of reach. UnknownProducts, OutOfStock.
    """
    wanted = merged(lines)
    if not claim_hold(session, order_uid, user_uid):
        return _answer_again(session, order_uid, wanted)
    before = {row.id: row for row in take_for_sale(session, wanted)}
    if len(before) < len(wanted):
        raise UnknownProducts(lines, before)
    after = take_units(session, user_uid, wanted)
    if len(after) < len(wanted):
        raise OutOfStock(_shortages(session, user_uid, wanted, before))
    use_up_cart(session, user_uid, wanted)
    answer = [hold_line(row, wanted[row.id]) for row in before.values()]
    save_lines(session, order_uid, answer)
    record_movements(session, [_movement(row, wanted[row.id], order_uid, user_uid) for row in after.values()])
    tell_stock_reserved(session, order_uid, [stock_line(line, after[line["product_id"]]) for line in answer])
    tell_of_low_stock(session, before.values(), after)
    return {"order_uid": order_uid, "lines": answer}


def confirm_holds(session: Session, order_uids: Collection[str]) -> None:
    """The orders of these holds exist; a hold that was released meanwhile stays so."""
    session.execute(
        update(OrderHold)
        .where(OrderHold.order_uid.in_(sorted(order_uids)), OrderHold.state == HELD)
        .values(state=CONFIRMED, settled_at=utcnow())
    )


def _answer_again(session: Session, order_uid: str, wanted: Mapping[int, int]) -> dict[str, Any]:
    hold = renew_hold(session, order_uid)
    if hold is None or hold.state == RELEASED:
        raise HoldRefused("The stock of this order has been released.")
    if {line["product_id"]: line["quantity"] for line in hold.lines} != wanted:
        raise HoldRefused("This order holds other lines.")
    return {"order_uid": order_uid, "lines": hold.lines}


def _shortages(
    session: Session, user_uid: str, wanted: Mapping[int, int], before: Mapping[int, Row[Any]]
) -> list[tuple[str, int, int]]:
    others = held_by_others(session, list(wanted), user_uid)
    available = {id_: row.current_stock - others.get(id_, 0) for id_, row in before.items()}
    return [(before[id_].name, available[id_], units) for id_, units in wanted.items() if available[id_] < units]


def hold_line(product: Row[Any], quantity: int) -> dict[str, Any]:
    """What sales needs to price a line: the product as it is now, and the promotion that runs."""
    return {
        "product_id": product.id,
        "product_uid": product.uid,
        "sku": product.sku,
        "name": product.name,
        "quantity": quantity,
        "list_price": text(product.price),
        "tax_rate": NOTATIONS[product.tax_rate],
        "promotion": None if product.promotion_id is None else _promotion(product),
    }


def _promotion(product: Row[Any]) -> dict[str, Any]:
    return {
        "id": product.promotion_id,
        "name": product.promotion_name,
        "discount_percent": text(product.discount_percent),
        "target_audience": product.target_audience,
    }


def _movement(product: Row[Any], quantity: int, order_uid: str, user_uid: str) -> dict[str, Any]:
    return {
        "product_id": product.id, "delta": -quantity, "balance": product.current_stock, "kind": ORDER,
        "order_uid": order_uid, "actor_uid": user_uid,
    }  # fmt: skip
