"""Stock set or adjusted by people and other systems: one statement for one product or a thousand, each change in the ledger.

A new stock is booked as its difference to the stock of now, under the product's lock, so no sale is lost between the two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sqlalchemy import BigInteger, Row, bindparam, update
from sqlalchemy.orm import Session

from catalog.domain.errors import BelowReserved, BelowZero
from catalog.domain.models import ADJUSTMENT, Product
from catalog.domain.stock import became_low
from catalog.domain.stock_events import tell_low_stock, tell_stock_adjusted
from catalog.queries import PRODUCT, product_out
from catalog.usecases.hold_statements import record_movements
from catalog.usecases.locks import take_present
from chassis.columns import UtcDateTime
from chassis.db import utcnow
from chassis.given_rows import PreparedForRows
from chassis.problems import NotFound

Precondition = Callable[[Mapping[str, Any]], None]

_MOVE = PreparedForRows(
    {"id": BigInteger(), "delta": BigInteger()},
    lambda given: (
        update(Product)
        .where(Product.id == given.c.id)
        .values(
            current_stock=Product.current_stock + given.c.delta,
            version=Product.version + 1,
            updated_at=bindparam("now", type_=UtcDateTime),
        )
        .returning(*PRODUCT)
    ),
)


def set_stock(
    session: Session, quantities: Mapping[int, int], *, reason: str, actor_uid: str | None, kind: str = ADJUSTMENT
) -> dict[int, Row[Any]]:
    """Set the stock of many products, by id; answers with the living ones of them as they are now, changed or not.

    BelowReserved, naming every product whose new stock would not cover what carts hold; then nothing is changed. Call it
    before anything else in the transaction takes products: here they are taken in the order of their ids.
    """
    present = take_present(session, quantities)
    moved = book_stock(session, present, quantities, reason=reason, actor_uid=actor_uid, kind=kind)
    tell_of_low_stock(session, present, moved)
    return {row.id: moved.get(row.id, row) for row in present}


def adjust_stock(
    session: Session, *, product_id: int, delta: int, reason: str, actor_uid: str, precondition: Precondition
) -> dict[str, Any]:
    """Add units to a product's stock, or take them off; the product as it is answered.

    `precondition` sees the product as it is answered and may raise. BelowZero when less would be left than carts hold.
    """
    (present,) = take_present(session, [product_id]) or (None,)
    if present is None:
        raise NotFound
    precondition(product_out(present))
    stock = present.current_stock + delta
    if stock < present.reserved:
        raise BelowZero(present.current_stock, int(present.reserved))
    moved = book_stock(session, [present], {product_id: stock}, reason=reason, actor_uid=actor_uid)
    tell_of_low_stock(session, [present], moved)
    return product_out(moved[product_id], present)


def book_stock(
    session: Session,
    present: Iterable[Row[Any]],
    quantities: Mapping[int, int],
    *,
    reason: str,
    actor_uid: str | None,
    kind: str = ADJUSTMENT,
) -> dict[int, Row[Any]]:
    """Make `quantities` the stock of these products, which this transaction has taken; the changed ones as they are now.

    `present` are rows with `reserved`. Writes the ledger and tells StockAdjusted, not LowStockReached: the caller may
    change the threshold as well.
    """
    before = {row.id: row for row in present if quantities[row.id] != row.current_stock}
    if below := {id_: int(row.reserved) for id_, row in before.items() if quantities[id_] < row.reserved}:
        raise BelowReserved(below)
    if not before:
        return {}
    deltas = {id_: quantities[id_] - row.current_stock for id_, row in before.items()}
    rows = [{"id": id_, "delta": delta} for id_, delta in deltas.items()]
    moved = {row.id: row for row in _MOVE(session, rows, now=utcnow())}
    record_movements(
        session,
        [
            {"product_id": id_, "delta": delta, "balance": moved[id_].current_stock, "kind": kind, "reason": reason,
             "actor_uid": actor_uid}
            for id_, delta in deltas.items()
        ],
    )  # fmt: skip
    tell_stock_adjusted(session, [(moved[id_], delta) for id_, delta in deltas.items()], reason=reason)
    return moved


def tell_of_low_stock(session: Session, before: Iterable[Row[Any]], after: Mapping[int, Row[Any]]) -> None:
    """LowStockReached for every product of `after` that had enough before."""
    low = []
    for row in before:
        now = after.get(row.id, row)
        if became_low((row.current_stock, row.low_stock_threshold), (now.current_stock, now.low_stock_threshold)):
            low.append(now)
    tell_low_stock(session, low)
