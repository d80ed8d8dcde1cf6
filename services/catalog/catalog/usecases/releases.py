"""Giving an order's stock back: on `OrderCancelled`, when sales asks for it, and by the sweep. Once, whoever comes first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, case, insert, update
from sqlalchemy.orm import Session

from catalog.domain.models import CANCEL, RELEASED, OrderHold, Product, StockMovement
from catalog.domain.stock_events import stock_line, tell_stock_released
from catalog.queries import PRODUCT
from catalog.usecases.locks import take_products
from chassis.db import insert_for, utcnow


def release_holds(
    session: Session, order_uids: Collection[str], *, kind: str = CANCEL, held_before: datetime | None = None
) -> None:
    """Put the stock of these orders back. One released before gives nothing; an unknown one is refused from now on.

    The ledger has it as `kind`: CANCEL, or RELEASE when there never was an order. `held_before` spares a hold that was
    taken or renewed later: its order may be on its way.
    """
    uids = sorted(set(order_uids))
    _leave_tombstones(session, uids)
    released = (
        update(OrderHold)
        .where(OrderHold.order_uid.in_(uids), OrderHold.state != RELEASED, *_taken_before(held_before))
        .values(state=RELEASED, settled_at=utcnow())
        .returning(OrderHold.order_uid, OrderHold.lines)
    )
    holds = sorted((row.order_uid, row.lines) for row in session.execute(released))
    if not holds:
        return
    products = _put_back(session, [line for _, lines in holds for line in lines])
    session.execute(insert(StockMovement), list(_movements(holds, products, kind)))
    tell_stock_released(
        session, [(uid, [stock_line(line, products[line["product_id"]]) for line in lines]) for uid, lines in holds]
    )


def _taken_before(moment: datetime | None) -> list[ColumnElement[bool]]:
    return [] if moment is None else [OrderHold.created_at < moment]


def _leave_tombstones(session: Session, uids: Sequence[str]) -> None:
    """A row for each order without one. First, so that a hold still being placed is waited for and then found."""
    now = utcnow()
    rows = [{"order_uid": uid, "state": RELEASED, "lines": [], "settled_at": now} for uid in uids]
    session.execute(insert_for(session, OrderHold).values(rows).on_conflict_do_nothing())


def _put_back(session: Session, lines: Sequence[Mapping[str, Any]]) -> dict[int, Row[Any]]:
    units: Counter[int] = Counter()
    for line in lines:
        units[line["product_id"]] += line["quantity"]
    take_products(session, units)
    returned = (
        update(Product)
        .where(Product.id.in_(units))
        .values(
            current_stock=Product.current_stock + case(dict(units), value=Product.id),
            version=Product.version + 1,
            updated_at=utcnow(),
        )
        .returning(*PRODUCT)
    )
    return {row.id: row for row in session.execute(returned)}


def _movements(
    holds: Sequence[tuple[str, list[dict[str, Any]]]], products: Mapping[int, Row[Any]], kind: str
) -> Iterator[dict[str, Any]]:
    """The ledger's rows in the order of `holds`; the last balance of a product is its stock of now."""
    balances = {id_: row.current_stock for id_, row in products.items()}
    for _, lines in holds:
        for line in lines:
            balances[line["product_id"]] -= line["quantity"]
    for order_uid, lines in holds:
        for line in lines:
            balances[line["product_id"]] += line["quantity"]
            yield {
                "product_id": line["product_id"], "delta": line["quantity"], "balance": balances[line["product_id"]],
                "kind": kind, "order_uid": order_uid,
            }  # fmt: skip
