"""The statements of placing a hold, each built once: every sale goes through them, and composing costs more than running.

Those that give each product its own number of units depend on how many products there are, and are kept by that size.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any

from sqlalchemy import Date, Row, and_, bindparam, case, select, update
from sqlalchemy.orm import InstrumentedAttribute, Session

from catalog.domain.models import HELD, CartHold, OrderHold, Product, Promotion, StockMovement
from catalog.queries import PRODUCT, held_in_carts, is_running
from chassis.columns import UtcDateTime
from chassis.db import utcnow
from chassis.prepared import Prepared, prepared, prepared_insert
from chassis.tenants import ZONE, on_local_date

_NOW = bindparam("now", type_=UtcDateTime)
_USER: Any = bindparam("user")
_WITH_PROMOTIONS = (
    select(
        *PRODUCT, Product.deleted_at, ZONE, Promotion.id.label("promotion_id"), Promotion.name.label("promotion_name"),
        Promotion.discount_percent, Promotion.target_audience,
    )
    .outerjoin(Promotion, and_(Promotion.product_id == Product.id, is_running(bindparam("today", type_=Date))))
    .where(Product.id.in_(bindparam("ids", expanding=True)))
    .order_by(Product.id)
)  # fmt: skip
_TAKE_WITH_PROMOTIONS = prepared(_WITH_PROMOTIONS.with_for_update(key_share=True, of=Product))
_READ_WITH_PROMOTIONS = prepared(_WITH_PROMOTIONS)
_SAVE_LINES = prepared(
    update(OrderHold)
    .where(OrderHold.order_uid == bindparam("uid"))
    .values(lines=bindparam("answer", type_=OrderHold.lines.type))
)
_RENEW = prepared(
    update(OrderHold)
    .where(OrderHold.order_uid == bindparam("uid"), OrderHold.state == HELD)
    .values(created_at=_NOW)
    .returning(OrderHold.state, OrderHold.lines)
)
_FIND = prepared(select(OrderHold.state, OrderHold.lines).where(OrderHold.order_uid == bindparam("uid")))
_RECORD = prepared_insert(StockMovement)
_CLAIM = prepared_insert(OrderHold, returning=[OrderHold.order_uid], or_ignore=True)


def claim_hold(session: Session, order_uid: str, user_uid: str) -> bool:
    """Insert the hold; False when there is one already. Another transaction that is just doing so is waited for."""
    row = {"order_uid": order_uid, "user_uid": user_uid, "state": HELD, "lines": []}
    return _CLAIM(session, row).first() is not None


def renew_hold(session: Session, order_uid: str) -> Row[Any] | None:
    """`state` and `lines` of a hold of this account. One still open begins anew: somebody wants it, the sweep may wait."""
    return _RENEW(session, uid=order_uid, now=utcnow()).first() or _FIND(session, uid=order_uid).first()


def save_lines(session: Session, order_uid: str, lines: list[dict[str, Any]]) -> None:
    """Keep what sales is answered."""
    _SAVE_LINES(session, uid=order_uid, answer=lines)


def take_for_sale(session: Session, product_ids: Collection[int]) -> list[Row[Any]]:
    """What `take_products` takes, without the products that are not for sale, and with the promotion that runs today."""
    return _for_sale(session, _TAKE_WITH_PROMOTIONS, product_ids)


def read_for_sale(session: Session, product_ids: Collection[int]) -> list[Row[Any]]:
    """The same products without taking them."""
    return _for_sale(session, _READ_WITH_PROMOTIONS, product_ids)


def _for_sale(session: Session, statement: Prepared, product_ids: Collection[int]) -> list[Row[Any]]:
    ids = list(product_ids)
    rows = on_local_date(lambda today: statement(session, ids=ids, today=today).all())
    return [row for row in rows if row.is_active and row.deleted_at is None]


def take_units(session: Session, user_uid: str, wanted: Mapping[int, int]) -> dict[int, Row[Any]]:
    """Take the stock of every product that has enough beside what the carts of others hold; the products taken from."""
    statement = _take_units(len(wanted))
    return {row.id: row for row in statement(session, now=utcnow(), user=user_uid, **_parameters(wanted))}


def use_up_cart(session: Session, user_uid: str, wanted: Mapping[int, int]) -> None:
    """What the user orders is no longer held by their cart."""
    _use_up_cart(len(wanted))(session, now=utcnow(), user=user_uid, **_parameters(wanted))


def record_movements(session: Session, movements: list[dict[str, Any]]) -> None:
    """Add rows to the ledger."""
    if movements:
        _RECORD(session, movements)


@lru_cache(maxsize=64)
def _take_units(size: int) -> Prepared:
    units = _units(Product.id, size)
    enough = Product.current_stock - held_in_carts(_NOW, except_by=_USER) >= units
    return prepared(
        update(Product)
        .where(Product.id.in_(bindparam("ids", expanding=True)), enough)
        .values(current_stock=Product.current_stock - units, version=Product.version + 1, updated_at=_NOW)
        .returning(*PRODUCT)
    )


@lru_cache(maxsize=64)
def _use_up_cart(size: int) -> Prepared:
    units = _units(CartHold.product_id, size)
    return prepared(
        update(CartHold)
        .where(
            CartHold.user_uid == _USER,
            CartHold.product_id.in_(bindparam("ids", expanding=True)),
            CartHold.lapses_at > _NOW,
            CartHold.quantity > 0,  # rows that are used up are the sweep's to remove
        )
        .values(quantity=case((CartHold.quantity > units, CartHold.quantity - units), else_=0))
    )


def _units(column: InstrumentedAttribute[int], size: int) -> Any:
    return case(
        *(
            (column == bindparam(f"id{n}"), bindparam(f"units{n}", type_=Product.current_stock.type))
            for n in range(size)
        )
    )


def _parameters(wanted: Mapping[int, int]) -> dict[str, Any]:
    values: dict[str, Any] = {"ids": list(wanted)}
    for n, (product_id, units) in enumerate(wanted.items()):
        values[f"id{n}"], values[f"units{n}"] = product_id, units
    return values
