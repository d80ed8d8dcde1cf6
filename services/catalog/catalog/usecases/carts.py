"""Carts reserve and release stock without touching `current_stock`; holds lapse by themselves."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import case, update
from sqlalchemy.orm import Session

from catalog.domain.errors import InsufficientStock, ProductInactive, ReleasesTooMuch
from catalog.domain.models import CartHold
from catalog.domain.stock import after_release
from catalog.queries import live_cart_holds
from catalog.usecases.locks import take_product
from chassis.db import insert_for, utcnow
from chassis.problems import NotFound


def reserve_stock(session: Session, *, product_id: int, amount: int, user_uid: str, minutes: int) -> dict[str, Any]:
    """Hold `amount` units for the user's cart, or release `-amount`: their own first, then others', oldest first.

    A user's hold on a product lapses `minutes` after they last added to it.
    """
    product = take_product(session, product_id)
    if product is None:
        raise NotFound
    holds = live_cart_holds(session, product_id)
    reserved = sum(hold.quantity for hold in holds) + amount
    available = product.current_stock - reserved
    if amount > 0:
        if not product.is_active:
            raise ProductInactive
        if available < 0:
            raise InsufficientStock(available + amount)
        _add(session, product_id, user_uid, amount, timedelta(minutes=minutes))
    else:
        if reserved < 0:
            raise ReleasesTooMuch
        _keep(session, product_id, after_release(holds, -amount, user_uid))
    return {
        "status": "success",
        "product": product.name,
        "reserved_quantity": reserved,
        "available_to_sell": available,
    }


def _add(session: Session, product_id: int, user_uid: str, amount: int, life: timedelta) -> None:
    now = utcnow()
    row = insert_for(session, CartHold).values(
        product_id=product_id, user_uid=user_uid, quantity=amount, held_since=now, lapses_at=now + life
    )
    # A hold that has lapsed or been used up may still have its row: it begins anew.
    alive = (CartHold.lapses_at > now) & (CartHold.quantity > 0)
    session.execute(
        row.on_conflict_do_update(
            index_elements=[CartHold.product_id, CartHold.user_uid],
            set_={
                "quantity": row.excluded.quantity + case((alive, CartHold.quantity), else_=0),
                "held_since": case((alive, CartHold.held_since), else_=row.excluded.held_since),
                "lapses_at": row.excluded.lapses_at,
            },
        )
    )


def _keep(session: Session, product_id: int, remaining: dict[str, int]) -> None:
    session.execute(
        update(CartHold)
        .where(CartHold.product_id == product_id, CartHold.user_uid.in_(remaining))
        .values(quantity=case(remaining, value=CartHold.user_uid))
    )
