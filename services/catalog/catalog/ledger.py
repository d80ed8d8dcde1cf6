"""The read side of the stock ledger: a product's movements, and whether every product's stock equals them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session

from catalog.domain.models import Product, StockMovement
from chassis.ordering import order_by
from chassis.tenants import midnight, zone_of

_MOVEMENT: tuple[Any, ...] = (
    StockMovement.id, StockMovement.kind, StockMovement.delta, StockMovement.balance, StockMovement.order_uid,
    StockMovement.reason, StockMovement.actor_uid.label("user_uid"), StockMovement.created_at,
)  # fmt: skip
MOVEMENT_ORDERINGS = {"id": StockMovement.id, "created_at": StockMovement.created_at, "delta": StockMovement.delta}


def movements(session: Session, product_id: int, query: Mapping[str, Any]) -> Select[Any]:
    """A product's movements that the filters leave, newest first. Dates are days of the account's time zone."""
    statement = select(*_MOVEMENT).where(StockMovement.product_id == product_id)
    if "kind" in query:
        statement = statement.where(StockMovement.kind == query["kind"])
    if "date_from" in query:
        statement = statement.where(StockMovement.created_at >= midnight(query["date_from"], zone_of(session)))
    if "date_to" in query:
        after = midnight(query["date_to"], zone_of(session), days_later=1)
        statement = statement.where(StockMovement.created_at < after)
    if "search" in query:
        term = query["search"]
        reason = StockMovement.reason.icontains(term, autoescape=True)
        statement = statement.where(or_(reason, StockMovement.order_uid == term))
    return statement.order_by(*order_by(query.get("ordering"), MOVEMENT_ORDERINGS, [StockMovement.id.desc()]))


def movement_out(row: Any) -> dict[str, Any]:
    """A movement as it is answered."""
    return dict(row._mapping)


def stock_differences(session: Session) -> list[tuple[int, int, int, int]]:
    """(account, product, current stock, ledger's sum) of every product where the last two differ; it must be empty."""
    sums = (
        select(StockMovement.product_id, func.sum(StockMovement.delta).label("total"))
        .group_by(StockMovement.product_id)
        .subquery()
    )
    total = func.coalesce(sums.c.total, 0)
    statement = (
        select(Product.account_id, Product.id, Product.current_stock, total)
        .outerjoin(sums, sums.c.product_id == Product.id)
        .where(Product.current_stock != total)
        .order_by(Product.account_id, Product.id)
    )
    return [(account_id, id_, stock, int(summed)) for account_id, id_, stock, summed in session.execute(statement)]
