"""What the worker does by the clock. Every step is a conditional statement, so two workers may do it at once."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, or_, select

from catalog.clients.sales import CANCELLED, Sales
from catalog.config import Config
from catalog.domain.models import HELD, RELEASE, CartHold, OrderHold
from catalog.usecases.holds import confirm_holds
from catalog.usecases.releases import release_holds
from chassis import logs
from chassis.db import ALL_ACCOUNTS, Database, utcnow
from chassis.problems import Unavailable
from chassis.sweeps import Sweep

BATCH = 200
_log = logs.get(__name__)


def settle_holds(database: Database, settings: Config) -> int:
    """Ask sales about holds that nobody confirmed: confirm those with an order, release those without; how many there were.

    Sales may have died between the hold and its order. While sales can't say, the holds wait for the next turn.
    """
    columns = select(OrderHold.order_uid, OrderHold.account_id)
    too_old = utcnow() - timedelta(seconds=settings.hold_sweep_after)
    overdue = columns.where(OrderHold.state == HELD, OrderHold.created_at < too_old)
    with database.read(ALL_ACCOUNTS) as session:
        holds = session.execute(overdue.order_by(OrderHold.created_at).limit(BATCH)).all()
    if not holds:
        return 0
    sales = Sales(settings)
    for order_uid, account_id in holds:
        try:
            status = sales.status_of(order_uid, account_id=account_id)
        except Unavailable as unavailable:
            # Perhaps about this order only: the others needn't wait for it. If sales is down, its client refuses at once.
            _log.warning("hold_not_settled", order_uid=order_uid, reason=unavailable.detail)
            continue
        with database.transaction(account_id) as session:
            if status is None:  # a retry may have renewed the hold while sales was asked
                release_holds(session, [order_uid], kind=RELEASE, held_before=too_old)
            elif status == CANCELLED:
                release_holds(session, [order_uid])
            else:
                confirm_holds(session, [order_uid])
        _log.info("hold_settled", order_uid=order_uid, order_status=status)
    return len(holds)


def clear_cart_holds(database: Database, _settings: Config) -> None:
    """Remove the rows of cart holds that have lapsed or been used up; they have stopped counting already."""
    with database.transaction(ALL_ACCOUNTS) as session:
        session.execute(delete(CartHold).where(or_(CartHold.lapses_at <= utcnow(), CartHold.quantity == 0)))


SWEEPS = [
    Sweep("holds.settle", every_seconds=15, run=settle_holds),
    Sweep("cart_holds.clear", every_seconds=60, run=clear_cart_holds),
]
