"""Points added, redeemed or corrected by hand (001, 14); the ledger keeps who did it."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from chassis.db import insert_for
from chassis.tenants import local_date
from customers.domain.errors import TooManyPointsByHand
from customers.domain.models import REDEEM, PointsGrant
from customers.usecases.balances import Reason, change_points


def record_points(
    session: Session,
    *,
    customer_id: int,
    amount: int,
    transaction_type: str,
    description: str,
    actor_uid: str,
    daily_cap: int | None,
) -> dict[str, Any]:
    """Change a living customer's points; REDEEM takes the absolute value off. NotFound, NotEnoughPoints.

    `daily_cap` is what this user may add by hand on one day of the account's zone, None as much as they like:
    TooManyPointsByHand.
    """
    delta = -abs(amount) if transaction_type == REDEEM else amount
    if delta > 0 and daily_cap is not None:
        _within_cap(session, actor_uid, delta, daily_cap)
    why = Reason(transaction_type, description, actor_uid=actor_uid)
    return {"status": "success", "new_balance": change_points(session, customer_id, delta, why)}


def _within_cap(session: Session, actor_uid: str, points: int, cap: int) -> None:
    """Count `points` among those of the day by one statement, so that many requests at once can't pass the cap."""
    today = local_date(session)
    row = insert_for(session, PointsGrant).values(actor_uid=actor_uid, day=today, points=points)
    total = PointsGrant.points + row.excluded.points
    counted = row.on_conflict_do_update(
        index_elements=[PointsGrant.account_id, PointsGrant.actor_uid, PointsGrant.day],
        set_={"points": total},
        where=total <= cap,
    ).returning(PointsGrant.points)
    if points <= cap and session.execute(counted).first() is not None:
        return
    given = select(PointsGrant.points).where(PointsGrant.actor_uid == actor_uid, PointsGrant.day == today)
    raise TooManyPointsByHand(cap=cap, left=cap - (session.execute(given).scalar() or 0))
