"""What the worker does by the clock. Every step is a conditional statement, so two workers may do it at once."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError

from catalog.clients.sales import CANCELLED, Sales
from catalog.code_queries import products_without_key
from catalog.config import Config
from catalog.domain.models import HELD, RELEASE, CartHold, OrderHold
from catalog.usecases.holds import confirm_holds
from catalog.usecases.releases import release_holds
from catalog.usecases.sku_keys import give_key
from chassis import logs
from chassis.db import ALL_ACCOUNTS, Database, utcnow
from chassis.problems import Unavailable
from chassis.pruning import delete_in_steps
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
    delete_in_steps(database, CartHold, or_(CartHold.lapses_at <= utcnow(), CartHold.quantity == 0))


def fill_sku_keys(database: Database, _settings: Config) -> int:
    """Give keys that have become free to products without one; how many there were.

    A product has none when it was made by an older version of the service, or while a twin from before has it.
    """
    after = filled = 0
    while True:
        with database.read(ALL_ACCOUNTS) as session:
            found = products_without_key(session, after=after, limit=BATCH)
            free = [row for row in found if not row.taken]
        for row in free:
            with suppress(IntegrityError), database.transaction(row.account_id) as session:  # another one was faster
                filled += give_key(session, row.id, row.sku)
        if len(found) < BATCH:
            return filled
        after = found[-1].id


SWEEPS = [
    Sweep("holds.settle", every_seconds=15, run=settle_holds),
    Sweep("cart_holds.clear", every_seconds=60, run=clear_cart_holds),
    Sweep("sku_keys.fill", every_seconds=60, run=fill_sku_keys),
]
